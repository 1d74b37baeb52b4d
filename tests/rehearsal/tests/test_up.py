"""The solution left running: found again, looked at, stopped, and never stopped by mistake."""

import json
import re
import signal
import socket
import subprocess
import sys

import pytest
from kit.wait import eventually

from rehearsal.local import running
from rehearsal.local.running import Running
from rehearsal.local.up import write_programs
from rehearsal.names import CENTRAL_REGION, SANDBOXES, WORKLOADS, CannotRehearse
from rehearsal.tests.program import SECONDS, TESTS, Program

# What a person may type in the shell.
LOOK = f"""
for profile in management home central member-4; do
  aws sts get-caller-identity --query Account --output text --profile $profile
done
aws sqs list-queues --query 'QueueUrls[0]' --output text
echo "variables of make: $(env | grep -c ^MAKE)"
make --no-print-directory targets-check
backupctl doctor --profile management | tail -1
aws organizations move-account --account-id 444444444444 --profile management \\
  --source-parent-id {SANDBOXES} --destination-parent-id {WORKLOADS}
for second in $(seq 180); do
  found=$(aws lambda list-functions --query 'Functions[].FunctionName' --profile member-4 \\
    --region {CENTRAL_REGION} --output text)
  [ -z "$found" ] || break
  sleep 1
done
echo "$found"
exit 7
"""


def call(module, *arguments):
    """Run one of the commands to its end: status, output, complaint."""
    done = subprocess.run(
        [sys.executable, "-m", f"rehearsal.local.{module}", *map(str, arguments)],
        cwd=TESTS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout, done.stderr


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_taken(port):
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def up(tmp_path):
    """`make up` in a folder of its own, ended with the test."""
    program = Program(
        tmp_path / "mark", "rehearsal.local.up", "--folder", tmp_path / "up", "--port", free_port()
    )
    yield program
    program.clean_up()


def note(folder, process_id, identity, complete=True):
    """What `make up` notes."""
    folder.mkdir()
    running.write(folder, Running(process_id, identity, free_port(), "2026-11-23 03:00", complete))


def test_it_stays_is_looked_at_and_goes(up, tmp_path):
    folder = tmp_path / "up"
    assert up.process.wait(SECONDS) == 0, up.printed + up.complained
    port = running.read(folder).port
    assert f"http://127.0.0.1:{port}" in up.printed
    assert re.search(r"^(\d+)/\1 see what every account has$", up.printed, re.M)
    # What is left out to be quick is not called succeeded, neither there nor in the last line.
    assert re.search(r"OrgPolicy/PrintPlan: ended, without .*make plan-org-policy \(", up.printed)
    last = re.search(r"stages held .*", up.printed)[0]
    assert "without make plan-org-policy" in last and "make validate-templates" in last
    assert list(up.temporary.iterdir()) == []

    status, printed, _ = call("up", "--folder", folder, "--port", port)
    assert status == 0
    assert f"http://127.0.0.1:{port}" in printed and "make down" in printed
    status, _, complaint = call("up", "--folder", folder, "--port", port + 1)
    assert status == 2
    assert f"cannot run: it runs on port {port} since " in complaint
    assert f"`make down` first, then `make up PORT={port + 1}`\n" in complaint

    status, printed, complaint = call("shell", "--folder", folder, "--command", LOOK)
    assert status == 7, complaint
    lines = printed.splitlines()
    assert lines[:4] == ["111111111111", "222222222222", "333333333333", "444444444444"]
    # SQS has no exception: the queues are the emulator's.
    assert f"http://127.0.0.1:{port}/222222222222/" in lines[4]
    assert lines[5] == "variables of make: 0"
    # The guide's commands hold there as they are, and so do backupctl's.
    assert lines[6].endswith(": 0 errors, 0 warnings")
    assert re.search(r"^\d+ checks: \d+ failed, 0 unknown", printed, re.M), printed
    # The account that moved into a target OU has got its function by itself.
    assert lines[-1] == "TagOnRestore"
    assert "Accounts and Regions" in (folder / "page.html").read_text()

    status, _, complaint = call("up", "--folder", tmp_path / "other", "--port", port)
    assert (status, complaint) == (
        2,
        f"make up cannot run: port {port} is in use: stop what listens there, or choose "
        f"another with `make up PORT={port + 1}`\n",
    )
    assert not (tmp_path / "other").exists()

    assert call("down", "--folder", folder) == (
        0,
        f"stopped what ran at http://127.0.0.1:{port}; nothing of it is left\n",
        "",
    )
    up.expect_nothing_left()
    assert not is_taken(port)
    assert not folder.exists()
    assert call("down", "--folder", folder) == (0, "nothing runs; nothing of it is left\n", "")
    assert call("shell", "--folder", folder)[0::2] == (
        2,
        "make shell cannot run: nothing runs: `make up` first\n",
    )


def test_interrupted_half_way_it_leaves_nothing(up, tmp_path):
    up.until_said("$ make deploy-central")
    assert up.end(signal.SIGINT) == 130
    assert up.complained == "\nmake up was interrupted; nothing is left running\n"
    up.expect_nothing_left()
    assert not (tmp_path / "up").exists()


def test_killed_half_way_it_is_cleared_away(up, tmp_path):
    folder = tmp_path / "up"
    up.until(lambda: running.read(folder) is not None)
    status, _, complaint = call("down", "--folder", folder)
    assert status == 2
    assert "another `make up` or `make down` is at work here" in complaint
    assert up.end(signal.SIGKILL) == -signal.SIGKILL
    # The emulator notices. A typed command may have been under way; it ends with the emulator.
    eventually(lambda: not up.processes(), lambda: f"these still run: {up.processes()}")
    assert call("shell", "--folder", folder, "--command", "true")[0] == 2
    assert call("down", "--folder", folder)[0] == 0
    assert not folder.exists()


def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path):
    folder = tmp_path / "up"
    with subprocess.Popen(["sleep", "60"]) as somebody:
        mine = running.identity(somebody.pid)
        note(folder, somebody.pid, mine[:-1] + str((int(mine[-1]) + 1) % 10))
        assert not running.read(folder).is_alive()
        status, printed, _ = call("down", "--folder", folder)
        assert (status, somebody.poll()) == (0, None)
        assert "had ended already; nothing of it is left" in printed
        somebody.kill()
    assert not folder.exists()


