"""AWS::CloudFormation::StackSet in a stack, and self-managed stack sets with their two roles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..stacks import create, delete, update
from ..world import HOME, World
from .stack_set_world import (
    DELEGATED,
    MEMBERS,
    OTHER_REGION,
    REGION,
    SANDBOXES,
    WORKLOADS,
    delegate,
    holders,
    instances,
    template,
    value_in,
)

ADMINISTRATION = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION = "AWSCloudFormationStackSetExecutionRole"


def service_managed(
    *units: str, value: str = "one", regions: tuple[str, ...] = (REGION,), **more: Any
) -> str:
    """A stack with a stack set in it."""
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": "DELEGATED_ADMIN",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": True},
        "ManagedExecution": {"Active": True},
        "TemplateBody": template(),
        "Parameters": [{"ParameterKey": "Value", "ParameterValue": value}],
        "OperationPreferences": {
            "RegionConcurrencyType": "PARALLEL",
            "MaxConcurrentPercentage": "100",
        },
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": list(units)},
                "Regions": list(regions),
            }
        ],
        **more,
    }
    return document(properties)


def document(properties: dict[str, Any]) -> str:
    return json.dumps(
        {
            "Resources": {
                "Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
            },
            "Outputs": {"Id": {"Value": {"Ref": "Set"}}},
        }
    )


def put_role(
    world: World,
    account: str,
    name: str,
    principal: dict[str, str],
    actions: tuple[str, ...] = (),
    **condition: Any,
) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role = str(
        world.client("iam", account).create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(document)
        )["Role"]["Arn"]
    )
    if actions:
        world.allow(role, {"Effect": "Allow", "Action": list(actions), "Resource": "*"})
    return role


def test_a_stack_set_in_a_stack_lives_with_it(world: World) -> None:
    home = delegate(world)
    stack = create(world, service_managed(WORKLOADS))
    assert stack["StackStatus"] == "CREATE_COMPLETE", world.stack_reasons("stack")
    assert stack["Outputs"][0]["OutputValue"].startswith("set:")
    assert holders(world) == list(MEMBERS[:3])

    # Another OU, another Region, another value; only what changed is touched.
    both = service_managed(WORKLOADS, SANDBOXES, value="two", regions=(REGION, OTHER_REGION))
    assert update(world, both)["StackStatus"] == "UPDATE_COMPLETE", world.stack_reasons("stack")
    for member in MEMBERS:
        assert [value_in(world, member, region) for region in (REGION, OTHER_REGION)] == ["two"] * 2
    fewer = service_managed(SANDBOXES, value="two")
    assert update(world, fewer)["StackStatus"] == "UPDATE_COMPLETE"
    assert holders(world) == [MEMBERS[3]]
    assert holders(world, OTHER_REGION) == []
    assert list(instances(home, **DELEGATED)) == [(MEMBERS[3], REGION)]

    assert delete(world) == "DELETE_COMPLETE"
    assert holders(world) == []
    assert home.list_stack_sets(Status="ACTIVE", **DELEGATED)["Summaries"] == []


def test_a_failing_account_fails_the_stack_and_names_itself(world: World) -> None:
    home = delegate(world)
    world.fault("cloudformation", "CreateStack", "refuse", account=MEMBERS[1])
    stack = create(world, service_managed(WORKLOADS))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [why for name, status, why in world.stack_reasons("stack") if name == "Set"]
    assert any(MEMBERS[1] in why and "did not stabilize" in why for why in reasons)
    assert holders(world) == []
    assert home.list_stack_sets(Status="ACTIVE", **DELEGATED)["Summaries"] == []


def test_a_failing_update_is_rolled_back_everywhere(world: World) -> None:
    delegate(world)
    create(world, service_managed(WORKLOADS))
    world.fault("cloudformation", "UpdateStack", "refuse", account=MEMBERS[2])
    stack = update(world, service_managed(WORKLOADS, value="two"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [value_in(world, member) for member in MEMBERS[:3]] == ["one"] * 3


def test_no_trusted_access_is_said(world: World) -> None:
    stack = create(world, service_managed(WORKLOADS))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any(
        "You must be the management account or delegated admin" in why
        for _, _, why in world.stack_reasons("stack")
    )


def test_the_stacks_service_role_makes_the_stack_set(world: World) -> None:
    delegate(world)
    service = {"Service": "cloudformation.amazonaws.com"}
    role = put_role(world, HOME, "Deploys", service, ("cloudformation:*",))
    create(world, service_managed(SANDBOXES), RoleARN=role)
    update(world, service_managed(SANDBOXES, value="two"))
    calls = world.control("GET", f"calls?account={HOME}")
    made = {
        call["operation"]: call["principal"]
        for call in calls
        if call["operation"] in ("CreateStackSet", "UpdateStackSet")
    }
    session = f"arn:aws:sts::{HOME}:assumed-role/Deploys/AWSCloudFormation"
    assert made == {"CreateStackSet": session, "UpdateStackSet": session}


@pytest.mark.parametrize("role", ["missing", "trusts-others"])
def test_a_service_role_must_exist_and_trust_cloudformation(world: World, role: str) -> None:
    put_role(world, HOME, "trusts-others", {"Service": "lambda.amazonaws.com"})
    with pytest.raises(Exception, match="is invalid or cannot be assumed"):
        create(world, template(), RoleARN=f"arn:aws:iam::{HOME}:role/{role}")


def self_managed(*accounts: str, regions: tuple[str, ...] = (REGION,)) -> str:
    return document(
        {
            "StackSetName": "own",
            "PermissionModel": "SELF_MANAGED",
            "AdministrationRoleARN": f"arn:aws:iam::{HOME}:role/{ADMINISTRATION}",
            "ExecutionRoleName": EXECUTION,
            "TemplateBody": template(),
            "StackInstancesGroup": [
                {"DeploymentTargets": {"Accounts": list(accounts)}, "Regions": list(regions)}
            ],
        }
    )


def roles(world: World, *, trusted: str = ADMINISTRATION) -> None:
    """Both roles as the solution's templates make them."""
    put_role(
        world,
        HOME,
        ADMINISTRATION,
        {"Service": "cloudformation.amazonaws.com"},
        ("sts:AssumeRole",),
        StringEquals={"aws:SourceAccount": HOME},
        StringLike={"aws:SourceArn": f"arn:aws:cloudformation:*:{HOME}:stackset/*"},
    )
    put_role(
        world,
        HOME,
        EXECUTION,
        {"AWS": f"arn:aws:iam::{HOME}:root"},
        ("cloudformation:*", "ssm:*"),
        ArnEquals={"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/{trusted}"},
    )


