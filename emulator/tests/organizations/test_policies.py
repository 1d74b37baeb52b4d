"""Backup policies: what AWS accepts, what it answers, and its errors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ..world import ARN, GOOD, HOME, ROOT, World, error_of

PRODUCTION = "ou-reh1-production"


def test_a_created_policy_is_described_as_it_was_given(world: World) -> None:
    client = world.client("organizations")
    tags = [{"Key": "stack", "Value": "one"}]
    created = client.create_policy(
        Name="daily", Description="every night", Type="BACKUP_POLICY", Content=GOOD, Tags=tags
    )["Policy"]
    summary = created["PolicySummary"]
    assert re.fullmatch(r"p-[a-z0-9]{8,10}", summary["Id"])
    assert summary == {
        "Id": summary["Id"],
        "Arn": f"{ARN}/{summary['Id']}",
        "Name": "daily",
        "Description": "every night",
        "Type": "BACKUP_POLICY",
        "AwsManaged": False,
    }
    assert created["Content"] == GOOD
    assert client.describe_policy(PolicyId=summary["Id"])["Policy"] == created
    assert client.list_tags_for_resource(ResourceId=summary["Id"])["Tags"] == tags


def test_an_update_changes_what_it_names_and_nothing_else(world: World) -> None:
    client = world.client("organizations")
    policy = world.policy("daily", Description="old")
    content = json.dumps({"plans": {}})
    client.update_policy(PolicyId=policy, Content=content)
    described = client.describe_policy(PolicyId=policy)["Policy"]
    assert (described["PolicySummary"]["Name"], described["PolicySummary"]["Description"]) == (
        "daily",
        "old",
    )
    assert described["Content"] == content
    client.update_policy(PolicyId=policy, Name="weekly", Description="")
    described = client.describe_policy(PolicyId=policy)["Policy"]
    assert (described["PolicySummary"]["Name"], described["PolicySummary"]["Description"]) == (
        "weekly",
        "",
    )
    assert described["Content"] == content


def test_names_are_unique_within_a_type(world: World) -> None:
    client = world.client("organizations")
    world.policy("daily")
    other = world.policy("weekly")
    world.policy("daily", Type="TAG_POLICY")
    assert error_of(world.policy, name="daily") == ("DuplicatePolicyException", None)
    assert error_of(client.update_policy, PolicyId=other, Name="daily") == (
        "DuplicatePolicyException",
        None,
    )
    client.update_policy(PolicyId=other, Name="weekly")


@pytest.mark.parametrize(
    "operation", ["describe_policy", "update_policy", "delete_policy", "list_targets_for_policy"]
)
def test_a_policy_that_is_not_there(world: World, operation: str) -> None:
    call = getattr(world.client("organizations"), operation)
    assert error_of(call, PolicyId="p-12345678") == ("PolicyNotFoundException", None)


def test_attachments_keep_their_order_and_have_their_errors(world: World) -> None:
    client = world.client("organizations")
    policy = world.policy()
    attach = {"PolicyId": policy, "TargetId": PRODUCTION}
    assert error_of(client.attach_policy, **attach) == ("PolicyTypeNotEnabledException", None)
    world.enable_backup_policies()
    assert error_of(client.detach_policy, **attach) == ("PolicyNotAttachedException", None)
    for target in (PRODUCTION, HOME, ROOT):
        client.attach_policy(PolicyId=policy, TargetId=target)
    assert error_of(client.attach_policy, **attach) == ("DuplicatePolicyAttachmentException", None)
    missing = {"PolicyId": policy, "TargetId": "ou-reh1-nowhere99"}
    assert error_of(client.attach_policy, **missing) == ("TargetNotFoundException", None)
    assert error_of(client.delete_policy, PolicyId=policy) == ("PolicyInUseException", None)
    client.detach_policy(**attach)
    client.attach_policy(**attach)
    targets = client.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert [(target["TargetId"], target["Type"], target["Name"]) for target in targets] == [
        (HOME, "ACCOUNT", "home"),
        (ROOT, "ROOT", "Root"),
        (PRODUCTION, "ORGANIZATIONAL_UNIT", "production"),
    ]
    assert targets[2]["Arn"] == f"arn:aws:organizations::111111111111:ou/o-rehearsal01/{PRODUCTION}"
    for target in targets:
        client.detach_policy(PolicyId=policy, TargetId=target["TargetId"])
    client.delete_policy(PolicyId=policy)
    assert client.list_policies(Filter="BACKUP_POLICY")["Policies"] == []


def test_policies_of_a_target_come_in_the_order_of_attachment(world: World) -> None:
    client = world.enable_backup_policies()
    first, second = world.policy("first"), world.policy("second")
    for policy in (second, first):
        client.attach_policy(PolicyId=policy, TargetId=PRODUCTION)
    listed = client.list_policies_for_target(TargetId=PRODUCTION, Filter="BACKUP_POLICY")[
        "Policies"
    ]
    assert [policy["Id"] for policy in listed] == [second, first]
    assert (
        client.list_policies_for_target(TargetId=PRODUCTION, Filter="TAG_POLICY")["Policies"] == []
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "{}",
        '"plans"',
        '{"plans": []}',
        '{"plans": {"daily": 1}}',
        '{"plans": {"@@assign": {}}}',
        '{"plan": {}}',
        '{"plans": {}, "rules": {}}',
        '{"plans": {}, "plans": {}}',
        '{"plans": {}, "PLANS": {}}',
        '{"plans": {"a": {}, "a": {}}}',
        '{"plans": {"a": {"n": NaN}}}',
        '{"plans": {}, "@@assign": {}}',
        '{"plans": {}, "@@operators_allowed_for_child_policies": "@@all"}',
        '{"plans": {}',
    ],
)
def test_malformed_content_is_refused(world: World, content: str) -> None:
    client = world.client("organizations")
    wanted = (
        ("InvalidInputException", "MIN_LENGTH_EXCEEDED")
        if content == ""
        else ("MalformedPolicyDocumentException", None)
    )
    good = world.policy()
    # botocore would refuse the empty text itself, before sending it.
    unchecked = world.unchecked("organizations")
    values = {"Name": "bad", "Description": "", "Type": "BACKUP_POLICY", "Content": content}
    assert error_of(unchecked.create_policy, **values) == wanted
    assert error_of(unchecked.update_policy, PolicyId=good, Content=content) == wanted
    assert client.describe_policy(PolicyId=good)["Policy"]["Content"] == GOOD
    assert [policy["id"] for policy in world.control("GET", "organization")["policies"]] == [good]


@pytest.mark.parametrize(
    "content",
    [
        '{"plans": {}}',
        '{"PLANS": {"daily": {}}}',
        '{"plans": {"@@operators_allowed_for_child_policies": ["@@none"]}}',
        '{"plans": {}, "@@operators_allowed_for_child_policies": ["@@all"]}',
        '{"plans": {}, "@@assign": "stray"}',
        ' {"plans" : { } } ',
    ],
)
def test_content_that_aws_accepts(world: World, content: str) -> None:
    policy = world.policy(Content=content)
    assert (
        world.client("organizations").describe_policy(PolicyId=policy)["Policy"]["Content"]
        == content
    )


def test_the_length_of_content_counts_characters(world: World) -> None:
    def content(characters: int) -> str:
        tag = {"tag_key": {"@@assign": "k"}, "tag_value": {"@@assign": "é"}}
        document = {"plans": {"daily": {"backup_plan_tags": {"k": tag}}}}
        text = json.dumps(document, ensure_ascii=False)
        return text + " " * (characters - len(text))

    world.policy("fits", Content=content(10_000))
    code = ("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert error_of(world.policy, name="long", Content=content(10_001)) == code
    policy = world.policy("grows")
    client = world.client("organizations")
    assert error_of(client.update_policy, PolicyId=policy, Content=content(10_001)) == code


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("Name", "", "MIN_LENGTH_EXCEEDED"),
        ("Name", "n" * 129, "MAX_LENGTH_EXCEEDED"),
        ("Name", None, "INPUT_REQUIRED"),
        ("Description", "d" * 513, "MAX_LENGTH_EXCEEDED"),
        ("Description", None, "INPUT_REQUIRED"),
        ("Type", "NO_POLICY", "INVALID_ENUM_POLICY_TYPE"),
        ("Content", None, "INPUT_REQUIRED"),
        ("Content", 5, "INVALID_PATTERN"),
    ],
)
def test_members_out_of_bounds(world: World, member: str, value: Any, reason: str) -> None:
    payload = {
        "Name": "n",
        "Description": "",
        "Type": "BACKUP_POLICY",
        "Content": GOOD,
        member: value,
    }
    assert world.json_error("CreatePolicy", payload) == ("InvalidInputException", reason)


def test_the_longest_allowed_names(world: World) -> None:
    policy = world.policy("n" * 128, Description="é" * 512)
    described = world.client("organizations").describe_policy(PolicyId=policy)
    assert described["Policy"]["PolicySummary"]["Description"] == "é" * 512


@pytest.mark.parametrize(
    ("operation", "payload", "reason"),
    [
        ("DescribePolicy", {"PolicyId": "daily"}, "INVALID_SYNTAX_POLICY_ID"),
        ("DescribePolicy", {}, "INPUT_REQUIRED"),
        (
            "ListPoliciesForTarget",
            {"TargetId": "here", "Filter": "BACKUP_POLICY"},
            "INVALID_PATTERN_TARGET_ID",
        ),
        ("ListPolicies", {}, "INVALID_ENUM_POLICY_TYPE"),
    ],
)
def test_wrong_ids(world: World, operation: str, payload: dict[str, str], reason: str) -> None:
    assert world.json_error(operation, payload) == ("InvalidInputException", reason)
