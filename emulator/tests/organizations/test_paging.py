"""Listings: their pages, their tokens, and empty pages that go on."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ..world import ROOT, World, error_of


def pages(call: Any, member: str, **arguments: Any) -> list[list[Any]]:
    """All pages of a listing."""
    found = []
    token: dict[str, str] = {}
    while True:
        page = call(**arguments, **token)
        found.append(page[member])
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def test_twenty_at_a_time_by_default(world: World) -> None:
    made = [world.policy(f"policy {number}") for number in range(45)]
    found = pages(world.client("organizations").list_policies, "Policies", Filter="BACKUP_POLICY")
    assert [len(page) for page in found] == [20, 20, 5]
    assert [policy["Id"] for page in found for policy in page] == made


def test_max_results_makes_pages_smaller(world: World) -> None:
    for number in range(5):
        world.policy(f"policy {number}")
    client = world.client("organizations")
    assert [
        len(page)
        for page in pages(client.list_policies, "Policies", Filter="BACKUP_POLICY", MaxResults=2)
    ] == [
        2,
        2,
        1,
    ]
    # A last page that is full has no token: nothing is known to follow.
    assert [
        len(page)
        for page in pages(client.list_policies, "Policies", Filter="BACKUP_POLICY", MaxResults=5)
    ] == [5]


@pytest.mark.parametrize(
    ("max_results", "reason"),
    [(0, "MIN_VALUE_EXCEEDED"), (21, "MAX_VALUE_EXCEEDED"), ("5", "INVALID_PATTERN")],
)
def test_max_results_out_of_range(world: World, max_results: Any, reason: str) -> None:
    payload = {"Filter": "BACKUP_POLICY", "MaxResults": max_results}
    assert world.json_error("ListPolicies", payload) == ("InvalidInputException", reason)


def test_a_token_is_good_for_its_own_listing_only(world: World) -> None:
    for number in range(2):
        world.policy(f"policy {number}")
    client = world.client("organizations")
    token = client.list_policies(Filter="BACKUP_POLICY", MaxResults=1)["NextToken"]
    wanted = ("InvalidInputException", "INVALID_NEXT_TOKEN")
    forged = base64.urlsafe_b64encode(json.dumps({"no": "token"}).encode()).decode()
    for other in ("nonsense", "é", forged):
        assert error_of(client.list_policies, Filter="BACKUP_POLICY", NextToken=other) == wanted
    assert error_of(client.list_policies, Filter="TAG_POLICY", NextToken=token) == wanted
    assert error_of(client.list_roots, NextToken=token) == wanted


def test_changes_between_pages_neither_repeat_nor_skip(world: World) -> None:
    made = [world.policy(f"policy {number}") for number in range(4)]
    client = world.client("organizations")
    first = client.list_policies(Filter="BACKUP_POLICY", MaxResults=2)
    client.delete_policy(PolicyId=made[0])
    rest = client.list_policies(Filter="BACKUP_POLICY", NextToken=first["NextToken"])
    assert [policy["Id"] for policy in rest["Policies"]] == made[2:]


def test_a_page_may_be_empty_and_still_go_on(world: World) -> None:
    world.settings(empty_pages=True)
    client = world.client("organizations")
    policy = world.policy(Tags=[{"Key": "a", "Value": "1"}])
    assert [
        len(page) for page in pages(client.list_policies, "Policies", Filter="BACKUP_POLICY")
    ] == [0, 1]
    assert [
        len(page) for page in pages(client.list_tags_for_resource, "Tags", ResourceId=policy)
    ] == [0, 1]
    assert [len(page) for page in pages(client.list_roots, "Roots")] == [0, 1]
    # There is nothing to come after an empty listing.
    assert pages(client.list_policies, "Policies", Filter="TAG_POLICY") == [[]]


def test_targets_policies_and_tags_are_paged_too(world: World) -> None:
    client = world.enable_backup_policies()
    policy = world.policy(Tags=[{"Key": str(number), "Value": ""} for number in range(3)])
    other = world.policy("other")
    for target in (ROOT, "ou-reh1-security", "ou-reh1-platforms"):
        client.attach_policy(PolicyId=policy, TargetId=target)
    client.attach_policy(PolicyId=other, TargetId=ROOT)
    world.settings(page_size=1)
    targets = pages(client.list_targets_for_policy, "Targets", PolicyId=policy)
    assert [[target["TargetId"] for target in page] for page in targets] == [
        [ROOT],
        ["ou-reh1-security"],
        ["ou-reh1-platforms"],
    ]
    of_root = pages(
        client.list_policies_for_target, "Policies", TargetId=ROOT, Filter="BACKUP_POLICY"
    )
    assert [[item["Id"] for item in page] for page in of_root] == [[policy], [other]]
    assert [
        len(page) for page in pages(client.list_tags_for_resource, "Tags", ResourceId=policy)
    ] == [1, 1, 1]