def test_a_self_managed_stack_set_uses_both_roles(world: World) -> None:
    roles(world)
    stack = create(world, self_managed(HOME, regions=(REGION, OTHER_REGION)))
    assert stack["StackStatus"] == "CREATE_COMPLETE", world.stack_reasons("stack")
    assert value_in(world, HOME) == value_in(world, HOME, OTHER_REGION) == "one"
    calls = world.control("GET", "calls?service=sts&operation=AssumeRole")
    assert f"assumed-role/{ADMINISTRATION}/" in calls[0]["principal"]
    made = world.control("GET", "calls?operation=CreateStack")
    assert f"assumed-role/{EXECUTION}/" in made[-1]["principal"]
    assert delete(world) == "DELETE_COMPLETE"
    assert value_in(world, HOME) is None


def test_the_administration_role_is_missing(world: World) -> None:
    stack = create(world, self_managed(HOME))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    expected = f"should have '{ADMINISTRATION}' role with trust relationship to CloudFormation"
    assert any(expected in why for _, _, why in world.stack_reasons("stack"))


def test_the_execution_role_trusts_somebody_else(world: World) -> None:
    roles(world, trusted="Somebody")
    stack = create(world, self_managed(HOME))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    expected = f"should have '{EXECUTION}' role with trust relationship to Role '{ADMINISTRATION}'"
    assert any(expected in why for _, _, why in world.stack_reasons("stack"))
