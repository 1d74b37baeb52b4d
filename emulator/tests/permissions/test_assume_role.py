"""sts:AssumeRole across accounts: the role must exist and trust the caller."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..world import HOME, MANAGEMENT, MEMBER, World, error_of

ROLE = f"arn:aws:iam::{MANAGEMENT}:role/BackupOrgPolicyManagerOrgAdmin"
CALLER = f"arn:aws:iam::{HOME}:role/service-role/BackupOrgPolicyManager"


def trust(principal: str, **condition: Any) -> dict[str, Any]:
    """A trust policy with one statement."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return {
        "Version": "2012-10-17",
        "Statement": [statement | ({"Condition": condition} if condition else {})],
    }


def create_role(
    world: World, document: dict[str, Any], account: str = MANAGEMENT, **more: str
) -> None:
    """Create the role that is assumed (or another)."""
    wanted = {
        "RoleName": "BackupOrgPolicyManagerOrgAdmin",
        "AssumeRolePolicyDocument": json.dumps(document),
        **more,
    }
    world.client("iam", account).create_role(**wanted)


def assume(
    world: World, role: str = ROLE, account: str = HOME, **credentials: str
) -> dict[str, str]:
    """The credentials of a session of the role."""
    client = world.client("sts", account, **credentials)
    answer = client.assume_role(RoleArn=role, RoleSessionName="test")
    assert (
        answer["AssumedRoleUser"]["Arn"]
        == f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/test"
    )
    return {
        "aws_access_key_id": answer["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": answer["Credentials"]["SecretAccessKey"],
        "aws_session_token": answer["Credentials"]["SessionToken"],
    }


def test_a_session_acts_in_the_account_of_its_role(world: World) -> None:
    create_role(world, trust(f"arn:aws:iam::{HOME}:root"))
    world.allow(ROLE, {"Effect": "Allow", "Action": "organizations:ListRoots", "Resource": "*"})
    session = assume(world)
    assert world.client("sts", **session).get_caller_identity()["Account"] == MANAGEMENT
    assert world.client("organizations", **session).list_roots()["Roots"][0]["Id"] == "r-reh1"
    assert world.calls("organizations", account=MANAGEMENT) == ["ListRoots"]


def test_a_missing_role_is_access_denied(world: World) -> None:
    create_role(world, trust(f"arn:aws:iam::{HOME}:root"), account=HOME)
    assert error_of(assume, world=world)[0] == "AccessDenied"


@pytest.mark.parametrize("principal", [f"arn:aws:iam::{MEMBER}:root", CALLER, MEMBER])
def test_a_role_that_trusts_somebody_else_is_access_denied(world: World, principal: str) -> None:
    create_role(world, trust(principal))
    assert error_of(assume, world=world)[0] == "AccessDenied"


def test_the_arn_must_be_that_of_the_role_with_its_path(world: World) -> None:
    create_role(world, trust(f"arn:aws:iam::{HOME}:root"), Path="/deep/")
    assert error_of(assume, world=world)[0] == "AccessDenied"


def test_the_management_account_has_a_role_in_every_member(world: World) -> None:
    role = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
    session = assume(world, role, MANAGEMENT)
    assert world.client("sts", **session).get_caller_identity()["Account"] == MEMBER
    assert error_of(assume, world=world, role=role, account=HOME)[0] == "AccessDenied"


def test_a_trust_in_one_role_is_for_its_sessions_only(world: World) -> None:
    create_role(
        world, trust(f"arn:aws:iam::{HOME}:root"), account=HOME, RoleName="caller", Path="/path/"
    )
    caller = f"arn:aws:iam::{HOME}:role/path/caller"
    world.allow(caller, {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE})
    create_role(world, trust(f"arn:aws:iam::{HOME}:root", ArnLike={"aws:PrincipalArn": caller}))
    assert error_of(assume, world=world)[0] == "AccessDenied"
    client = world.client("sts", HOME)
    answer = client.assume_role(RoleArn=caller, RoleSessionName="first")["Credentials"]
    chained = assume(
        world,
        aws_access_key_id=answer["AccessKeyId"],
        aws_secret_access_key=answer["SecretAccessKey"],
        aws_session_token=answer["SessionToken"],
    )
    assert world.client("sts", **chained).get_caller_identity()["Account"] == MANAGEMENT
