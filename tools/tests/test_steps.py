"""Steps in lanes: in order, waiting for each other, and nothing goes on after a failure."""

import sys
import time

import pytest
import steps

# What stands for make: a step's name is what it does.
PROGRAM = """
import sys, time
name = sys.argv[1]
open(name, "w").close()
print("the last line of " + name)
if name.startswith("slow"):
    time.sleep(60)
sys.exit(name.startswith("bad"))
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that makes a run of lanes as they are typed."""
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "LOGS", tmp_path)

    def make(*lanes):
        lanes = [[step.partition(":")[::2] for step in lane.split()] for lane in lanes]
        return steps.Run(lanes, command=(sys.executable, "-c", PROGRAM))

    return make


def test_every_step_is_reported_with_its_time_and_its_last_line(run, capsys):
    made = run("one two", "three")
    made.all()
    assert not made.failed
    out = capsys.readouterr().out
    assert "two passed in 0 s: the last line of two" in out
    assert {line.split()[0] for line in made.table().splitlines()[1:-1]} == {"one", "two", "three"}


def test_a_step_waits_for_one_of_another_lane(run):
    made = run("one two", "late:two")
    made.all()
    assert list(made.seconds) == ["one", "two", "late"]


def test_after_a_failure_nothing_begins_and_what_runs_is_ended(run, tmp_path, capsys):
    begin = time.monotonic()
    made = run("slow after", "bad never", "waits:never")
    made.all()
    assert time.monotonic() - begin < 30
    assert made.failed == ["bad"]
    assert not any((tmp_path / name).exists() for name in ("after", "never", "waits"))
    assert "bad FAILED after" in capsys.readouterr().out
    assert made.table().count("not run") == 4


def test_what_waits_for_no_step_is_named(run):
    assert run("one:missing").unknown() == ["missing"]
