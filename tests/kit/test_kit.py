"""The kit notices what is wrong, leaves nothing behind, and lets no configuration take part."""

import hashlib
import os
import socket
import zipfile

import pytest

from kit import cli, solution
from kit.emulator import CannotStart, Emulator
from kit.names import HOME, MANAGEMENT, ORGANIZATION_ROOT


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
