"""Git itself speaks to CodeCommit: clone, push, what is refused, and who may."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ..world import HOME, PATIENCE, REGION, World
from .delivery_world import commit, prepare

ARN = f"arn:aws:codecommit:{REGION}:{HOME}:source"


class Person:
    """Somebody with git, a folder, and credentials."""

    def __init__(self, world: World, folder: Path, user: str, password: str) -> None:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.url = f"{world.url}/v1/repos/source"
        self.folder = folder
        folder.mkdir()
        self._environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
            "GIT_CONFIG_KEY_1": "user.name",
            "GIT_CONFIG_VALUE_1": "somebody",
            "GIT_CONFIG_KEY_2": "user.email",
            "GIT_CONFIG_VALUE_2": "somebody@rehearsal.example",
        }

    def git(self, *words: str) -> str:
        """Run git; what it says. Fails with what it says."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def refused(self, *words: str) -> str:
        """Run git, which must fail; what it says."""
        with pytest.raises(AssertionError) as caught:
            self.git(*words)
        return str(caught.value)

    def begin(self, **files: str) -> None:
        """A history of one's own with one commit of these files."""
        self.git("init", "--quiet", "--initial-branch", "main")
        for name, content in files.items():
            (self.folder / name).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "ours")


@pytest.fixture
def root(world: World, tmp_path: Path) -> Person:
    """Who has the repository `source`, with two files."""
    prepare(world, {"a": "1", "folder/b": "2"})
    return Person(world, tmp_path / "root", HOME, "unused")


def tip(world: World) -> Any:
    """The tip of main, as the API has it."""
    client = world.client("codecommit", HOME)
    branch = client.get_branch(repositoryName="source", branchName="main")["branch"]
    found = client.get_commit(repositoryName="source", commitId=branch["commitId"])
    return {**found["commit"]}


def test_what_the_api_commits_is_cloned(world: World, root: Person) -> None:
    made = commit(world, {"folder/b": "3", "folder.d": "4"}, "second")
    root.git("clone", "--quiet", root.url, ".")
    assert root.git("rev-parse", "HEAD") == made
    assert root.git("rev-list", "--count", "HEAD") == "2"
    assert (root.folder / "folder" / "b").read_text() == "3"
    assert root.git("fsck", "--strict") == ""


def test_what_is_pushed_is_what_the_api_shows_and_an_event(world: World, root: Person) -> None:
    root.git("clone", "--quiet", root.url, ".")
    (root.folder / "run").write_text("echo hello")
    (root.folder / "run").chmod(0o755)
    root.git("rm", "--quiet", "a")
    root.git("add", "--all")
    root.git("commit", "--quiet", "--message", "pushed")
    root.git("push", "--quiet", "origin", "HEAD:main")
    assert tip(world)["commitId"] == root.git("rev-parse", "HEAD")
    assert tip(world)["author"]["name"] == "somebody"
    found = world.client("codecommit", HOME).get_file(repositoryName="source", filePath="run")
    assert (found["fileContent"], found["fileMode"]) == (b"echo hello", "EXECUTABLE")
    # The API goes on where git stopped, and git where the API stopped.
    later = commit(world, {"c": "5"})
    root.git("pull", "--quiet", "--ff-only", "origin", "main")
    assert root.git("rev-parse", "HEAD") == later


def test_a_history_of_ones_own_takes_a_push_that_names_what_it_replaces(
    world: World, root: Person
) -> None:
    root.begin(a="1")
    first = tip(world)["commitId"]
    assert "fetch first" in root.refused("push", root.url, "HEAD:main")
    stale = f"--force-with-lease=main:{'0' * 39}1"
    assert "stale info" in root.refused("push", stale, root.url, "HEAD:main")
    assert tip(world)["commitId"] == first
    root.git("push", "--quiet", f"--force-with-lease=main:{first}", root.url, "HEAD:main")
    assert tip(world)["commitId"] == root.git("rev-parse", "HEAD")
    assert tip(world)["parents"] == []


def session(world: World, *actions: str) -> dict[str, str]:
    """A session of a role of the home account with these permissions."""
    role = world.role("person", *actions, trust={"AWS": f"arn:aws:iam::{HOME}:root"})
    sts = world.client("sts", HOME)
    found = sts.assume_role(RoleArn=role, RoleSessionName="person")["Credentials"]
    return dict(found)


def password(keys: dict[str, str], region: str = REGION) -> str:
    """As the AWS CLI's credential helper makes it."""
    signer = SigV4Auth(
        Credentials(keys["AccessKeyId"], keys["SecretAccessKey"]), "codecommit", region
    )
    request = AWSRequest("GIT", "http://127.0.0.1/v1/repos/source")
    request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    wanted = "GIT\n/v1/repos/source\n\nhost:127.0.0.1\n\nhost\n"
    signature = signer.signature(signer.string_to_sign(request, wanted), request)
    return f"{request.context['timestamp']}Z{signature}"


def test_a_push_needs_a_signature_and_the_permission(
    world: World, root: Person, tmp_path: Path
) -> None:
    keys = session(world, "codecommit:GitPull")
    user = f"{keys['AccessKeyId']}%{keys['SessionToken']}"
    reader = Person(world, tmp_path / "reader", user, password(keys))
    reader.git("clone", "--quiet", reader.url, ".")
    assert "403" in reader.refused("push", "origin", "HEAD:other")
    (denial,) = world.control("GET", "denials")
    assert (denial["action"], denial["resource"]) == ("codecommit:GitPush", ARN)
    for name, wrong in (
        ("region", password(keys, "us-east-1")),
        ("old", "20200101T000000Z" + password(keys).partition("Z")[2]),
        ("none", "x"),
    ):
        liar = Person(world, tmp_path / name, user, wrong)
        assert "403" in liar.refused("ls-remote", liar.url)
    nobody = Person(world, tmp_path / "nobody", "", "")
    assert "could not read Username" in nobody.refused("ls-remote", nobody.url)


def test_the_repositorys_key_is_asked_for(world: World, root: Person, tmp_path: Path) -> None:
    key = world.client("kms", HOME).create_key()["KeyMetadata"]["Arn"]
    client = world.client("codecommit", HOME)
    client.delete_repository(repositoryName="source")
    client.create_repository(repositoryName="source", kmsKeyId=key)
    keys = session(world, "codecommit:GitPull")
    user = f"{keys['AccessKeyId']}%{keys['SessionToken']}"
    reader = Person(world, tmp_path / "reader", user, password(keys))
    assert "403" in reader.refused("ls-remote", reader.url)
    (denial,) = world.control("GET", "denials")
    assert denial["resource"] == key
