"""Stack sets by their API: real stacks in the members, and what happens to them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ...stack_sets import templates
from ..world import CENTRAL, HOME, MANAGEMENT, World, error_of, eventually
from .stack_set_world import (
    DELEGATED,
    MEMBERS,
    OTHER_REGION,
    PRODUCTION,
    REGION,
    SANDBOXES,
    WORKLOADS,
    create,
    delegate,
    deploy,
    finish,
    holders,
    instances,
    template,
    value_in,
)

LOWER = MEMBERS[:3]
TAGS = [{"Key": "Application", "Value": "backup"}]


def message_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(Exception) as caught:
        call(**arguments)
    return str(caught.value)


def test_trusted_access_and_delegation_come_first(world: World) -> None:
    home = world.client("cloudformation", HOME)
    wanted = {"StackSetName": "set", "TemplateBody": template()}
    service = {**wanted, "PermissionModel": "SERVICE_MANAGED"}
    not_entitled = "You must be the management account or delegated admin account"
    assert not_entitled in message_of(home.create_stack_set, **service, **DELEGATED)
    assert not_entitled in message_of(home.create_stack_set, **service)
    management = world.client("cloudformation")
    assert "You must enable organizations access" in message_of(
        management.create_stack_set, **service
    )
    assert management.describe_organizations_access()["Status"] == "DISABLED"
    # Not enough, as users found out: CloudFormation's own call is needed.
    world.client("organizations").enable_aws_service_access(
        ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
    )
    assert "You must enable organizations access" in message_of(
        management.create_stack_set, **service
    )
    refused = error_of(home.activate_organizations_access)[0]
    assert refused == "InvalidOperationException"
    delegate(world)
    assert management.describe_organizations_access()["Status"] == "ENABLED"
    assert home.create_stack_set(**service, **DELEGATED)["StackSetId"].startswith("set:")


def test_instances_are_real_stacks_in_the_accounts_of_an_ou_and_those_below(world: World) -> None:
    home = delegate(world)
    create(home, Tags=TAGS)
    operation = deploy(home, WORKLOADS, regions=(REGION, OTHER_REGION))
    assert operation["Status"] == "SUCCEEDED"
    assert instances(home, **DELEGATED) == {
        (account, region): "CURRENT" for account in LOWER for region in (REGION, OTHER_REGION)
    }
    for region in (REGION, OTHER_REGION):
        assert holders(world, region) == list(LOWER)
    (stack,) = world.client("cloudformation", LOWER[1]).describe_stacks()["Stacks"]
    assert re.fullmatch(r"StackSet-set-[0-9a-f-]{36}", stack["StackName"])
    assert stack["Tags"] == TAGS
    described = home.describe_stack_instance(
        StackSetName="set",
        StackInstanceAccount=LOWER[1],
        StackInstanceRegion=REGION,
        **DELEGATED,
    )["StackInstance"]
    assert described["StackId"] == stack["StackId"]
    # The OU that was named, not the one that the account is in.
    assert described["OrganizationalUnitId"] == WORKLOADS
    assert described["StackInstanceStatus"]["DetailedStatus"] == "SUCCEEDED"


def test_the_stack_set_is_the_management_accounts_and_its_stacks_are_made_by_roles(
    world: World,
) -> None:
    home = delegate(world)
    create(home)
    deploy(home, SANDBOXES)
    found = world.client("cloudformation").describe_stack_set(StackSetName="set")["StackSet"]
    assert f":{MANAGEMENT}:stackset/set:" in found["StackSetARN"]
    assert found["OrganizationalUnitIds"] == [SANDBOXES]
    # Called as itself, the home account has no such stack set.
    assert error_of(home.describe_stack_set, StackSetName="set")[0] == "StackSetNotFoundException"
    calls = world.control("GET", "calls?operation=CreateStack")
    assert [call["account"] for call in calls] == [MEMBERS[3]]
    assert "assumed-role/stacksets-exec-" in calls[0]["principal"]


def test_the_root_means_every_account_but_the_management_account(world: World) -> None:
    home = delegate(world)
    create(home)
    preferences = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 50}
    deploy(home, "r-reh1", OperationPreferences=preferences)
    accounts = {account for account, _ in instances(home, **DELEGATED)}
    assert accounts == {HOME, CENTRAL, *MEMBERS}


@pytest.mark.parametrize(
    ("kind", "accounts", "expected"),
    [
        ("INTERSECTION", [LOWER[1]], [LOWER[1]]),
        ("DIFFERENCE", [LOWER[1]], [LOWER[0], LOWER[2]]),
        ("UNION", [MEMBERS[3]], list(MEMBERS)),
    ],
)
def test_account_filters(world: World, kind: str, accounts: list[str], expected: list[str]) -> None:
    home = delegate(world)
    create(home)
    started = home.create_stack_instances(
        StackSetName="set",
        DeploymentTargets={
            "OrganizationalUnitIds": [WORKLOADS],
            "Accounts": accounts,
            "AccountFilterType": kind,
        },
        Regions=[REGION],
        **DELEGATED,
    )
    assert finish(home, started, **DELEGATED)["Status"] == "SUCCEEDED"
    assert holders(world) == expected


def test_an_update_reaches_every_instance_and_overrides_win(world: World) -> None:
    home = delegate(world)
    overrides = [{"ParameterKey": "Value", "ParameterValue": "own"}]
    create(home, Parameters=[{"ParameterKey": "Value", "ParameterValue": "given"}])
    deploy(home, WORKLOADS)
    started = home.update_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [PRODUCTION]},
        Regions=[REGION],
        ParameterOverrides=overrides,
        **DELEGATED,
    )
    assert finish(home, started, **DELEGATED)["Action"] == "UPDATE"
    assert [value_in(world, member) for member in LOWER] == ["given", "own", "own"]

    changed = home.update_stack_set(
        StackSetName="set",
        TemplateBody=template(
            Queue={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "more"}}
        ),
        Parameters=[{"ParameterKey": "Value", "ParameterValue": "changed"}],
        **DELEGATED,
    )
    assert finish(home, changed, **DELEGATED)["Status"] == "SUCCEEDED"
    assert [value_in(world, member) for member in LOWER] == ["changed", "own", "own"]
    for member in LOWER:
        assert world.client("sqs", member).list_queues()["QueueUrls"]
    # Nothing to change is a success, too.
    again = home.update_stack_set(
        StackSetName="set",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Value", "UsePreviousValue": True}],
        **DELEGATED,
    )
    assert finish(home, again, **DELEGATED)["Status"] == "SUCCEEDED"


def test_an_update_of_some_leaves_the_others_outdated(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, WORKLOADS)
    started = home.update_stack_set(
        StackSetName="set",
        TemplateBody=template("two"),
        DeploymentTargets={"OrganizationalUnitIds": [PRODUCTION]},
        Regions=[REGION],
        **DELEGATED,
    )
    finish(home, started, **DELEGATED)
    assert [value_in(world, member) for member in LOWER] == ["one", "two", "two"]
    assert list(instances(home, **DELEGATED).values()) == ["OUTDATED", "CURRENT", "CURRENT"]


def test_a_failing_instance_is_recorded_and_the_next_operation_repairs_it(world: World) -> None:
    home = delegate(world)
    create(home)
    world.fault("cloudformation", "CreateStack", "refuse", account=LOWER[1])
    operation = deploy(home, WORKLOADS, OperationPreferences={"FailureToleranceCount": 1})
    assert operation["Status"] == "SUCCEEDED"
    assert operation["StatusDetails"]["FailedStackInstancesCount"] == 1
    assert instances(home, **DELEGATED)[LOWER[1], REGION] == "OUTDATED"
    results = home.list_stack_set_operation_results(
        StackSetName="set",
        OperationId=operation["OperationId"],
        Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}],
        **DELEGATED,
    )["Summaries"]
    assert [entry["Account"] for entry in results] == [LOWER[1]]
    assert "AccessDenied" in results[0]["StatusReason"]
    assert holders(world) == [LOWER[0], LOWER[2]]

    again = home.update_stack_set(StackSetName="set", UsePreviousTemplate=True, **DELEGATED)
    assert finish(home, again, **DELEGATED)["Status"] == "SUCCEEDED"
    assert set(instances(home, **DELEGATED).values()) == {"CURRENT"}
    assert holders(world) == list(LOWER)


def test_a_stack_that_rolled_back_names_its_resource_and_is_made_anew(world: World) -> None:
    home = delegate(world)
    create(
        home,
        TemplateBody=template(
            Role={
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "bootstrap",
                    "Runtime": "provided.al2023",
                    "Role": "arn:aws:iam::444444444444:role/none",
                    "Code": {"S3Bucket": "nowhere", "S3Key": "x.zip"},
                },
            }
        ),
    )
    operation = deploy(home, SANDBOXES)
    assert operation["Status"] == "FAILED"
    (instance,) = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    assert instance["StatusReason"].startswith(
        "ResourceLogicalId:Role, ResourceType:AWS::Lambda::Function, ResourceStatusReason:"
    )
    assert instance["StackInstanceStatus"]["DetailedStatus"] == "FAILED"
    again = home.update_stack_set(StackSetName="set", TemplateBody=template(), **DELEGATED)
    assert finish(home, again, **DELEGATED)["Status"] == "SUCCEEDED"
    assert holders(world) == [MEMBERS[3]]


def test_deleting_instances_deletes_or_keeps_their_stacks(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, WORKLOADS, SANDBOXES)
    refused = error_of(home.delete_stack_set, StackSetName="set", **DELEGATED)[0]
    assert refused == "StackSetNotEmptyException"

    def delete(unit: str, retain: bool) -> None:
        started = home.delete_stack_instances(
            StackSetName="set",
            DeploymentTargets={"OrganizationalUnitIds": [unit]},
            Regions=[REGION],
            RetainStacks=retain,
            **DELEGATED,
        )
        assert finish(home, started, **DELEGATED)["Status"] == "SUCCEEDED"

    delete(WORKLOADS, retain=False)
    assert holders(world) == [MEMBERS[3]]
    delete(SANDBOXES, retain=True)
    assert instances(home, **DELEGATED) == {}
    assert holders(world) == [MEMBERS[3]]
    targets = home.list_stack_set_auto_deployment_targets(StackSetName="set", **DELEGATED)
    assert targets["Summaries"] == []
    home.delete_stack_set(StackSetName="set", **DELEGATED)
    found = home.list_stack_sets(**DELEGATED)["Summaries"]
    assert [entry["Status"] for entry in found] == ["DELETED"]
    create(home)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"Parameters": [{"ParameterKey": "No", "ParameterValue": "x"}]}, "do not exist in the"),
        ({"TemplateBody": "{"}, "Template format error"),
        ({"TemplateURL": "https://example.org/x"}, "either TemplateBody or TemplateURL"),
        ({"PermissionModel": "SELF_MANAGED"}, "cannot be used with the SELF_MANAGED"),
        ({"ExecutionRoleName": "x"}, "cannot be specified for stack sets with the SERVICE_MANAGED"),
        ({"AutoDeployment": {"Enabled": True}}, "RetainStacksOnAccountRemoval must be specified"),
    ],
)
def test_requests_that_cannot_be(world: World, wanted: dict[str, Any], expected: str) -> None:
    home = delegate(world)
    assert expected in message_of(create, client=home, **wanted)


def test_missing_values_capabilities_and_names_that_are_taken(world: World) -> None:
    home = delegate(world)
    needy = {
        "Parameters": {"Needed": {"Type": "String"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    missing = message_of(create, client=home, TemplateBody=json.dumps(needy))
    assert "Parameters: [Needed] must have values" in missing
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "x", "AssumeRolePolicyDocument": {"Statement": []}},
    }
    lacking = message_of(create, client=home, TemplateBody=template(Role=role))
    assert "Requires capabilities : [CAPABILITY_NAMED_IAM]" in lacking
    create(home)
    assert "NameAlreadyExists" in message_of(create, client=home)


def test_unknown_things_are_not_found(world: World) -> None:
    home = delegate(world)
    create(home)
    operation = {"StackSetName": "set", "OperationId": "none", **DELEGATED}
    assert error_of(home.describe_stack_set_operation, **operation)[0] == (
        "OperationNotFoundException"
    )
    place = {"StackInstanceAccount": HOME, "StackInstanceRegion": REGION}
    assert error_of(home.describe_stack_instance, StackSetName="set", **place, **DELEGATED)[0] == (
        "StackInstanceNotFoundException"
    )
    nowhere = message_of(
        home.create_stack_instances,
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": ["ou-reh1-nowhere99"]},
        Regions=[REGION],
        **DELEGATED,
    )
    assert "is not in your organization" in nowhere


def test_one_operation_at_a_time_unless_execution_is_managed(world: World) -> None:
    home = delegate(world)
    world.fault("cloudformation", "CreateStack", "slow", delay_ms=600_000, account=MEMBERS[3])

    def start(unit: str) -> Any:
        return home.create_stack_instances(
            StackSetName="set",
            DeploymentTargets={"OrganizationalUnitIds": [unit]},
            Regions=[REGION],
            **DELEGATED,
        )

    create(home)
    slow = start(SANDBOXES)
    assert error_of(start, unit=PRODUCTION)[0] == "OperationInProgressException"
    # The refused one left nothing behind.
    assert list(instances(home, **DELEGATED)) == [(MEMBERS[3], REGION)]
    update = home.update_stack_set
    managed = {"UsePreviousTemplate": True, "ManagedExecution": {"Active": True}, **DELEGATED}
    assert error_of(update, StackSetName="set", **managed)[0] == "OperationInProgressException"
    world.mend()
    finish(home, slow, **DELEGATED)
    finish(home, update(StackSetName="set", **managed), **DELEGATED)

    world.fault("cloudformation", "UpdateStack", "slow", delay_ms=600_000, account=MEMBERS[3])
    first = update(StackSetName="set", UsePreviousTemplate=True, **DELEGATED)
    beside = start(PRODUCTION)
    behind = start(SANDBOXES)
    status = home.describe_stack_set_operation(
        StackSetName="set", OperationId=behind["OperationId"], **DELEGATED
    )["StackSetOperation"]["Status"]
    assert status == "QUEUED"
    assert finish(home, beside, **DELEGATED)["EndTimestamp"]
    world.mend()
    for started in (first, behind):
        assert finish(home, started, **DELEGATED)["Status"] == "SUCCEEDED"


def test_an_operation_is_stopped(world: World) -> None:
    home = delegate(world)
    create(home)
    world.fault("cloudformation", "CreateStack", "slow", delay_ms=600_000, account=LOWER[0])
    started = home.create_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [WORKLOADS]},
        Regions=[REGION],
        **DELEGATED,
    )

    def results() -> list[tuple[str, str]]:
        found = home.list_stack_set_operation_results(
            StackSetName="set", OperationId=started["OperationId"], **DELEGATED
        )["Summaries"]
        return [(entry["Account"], entry["Status"]) for entry in found]

    # Stopped before its first account is begun, it would change none.
    eventually(lambda: (LOWER[0], "RUNNING") in results())
    home.stop_stack_set_operation(
        StackSetName="set", OperationId=started["OperationId"], **DELEGATED
    )
    world.mend()
    assert finish(home, started, **DELEGATED)["Status"] == "STOPPED"
    assert holders(world) == [LOWER[0]]


@pytest.mark.parametrize(
    "url",
    [
        "https://templates.s3.eu-west-1.amazonaws.com/a/b.json",
        "https://templates.s3.amazonaws.com/a/b.json",
        "https://s3.eu-west-1.amazonaws.com/templates/a/b.json",
    ],
)
def test_a_template_is_read_once_from_s3_with_the_callers_credentials(
    world: World, url: str
) -> None:
    home = delegate(world)
    s3 = world.client("s3", HOME)
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="templates", Key="a/b.json", Body=template("from S3"))
    wanted = {"PermissionModel": "SERVICE_MANAGED", "TemplateURL": url, **DELEGATED}
    home.create_stack_set(StackSetName="set", **wanted)
    assert world.control("GET", "calls?operation=GetObject")[-1]["account"] == HOME
    s3.put_object(Bucket="templates", Key="a/b.json", Body="changed since")
    deploy(home, SANDBOXES)
    assert value_in(world, MEMBERS[3]) == "from S3"
    missing = {**wanted, "TemplateURL": url.replace("b.json", "c.json")}
    assert "S3 error: The specified key does not exist" in message_of(
        home.create_stack_set, StackSetName="other", **missing
    )


@pytest.mark.parametrize(
    ("kind", "properties", "needed"),
    [
        ("AWS::IAM::Policy", {"PolicyName": "inline"}, ["CAPABILITY_IAM"]),
        ("AWS::IAM::Role", {}, ["CAPABILITY_IAM"]),
        ("AWS::IAM::Role", {"RoleName": "named"}, ["CAPABILITY_NAMED_IAM"]),
        ("AWS::SQS::Queue", {"QueueName": "named"}, []),
    ],
)
def test_only_names_of_identities_and_managed_policies_are_acknowledged_as_names(
    kind: str, properties: dict[str, str], needed: list[str]
) -> None:
    # CreateStack's reference, `Capabilities`; a policy of AWS::IAM::Policy is an inline one.
    template = {"Resources": {"One": {"Type": kind, "Properties": properties}}}
    assert templates.summarise(json.dumps(template)).capabilities == needed
