"""Whose credentials `backupctl` uses, seen from the other end of the wire."""

import pytest
from kit.names import HOME, MANAGEMENT, ORGANIZATION, SECOND_MEMBER

PROFILES = """[profile management]
region = eu-west-1
aws_access_key_id = {management}
aws_secret_access_key = rehearsal

[profile empty]
region = eu-west-1
"""


@pytest.fixture
def config(tmp_path):
    """A file with two profiles, one of them without credentials."""
    file = tmp_path / "config"
    file.write_text(PROFILES.format(management=MANAGEMENT))
    return {"AWS_CONFIG_FILE": str(file)}


def callers(world):
    return {call["principal"] for call in world.emulator.calls()}


def test_a_named_profile_wins_against_exported_keys(world, config):
    result = world.run("snapshot", "--profile", "management", account=HOME, **config)
    assert result.returncode == 0, result.stderr
    assert callers(world) == {f"arn:aws:iam::{MANAGEMENT}:root"}
    # Who asks is printed first.
    assert result.stderr.splitlines()[0] == (
        f"arn:aws:iam::{MANAGEMENT}:root, account {MANAGEMENT}, organization {ORGANIZATION}"
    )


def test_exported_keys_win_against_the_profile_of_the_environment(world, config):
    result = world.run("snapshot", AWS_PROFILE="management", account=HOME, **config)
    assert result.returncode == 2
    assert callers(world) == {f"arn:aws:iam::{HOME}:root"}
    keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    world.emulator.forget_calls()
    result = world.run("snapshot", AWS_PROFILE="management", **(config | keys))
    assert result.returncode == 0, result.stderr
    assert callers(world) == {f"arn:aws:iam::{MANAGEMENT}:root"}


@pytest.mark.parametrize("named", ["option", "environment"])
def test_a_profile_that_is_not_there_is_an_error_and_nobody_else_is_asked(world, config, named):
    how = {"option": ("--profile", "managment"), "environment": ()}[named]
    variables = config if how else config | {"AWS_PROFILE": "managment"}
    result = world.run("snapshot", *how, **variables)
    assert result.returncode == 2
    assert result.stderr == (
        f"error: there is no profile `managment` in {config['AWS_CONFIG_FILE']}: did you mean "
        "`management`?\n"
    )
    assert world.emulator.calls() == []


def test_a_profile_without_credentials_takes_nobody_elses(world, config):
    container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{world.emulator.url}/credentials"}
    result = world.run("snapshot", "--profile", "empty", **(config | container))
    assert result.returncode == 2
    assert result.stderr.startswith("error: the profile `empty` has no credentials: ")
    assert world.emulator.calls() == []


def test_an_instances_credentials_are_used_only_if_somebody_says_so(world):
    keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": ""}
    # Where an instance would hand out its credentials, nobody listens but the emulator.
    keys["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = world.emulator.url
    result = world.run("snapshot", **keys)
    assert result.returncode == 2
    assert "those of an instance are used with AWS_EC2_METADATA_DISABLED=false" in result.stderr
    result = world.run("snapshot", **(keys | {"AWS_EC2_METADATA_DISABLED": "false"}))
    assert result.returncode == 2
    assert "those of an instance are used with" not in result.stderr


def test_a_caller_of_a_member_account_is_named_as_such(world):
    result = world.run("snapshot", account=SECOND_MEMBER)
    assert result.returncode == 2
    assert result.stderr.startswith(
        f"arn:aws:iam::{SECOND_MEMBER}:root, account {SECOND_MEMBER}, organization {ORGANIZATION}\n"
    )
