"""Tags on policies and AWS's rules for them."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import ROOT, World, error_of


def tags_of(world: World, resource: str) -> dict[str, str]:
    """The tags of a resource."""
    listed = world.client("organizations").list_tags_for_resource(ResourceId=resource)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as the API wants them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_tags_are_put_over_and_taken_away(world: World) -> None:
    client = world.client("organizations")
    policy = world.policy(Tags=as_list({"a": "1", "b": "2"}))
    client.tag_resource(ResourceId=policy, Tags=as_list({"b": "3", "c": ""}))
    assert tags_of(world, policy) == {"a": "1", "b": "3", "c": ""}
    client.untag_resource(ResourceId=policy, TagKeys=["a", "not there"])
    assert tags_of(world, policy) == {"b": "3", "c": ""}


@pytest.mark.parametrize("resource", [ROOT, "ou-reh1-workloads", "444444444441"])
def test_roots_units_and_accounts_bear_tags(world: World, resource: str) -> None:
    world.client("organizations").tag_resource(ResourceId=resource, Tags=as_list({"a": "1"}))
    assert tags_of(world, resource) == {"a": "1"}


@pytest.mark.parametrize("resource", ["p-12345678", "ou-reh1-nowhere99", "999999999999"])
def test_a_resource_that_is_not_there(world: World, resource: str) -> None:
    call = world.client("organizations").list_tags_for_resource
    assert error_of(call, ResourceId=resource) == ("TargetNotFoundException", None)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ([{"Key": "aws:owner", "Value": "x"}], "INVALID_SYSTEM_TAGS_PARAMETER"),
        ([{"Key": "AWS:owner", "Value": "x"}], "INVALID_SYSTEM_TAGS_PARAMETER"),
        ([{"Key": "", "Value": "x"}], "MIN_LENGTH_EXCEEDED"),
        ([{"Key": "k" * 129, "Value": "x"}], "MAX_LENGTH_EXCEEDED"),
        ([{"Key": "k", "Value": "v" * 257}], "MAX_LENGTH_EXCEEDED"),
        ([{"Key": "semi;colon", "Value": "x"}], "INVALID_PATTERN"),
        ([{"Key": "k", "Value": "comma,"}], "INVALID_PATTERN"),
        ([{"Key": "k"}], "INPUT_REQUIRED"),
        ([{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}], "DUPLICATE_TAG_KEY"),
        ("k=v", "INPUT_REQUIRED"),
    ],
)
def test_tags_that_aws_refuses(world: World, tags: Any, reason: str) -> None:
    policy = world.policy()
    wanted = ("InvalidInputException", reason)
    assert world.json_error("TagResource", {"ResourceId": policy, "Tags": tags}) == wanted
    create = {
        "Name": "n",
        "Description": "",
        "Type": "BACKUP_POLICY",
        "Content": '{"plans":{}}',
        "Tags": tags,
    }
    assert world.json_error("CreatePolicy", create) == wanted
    assert tags_of(world, policy) == {}


@pytest.mark.parametrize("key", ["awsome:key", "k" * 128, "Schlüssel 1 _.:/=+-@"])
def test_tags_that_aws_accepts(world: World, key: str) -> None:
    policy = world.policy(Tags=as_list({key: "v" * 256}))
    assert tags_of(world, policy) == {key: "v" * 256}


def test_fifty_tags_are_the_most(world: World) -> None:
    client = world.client("organizations")
    policy = world.policy(Tags=as_list({f"k{number}": "" for number in range(50)}))
    too_many = ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED")
    assert error_of(client.tag_resource, ResourceId=policy, Tags=as_list({"k50": ""})) == too_many
    client.tag_resource(ResourceId=policy, Tags=as_list({"k0": "changed"}))
    assert (
        error_of(world.policy, name="x", Tags=as_list({f"k{n}": "" for n in range(51)})) == too_many
    )
