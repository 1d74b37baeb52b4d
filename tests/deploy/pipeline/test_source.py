"""The repository in the home account: its seed, its connection, and how a person pushes to it."""

import subprocess

import pytest
from deploy import stacks
from deploy.pipeline import source
from deploy.problem import Problem
from deploy.stacks import PARAMETERS, ROOT
from fakes import CloudFormation, CodeCommit, Session


def session(profile="default"):
    cloud = CloudFormation({source.STACK: "CREATE_COMPLETE"})
    clients = {"cloudformation": cloud, "codecommit": CodeCommit(cloud)}
    return Session(clients, profile=profile)


def commit(folder, **files):
    """A repository in a folder with one commit of these files."""
    for name, content in files.items():
        (folder / name).write_text(content)
    person = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    for words in (["init", "--quiet"], ["add", "--all"], [*person, "commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def test_uncommitted_changes_are_named(monkeypatch):
    monkeypatch.setattr(
        source, "_git", lambda *_: " M cloudformation/parameters/aws-backup-ssm-targets.json"
    )
    with pytest.raises(
        Problem, match="not committed: cloudformation/parameters/aws-backup-ssm-targets.json"
    ):
        source.require_committed()


def test_no_file_of_this_repository_is_empty():
    """A CodeCommit repository that is made from an archive takes no empty file."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    tracked = [name for name in listed if name and (ROOT / name).exists()]
    assert tracked
    assert [name for name in tracked if (ROOT / name).stat().st_size == 0] == []


def test_an_empty_file_in_the_last_commit_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "ROOT", tmp_path)
    commit(tmp_path, full="x", **{"my notes": "", "é": ""})
    made = Session({"codecommit": CodeCommit()})
    with pytest.raises(Problem, match="`my notes`, `é`: empty.*write a line into each"):
        source.require_seed(made)
    (tmp_path / "my notes").write_text("x")
    commit(tmp_path, **{"é": "x"})
    source.require_seed(made)


@pytest.mark.parametrize(("status", "expected"), [("PENDING", 3), ("AVAILABLE", 0)])
def test_a_pending_connection_is_told_with_the_click_that_completes_it(printed, status, expected):
    class Connections:
        def get_connection(self, ConnectionArn):
            return {"Connection": {"ConnectionStatus": status}}

    made = session()
    cloud = made.clients["cloudformation"]
    cloud.outputs[source.STACK] = {"ConnectionArn": "arn:connection"}
    made.clients["codeconnections"] = Connections()
    source.say_connection(made, cloud, printed.append)
    assert len(printed) == expected
    assert expected == 0 or "eu-central-1.console.aws.amazon.com" in printed[1]


def test_how_a_person_pushes_is_printed(printed):
    source.say_push(session("home"), printed.append)
    host = "https://git-codecommit.eu-central-1.amazonaws.com"
    assert [line.strip() for line in printed if line.startswith("  ")] == [
        f"git remote add home {host}/v1/repos/backup-recovery-with-aws-backup",
        f"git config credential.{host}.useHttpPath true",
        f"git config --add credential.{host}.helper ''",
        f"git config --add credential.{host}.helper "
        "'!aws codecommit credential-helper --profile home $@'",
        "git push --force-with-lease=main:5eed home HEAD:main",
        "git push home HEAD:main",
    ]


def test_only_the_archives_own_commit_may_be_replaced(printed):
    made = session()
    made.clients["codecommit"].parents = ["0" * 40]
    source.say_push(made, printed.append)
    assert not any("--force" in line for line in printed)
    assert "  git push home HEAD:main" in printed
    assert not any("--profile" in line for line in printed)


def test_a_repository_elsewhere_is_neither_made_nor_pushed_to(tmp_path, printed, monkeypatch):
    for file in PARAMETERS.glob("*.json"):
        text = file.read_text().replace('"CodeCommit"', '"CodeConnections"')
        (tmp_path / file.name).write_text(text)
    monkeypatch.setattr(stacks, "PARAMETERS", tmp_path)
    made = session()
    source.say_push(made, printed.append)
    assert printed == []
    assert not source.is_to_be_made(CloudFormation())
