"""Stages one after another: what is remembered, and when is looked around."""

import io

import pytest

from rehearsal import guard
from rehearsal.console.console import Console
from rehearsal.names import CannotRehearse, RehearsalFailed
from rehearsal.recorder import Recorder
from rehearsal.report.outcome import write_page
from rehearsal.report.result import Snapshot
from rehearsal.report.sample import HELD
from rehearsal.stages import story
from rehearsal.stages.story import copy_packages


class Emulator:
    """One in which nothing has happened."""

    def calls(self):
        return []

    builds = denials = calls


@pytest.fixture
def reported():
    """What is done and printed, in order."""
    return []


def make(reported, look=lambda: Snapshot(("eu-west-1",))):
    """A recorder whose snapshots are noted."""

    def tell_and_look():
        reported.append("look")
        return look()

    return Recorder(Console(io.StringIO()), tell_and_look)


def stages(reported, *names, fails=None):
    """Stages that tell their names."""

    def act(name):
        reported.append(name)
        if name == fails:
            raise RehearsalFailed("the vault is missing")

    return [(name, lambda name=name: act(name)) for name in names]


def test_is_looked_around_before_the_stage_that_removes_everything(reported):
    recorder, all_of_them = make(reported), stages(reported, "deploy", "join", "destroy", "end")
    assert recorder.run(all_of_them, lambda: reported.append("after"), all_of_them[2][1])
    assert reported == [
        "deploy",
        "after",
        "join",
        "after",
        "look",
        "destroy",
        "after",
        "end",
        "after",
    ]
    assert recorder.result("It", Emulator(), ()).seen == "before stage 3"


def test_without_such_a_stage_is_looked_around_at_the_end(reported):
    recorder = make(reported)
    assert recorder.run(stages(reported, "deploy"))
    assert reported == ["deploy", "look"]
    result = recorder.result("It", Emulator(), ())
    assert (result.seen, result.snapshot.regions) == ("at the end", ("eu-west-1",))


def test_after_a_stage_that_fails_nothing_is_run_and_all_is_remembered(reported):
    recorder = make(reported)
    all_of_them = stages(reported, "prepare", "deploy", "destroy", fails="deploy")
    assert not recorder.run(all_of_them, look_before=all_of_them[2][1])
    assert reported == ["prepare", "deploy", "look"]
    result = recorder.result("It", Emulator(), ())
    assert [(s.title, s.outcome) for s in result.stages] == [
        ("prepare", "ok"),
        ("deploy", "failed"),
        ("destroy", "not run"),
    ]
    assert result.failure.message == "the vault is missing"


def test_a_look_that_fails_does_not_hide_why_the_stage_failed(reported):
    def look():
        raise RehearsalFailed("no pipeline")

    recorder = make(reported, look)
    assert not recorder.run(stages(reported, "deploy", fails="deploy"))
    result = recorder.result("It", Emulator(), ())
    assert result.failure.message == "the vault is missing"
    assert result.seen == "could not be looked at: no pipeline"


def test_an_error_of_our_own_is_no_failed_stage(reported):
    def broken():
        raise TypeError("a mistake")

    with pytest.raises(TypeError):
        make(reported).run([("broken", broken)])


def test_a_page_that_cannot_be_written_is_named_with_the_reason(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotRehearse, match="the page cannot be written: .*: File exists"):
        write_page(tmp_path / "file" / "page.html", HELD)


def test_a_page_is_written_whole_and_beside_it_nothing(tmp_path):
    for _ in range(2):
        write_page(tmp_path / "new" / "page.html", HELD)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["page.html"]


def test_missing_packages_are_named_with_the_remedy(tmp_path, monkeypatch):
    missing = {"tag-on-restore": tmp_path / "dist" / "tag-on-restore.zip"}
    monkeypatch.setattr(story, "PACKAGES", missing)
    with pytest.raises(CannotRehearse, match="is missing: run `make functions` first"):
        copy_packages(tmp_path)


def test_what_makes_it_impossible_is_one_line_and_status_2(capfd, monkeypatch):
    monkeypatch.setattr(guard, "listen", lambda: None)
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    seen = []

    def act():
        seen.append("https_proxy" in guard.os.environ)
        raise CannotRehearse("no git")

    assert guard.guarded("the rehearsal", act) == 2
    assert capfd.readouterr().err == "the rehearsal cannot run: no git\n"
    assert seen == [False]
