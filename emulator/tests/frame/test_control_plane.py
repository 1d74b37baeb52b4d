"""The control plane: what it shows, what it refuses, and the reset."""

from __future__ import annotations

import json

import pytest

from ..stacks import create, custom, template
from ..world import ARN, GOOD, HOME, MEMBER, ROOT, World, error_of


def test_it_shows_the_whole_organization(world: World) -> None:
    client = world.enable_backup_policies()
    policy = world.policy("daily", Description="every night", Tags=[{"Key": "a", "Value": "1"}])
    for target in (ROOT, MEMBER):
        client.attach_policy(PolicyId=policy, TargetId=target)
    shown = world.control("GET", "organization")
    assert (shown["id"], shown["root"]) == ("o-rehearsal01", ROOT)
    assert {
        "id": "ou-reh1-production",
        "name": "production",
        "parent": "ou-reh1-workloads",
    } in shown["units"]
    assert {"id": MEMBER, "name": "member-1", "parent": "ou-reh1-workloads"} in shown["accounts"]
    assert shown["policies"] == [
        {
            "id": policy,
            "arn": f"{ARN}/{policy}",
            "type": "BACKUP_POLICY",
            "name": "daily",
            "description": "every night",
            "content": GOOD,
            "tags": {"a": "1"},
            "targets": [ROOT, MEMBER],
        }
    ]


def test_settings_are_changed_all_or_none(world: World) -> None:
    before = world.control("GET", "settings")
    for changes, text in (
        ({"page_size": 5, "colour": "red"}, "unknown setting `colour`"),
        ({"page_size": "5"}, "`page_size` must be a int"),
        ({"page_size": 5, "empty_pages": 1}, "`empty_pages` must be a bool"),
        ({"tags_per_resource": -1}, "`tags_per_resource` must be a int"),
        ([], "must be a JSON object"),
    ):
        status, _, body = world.http("POST", "/_emulator/settings", body=json.dumps(changes))
        assert (status, text in json.loads(body)["error"]) == (400, True), body
    assert world.control("GET", "settings") == before
    assert (
        world.control("POST", "settings", {"page_size": 5, "policy_type_delay": 1})["page_size"]
        == 5
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_emulator/nothing", 404),
        ("PUT", "/_emulator/faults", 404),
        ("POST", "/_emulator/faults", 400),
        ("POST", "/_ministack/reset", 404),
    ],
)
def test_what_there_is_not(world: World, method: str, path: str, status: int) -> None:
    assert world.http(method, path)[0] == status


def test_reset_is_a_fresh_start(world: World) -> None:
    world.upload_function()
    create(world, template(Thing=custom()))
    world.enable_backup_policies()
    world.policy()
    world.fault("s3", "*", "refuse")
    world.control("POST", "reset", {})
    fresh = world.control("GET", "organization")
    assert fresh["policies"] == []
    assert fresh["policy_types"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert fresh["settings"]["policy_type_delay"] == 0.5
    for name in ("calls", "faults", "functions", "custom-resources"):
        assert world.control("GET", name) == []
    describe = world.client("cloudformation", HOME).describe_stacks
    assert error_of(describe, StackName="stack")[0] == "ValidationError"
    assert world.client("s3", HOME).list_buckets()["Buckets"] == []
    roles = world.client("iam", MEMBER).list_roles()["Roles"]
    assert "OrganizationAccountAccessRole" in [role["RoleName"] for role in roles]


def test_clearing_the_log_keeps_the_sequence(world: World) -> None:
    client = world.client("organizations")
    client.list_roots()
    first = world.control("GET", "calls")[-1]["sequence"]
    world.control("DELETE", "calls")
    client.list_roots()
    assert [entry["sequence"] for entry in world.control("GET", "calls")] == [first + 1]
