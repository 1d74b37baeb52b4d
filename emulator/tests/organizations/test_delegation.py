"""The organization's resource policy: members may do what it says, and nothing more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..world import CENTRAL, GOOD, HOME, MANAGEMENT, ROOT, World, error_of

DENIED = ("AccessDeniedException", None)
ORGANIZATION = f"arn:aws:organizations::{MANAGEMENT}"
OF_BACKUP_POLICIES = {"StringEquals": {"organizations:PolicyType": "BACKUP_POLICY"}}
MANAGING = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
    "Action": ["organizations:*Policy"],
    "Resource": [
        f"{ORGANIZATION}:root/*",
        f"{ORGANIZATION}:ou/*",
        f"{ORGANIZATION}:policy/*/backup_policy/*",
    ],
    "Condition": OF_BACKUP_POLICIES,
}
# Neither action has a resource; their limit is the policy type.
CREATING = {
    **MANAGING,
    "Action": ["organizations:CreatePolicy", "organizations:ListPolicies"],
    "Resource": "*",
}
READING = {
    "Effect": "Allow",
    "Principal": {"AWS": HOME},
    "Action": ["organizations:ListRoots", "organizations:*TagsForResource"],
    "Resource": "*",
}


def delegate(world: World, *statements: dict[str, Any]) -> None:
    """Give the organization a resource policy."""
    content = json.dumps({"Version": "2012-10-17", "Statement": statements})
    world.client("organizations").put_resource_policy(Content=content)


def test_a_delegate_manages_backup_policies(world: World) -> None:
    world.enable_backup_policies()
    delegate(world, MANAGING, CREATING, READING)
    client = world.client("organizations", HOME)
    wanted = {"Name": "daily", "Description": "", "Type": "BACKUP_POLICY", "Content": GOOD}
    policy = client.create_policy(**wanted)["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=ROOT)
    assert client.list_policies(Filter="BACKUP_POLICY")["Policies"][0]["Id"] == policy
    assert client.list_tags_for_resource(ResourceId=policy)["Tags"] == []
    client.detach_policy(PolicyId=policy, TargetId=ROOT)
    client.delete_policy(PolicyId=policy)


def test_what_is_not_delegated_stays_denied(world: World) -> None:
    world.enable_backup_policies()
    backup, tags = world.policy(), world.policy("tags", Type="TAG_POLICY")
    delegate(world, MANAGING, CREATING, READING)
    client = world.client("organizations", HOME)
    other = {"Name": "x", "Description": "", "Type": "TAG_POLICY", "Content": "{}"}
    assert error_of(client.create_policy, **other) == DENIED
    assert error_of(client.update_policy, PolicyId=tags, Name="mine") == DENIED
    assert error_of(client.list_policies, Filter="TAG_POLICY") == DENIED
    # Accounts are not among the resources.
    assert error_of(client.attach_policy, PolicyId=backup, TargetId=HOME) == DENIED
    assert error_of(client.list_accounts) == DENIED
    somebody_else = world.client("organizations", CENTRAL)
    assert error_of(somebody_else.list_roots) == DENIED


def test_a_deny_wins(world: World) -> None:
    deny = {**MANAGING, "Effect": "Deny", "Action": "organizations:DeletePolicy"}
    policy = world.policy()
    delegate(world, MANAGING, deny)
    client = world.client("organizations", HOME)
    client.update_policy(PolicyId=policy, Name="renamed")
    assert error_of(client.delete_policy, PolicyId=policy) == DENIED


def test_the_resource_policy_itself_cannot_be_delegated(world: World) -> None:
    delegate(world, {**READING, "Action": "organizations:*"})
    client = world.client("organizations", HOME)
    assert "Statement" in client.describe_resource_policy()["ResourcePolicy"]["Content"]
    assert error_of(client.delete_resource_policy) == DENIED
    assert error_of(client.put_resource_policy, Content="{}") == DENIED


def test_it_is_put_described_and_deleted(world: World) -> None:
    client = world.client("organizations")
    missing = ("ResourcePolicyNotFoundException", None)
    assert error_of(client.describe_resource_policy) == missing
    delegate(world, READING)
    summary = client.describe_resource_policy()["ResourcePolicy"]["ResourcePolicySummary"]
    assert summary["Arn"] == f"{ORGANIZATION}:resourcepolicy/o-rehearsal01/{summary['Id']}"
    world.client("organizations", HOME).list_roots()
    client.delete_resource_policy()
    assert error_of(client.delete_resource_policy) == missing
    assert error_of(world.client("organizations", HOME).list_roots) == DENIED


@pytest.mark.parametrize("content", ["nonsense", "[]", "{}", '{"Statement": []}'])
def test_a_resource_policy_that_is_none(world: World, content: str) -> None:
    call = world.client("organizations").put_resource_policy
    wanted = ("InvalidInputException", "INVALID_RESOURCE_POLICY_JSON")
    assert error_of(call, Content=content) == wanted
