"""Regions that an account must enable first: what AWS refuses until it has, and names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..permissions.stacks.stack_permissions_world import trust
from ..stack_sets.stack_set_world import (
    REGION,
    SANDBOXES,
    delegate,
    deploy,
    finish,
    template,
    value_in,
)
from ..stack_sets.stack_set_world import create as create_stack_set
from ..stack_sets.test_stack_set_type import ADMINISTRATION, roles
from ..stacks import create
from ..world import HOME, MANAGEMENT, World, error_of

OPT_IN = "ap-east-1"
MEMBER = "444444444444"
ACCESS = f"arn:aws:iam::{HOME}:role/OrganizationAccountAccessRole"


def enable(world: World, *accounts: str) -> None:
    """The accounts enable the Region."""
    for account in accounts:
        world.control("POST", "regions", {"account": account, "region": OPT_IN, "enabled": True})


def status(world: World, account: str, **more: Any) -> dict[str, str]:
    found = world.client("ec2", account).describe_regions(**more)["Regions"]
    return {region["RegionName"]: region["OptInStatus"] for region in found}


def test_every_account_enables_opt_in_regions_for_itself(world: World) -> None:
    assert OPT_IN not in status(world, HOME)
    before = status(world, HOME, AllRegions=True)
    assert (before[OPT_IN], before[REGION]) == ("not-opted-in", "opt-in-not-required")
    enable(world, HOME)
    assert status(world, HOME)[OPT_IN] == "opted-in"
    assert status(world, MEMBER, RegionNames=[OPT_IN]) == {OPT_IN: "not-opted-in"}


@pytest.mark.parametrize("region", ["eu-west-1", "nowhere-1", None])
def test_only_opt_in_regions_are_enabled(world: World, region: str | None) -> None:
    wanted = json.dumps({"account": HOME, "region": region, "enabled": True})
    answer, _, _ = world.http("POST", "/_emulator/regions", body=wanted)
    assert answer == 400


def test_calls_into_a_region_that_is_not_enabled_are_refused(world: World) -> None:
    backup = world.in_region("backup", HOME, OPT_IN)
    assert error_of(backup.list_backup_vaults)[0] == "UnrecognizedClientException"
    cloudformation = world.in_region("cloudformation", HOME, OPT_IN)
    assert error_of(cloudformation.list_stacks)[0] == "InvalidClientTokenId"
    enable(world, HOME)
    assert backup.list_backup_vaults()["BackupVaultList"] == []


def test_sts_wants_the_region_enabled_on_both_sides(world: World) -> None:
    sts = world.in_region("sts", MANAGEMENT, OPT_IN)
    wanted = {"RoleArn": ACCESS, "RoleSessionName": "test"}
    assert error_of(sts.assume_role, **wanted)[0] == "InvalidClientTokenId"
    enable(world, MANAGEMENT)
    with pytest.raises(ClientError, match=f"not activated in this region for account:{HOME}") as e:
        sts.assume_role(**wanted)
    assert e.value.response["Error"]["Code"] == "RegionDisabledException"
    enable(world, HOME)
    assert sts.assume_role(**wanted)["Credentials"]


@pytest.mark.parametrize("principal", ["cloudformation.nowhere-1", "cloudformation.ap-east-9"])
def test_iam_refuses_services_that_it_does_not_know(world: World, principal: str) -> None:
    iam = world.client("iam", HOME)
    known = json.dumps(trust(f"cloudformation.{OPT_IN}"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=known)
    unknown = json.dumps(trust(principal))
    code = ("MalformedPolicyDocument", None)
    assert error_of(iam.create_role, RoleName="s", AssumeRolePolicyDocument=unknown) == code
    assert error_of(iam.update_assume_role_policy, RoleName="r", PolicyDocument=unknown) == code
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(principal)}}
    stack = create(world, json.dumps({"Resources": {"Role": role}}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("Invalid principal in policy" in why for _, _, why in world.stack_reasons("stack"))


def self_managed(world: World, name: str) -> tuple[str, str]:
    """How the one instance of the account's own stack set is in the opt-in Region."""
    client = world.client("cloudformation", HOME)
    client.create_stack_set(StackSetName=name, TemplateBody=template())
    started = client.create_stack_instances(StackSetName=name, Accounts=[HOME], Regions=[OPT_IN])
    finish(client, started, name)
    (found,) = client.list_stack_instances(StackSetName=name)["Summaries"]
    return found["Status"], found.get("StatusReason", "")


def test_a_self_managed_stack_set_wants_the_regions_own_principal(world: World) -> None:
    roles(world)
    assert "is not enabled in account" in self_managed(world, "one")[1]
    enable(world, HOME)
    kind, reason = self_managed(world, "two")
    assert kind == "OUTDATED"
    assert f"'{ADMINISTRATION}' role with trust relationship to CloudFormation service" in reason
    world.client("iam", HOME).update_assume_role_policy(
        RoleName=ADMINISTRATION, PolicyDocument=json.dumps(trust(f"cloudformation.{OPT_IN}"))
    )
    assert self_managed(world, "three") == ("CURRENT", "")


def test_a_service_managed_one_wants_it_enabled_in_the_management_account(world: World) -> None:
    home = delegate(world)
    create_stack_set(home)
    enable(world, MEMBER)
    assert deploy(home, SANDBOXES, regions=(OPT_IN,))["Status"] == "FAILED"
    assert value_in(world, MEMBER, OPT_IN) is None
    enable(world, MANAGEMENT)
    deploy(home, SANDBOXES, regions=(OPT_IN,))
    assert value_in(world, MEMBER, OPT_IN) == "one"