def test_a_process_that_has_ended_is_not_taken_for_alive(tmp_path):
    somebody = subprocess.Popen(["sleep", "60"])
    note(tmp_path / "up", somebody.pid, running.identity(somebody.pid))
    found = running.read(tmp_path / "up")
    assert found.is_alive()
    somebody.kill()
    # Still in the table of processes, because nobody has waited for it.
    eventually(lambda: not found.is_alive(), "it is taken for alive")
    somebody.wait()
    assert not found.is_alive()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"process_id": 1}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    assert running.read(tmp_path) is None


def test_a_note_is_read_as_it_was_written(tmp_path):
    written = Running(1, "boot 2", 4566, "now", True)
    running.write(tmp_path, written)
    assert running.read(tmp_path) == written
    assert json.loads((tmp_path / "state.json").read_text())["port"] == 4566


def test_two_at_once_are_not_possible(tmp_path):
    with running.alone(tmp_path / "up"):
        with pytest.raises(CannotRehearse, match="let it end first"):
            with running.alone(tmp_path / "up"):
                pass
    with running.alone(tmp_path / "up"):
        pass


@pytest.mark.parametrize("port", ["80000", "0", "abc", "-1"])
def test_what_is_no_port_is_one_line(tmp_path, port):
    assert call("up", "--folder", tmp_path / "up", f"--port={port}") == (
        2,
        "",
        f"make up cannot run: `{port}` is no port: a number from 1 to 65535 is one\n",
    )


def test_a_folder_that_cannot_be_made_is_one_line():
    status, _, complaint = call("up", "--folder", "/proc/nowhere/up")
    assert (status, complaint.count("\n")) == (2, 1)
    assert complaint.startswith("make up cannot go on: `/proc/nowhere`: ")


def test_a_backupctl_without_the_commands_that_call_aws_is_passed_over(tmp_path, monkeypatch):
    def program(path, script):
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    monkeypatch.setenv("BACKUPCTL", program(tmp_path / "small" / "backupctl", "exit 2"))
    program(tmp_path / "target" / "release" / "backupctl", 'echo "live $*"')
    monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path / "target"))
    write_programs(tmp_path)
    done = subprocess.run(
        [tmp_path / "bin" / "backupctl", "snapshot"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "live snapshot\n")
