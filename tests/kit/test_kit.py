"""The kit notices what is wrong, leaves nothing behind, and lets no configuration take part."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from kit import cli, folders, solution
from kit.emulator import CannotStart, Emulator
from kit.names import HOME, MANAGEMENT, ORGANIZATION_ROOT
from kit.wait import eventually

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package and its checksum, as `make package` writes them."""
    zipped = tmp_path / "org-policy-manager.zip"
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("bootstrap", "a program")
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{hashlib.sha256(zipped.read_bytes()).hexdigest()}  {zipped.name}\n")
    monkeypatch.setattr(solution, "PACKAGE", zipped)
    monkeypatch.setattr(solution, "CHECKSUMS", sums)
    return zipped


def test_a_package_is_known_by_what_is_in_it(package):
    found = solution.Package()
    assert found.bootstrap_digest == hashlib.sha256(b"a program").hexdigest()
    assert found.digest[:16] in found.key


def test_a_package_that_was_changed_is_refused(package):
    with zipfile.ZipFile(package, "a") as file:
        file.writestr("more", "of it")
    with pytest.raises(CannotStart, match="is not the one in .*: run `make functions`"):
        solution.Package()


def test_a_missing_package_is_named_with_the_remedy(package):
    package.unlink()
    with pytest.raises(CannotStart, match="does not exist: run `make functions` first"):
        solution.Package()


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"port {port} is in use"), Emulator(port):
            pass


def test_nothing_of_the_emulator_is_left_when_the_block_fails():
    emulator = Emulator()
    with pytest.raises(ZeroDivisionError), emulator:
        process = emulator._process
        assert emulator.organization()["policies"] == []
        raise ZeroDivisionError
    assert process.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not emulator.log.exists()


# Starts an emulator, says which and where, and waits, or leaves it running.
STARTS = """
import signal, sys
from kit.emulator import Emulator
with Emulator() as emulator:
    if sys.argv[1:] == ["stay"]:
        emulator.stay()
    print(emulator.process_id, emulator.log.parent, flush=True)
    signal.pause()
"""


@contextlib.contextmanager
def starter(tmp_path, *arguments):
    """A program with an emulator: itself, the emulator's process and its folder."""
    program = subprocess.Popen(
        [sys.executable, "-c", STARTS, *arguments],
        cwd=TESTS,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        emulator, folder = program.stdout.readline().split()
        try:
            yield program, int(emulator), Path(folder)
        finally:
            program.kill()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(emulator), signal.SIGKILL)


def has_ended(group):
    """Whether no process of a group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_emulator_ends_with_a_program_that_is_killed_and_its_folder_goes(tmp_path):
    with starter(tmp_path) as (program, emulator, folder):
        assert folder.parent == tmp_path and not has_ended(emulator)
        program.kill()
        eventually(lambda: has_ended(emulator), "the emulator still runs")
        assert list(tmp_path.iterdir()) == []


def test_one_that_is_to_stay_outlives_its_program(tmp_path):
    with starter(tmp_path, "stay") as (program, emulator, folder):
        program.kill()
        program.wait()
        log = folder / "log"
        url = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())[0]
        with urllib.request.urlopen(f"{url}/_emulator/organization", timeout=60) as answer:
            assert answer.status == 200
        assert not has_ended(emulator)


def test_a_folder_that_nobody_uses_any_more_goes_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, young, foreign = (tmp_path / f"emulator-{name}" for name in "abc")
    used = folders.make("emulator-")
    for folder in (left, young, foreign):
        folder.mkdir()
    for folder in (left, young):
        (folder / folders.LOCK).touch()
    for folder in (used, left, foreign):
        os.utime(folder, (0, 0))
    folders.clear_stale("emulator-")
    assert set(tmp_path.iterdir()) == {used, young, foreign}


def test_a_folder_that_cannot_be_made_is_one_line():
    emulator = Emulator(folder=Path("/proc/emulator"))
    with pytest.raises(CannotStart, match="^`/proc/emulator`: [A-Za-z ]+$"), emulator:
        pass


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=3_000_000))
    folder = tmp_path / "emulator"
    expected = f"^the disk of `{folder}` has 3 MB left: make room for 200 MB$"
    with pytest.raises(CannotStart, match=expected), Emulator(folder=folder):
        pass
    assert not folder.exists()


def test_calls_become_commands_as_a_user_types_them():
    words = cli.options(
        {
            "StackName": "one",
            "TemplateBody": solution.ORG_POLICY_TEMPLATE,
            "UsePreviousTemplate": True,
            "Parameters": [{"ParameterKey": "OUs", "ParameterValue": "ou-a, ou-b"}],
        }
    )
    assert words == [
        "--stack-name",
        "one",
        "--template-body",
        "file://cloudformation/home-account/aws-backup-org-policy.yaml",
        "--use-previous-template",
        "--parameters",
        'ParameterKey=OUs,ParameterValue="ou-a, ou-b"',
    ]


def test_tags_are_told_except_those_that_every_stack_has(monkeypatch):
    reported = []
    monkeypatch.setattr(cli.Cli, "_run", lambda self, account, arguments: "{}")
    command_line = cli.Cli("http://127.0.0.1:1", lambda account, command: reported.append(command))
    command_line.run(HOME, "cloudformation", "create-stack", "--tags", "Key=a,Value=b")
    command_line.run(HOME, "ec2", "create-tags", "--tags", "Key=a,Value=b")
    assert reported == [
        "aws cloudformation create-stack",
        "aws ec2 create-tags --tags Key=a,Value=b",
    ]


def test_the_user_s_own_configuration_takes_no_part(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "one-that-does-not-exist")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Emulator() as emulator:
        reader = cli.Cli(emulator.url)
        listed = reader.read(MANAGEMENT, "organizations", "ListRoots")
    assert [root["Id"] for root in listed["Roots"]] == [ORGANIZATION_ROOT]
