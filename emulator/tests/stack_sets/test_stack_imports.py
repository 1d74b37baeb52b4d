"""What exists already is taken over: stacks by stack sets, resources by stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..world import CENTRAL, MANAGEMENT, World, error_of, eventually
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
    instances,
    template,
    value_in,
)

ONE = MEMBERS[3]
TAGS = [{"Key": "Application", "Value": "backup"}]


def left_alone(world: World, **more: Any) -> tuple[Any, str]:
    """A stack that its stack set has forgotten, in the sandboxes' account; the client, its id."""
    home = delegate(world)
    create(home, Tags=TAGS, **more)
    deploy(home, SANDBOXES)
    place = {"StackInstanceAccount": ONE, "StackInstanceRegion": REGION}
    described = home.describe_stack_instance(StackSetName="set", **place, **DELEGATED)
    forget(home)
    return home, described["StackInstance"]["StackId"]


def forget(home: Any) -> None:
    """Remove the instance from the stack set, not the stack from the account."""
    started = home.delete_stack_instances(
        StackSetName="set",
        DeploymentTargets={
            "OrganizationalUnitIds": [SANDBOXES],
            "Accounts": [ONE],
            "AccountFilterType": "INTERSECTION",
        },
        Regions=[REGION],
        RetainStacks=True,
        **DELEGATED,
    )
    assert finish(home, started, **DELEGATED)["Status"] == "SUCCEEDED"


def take(home: Any, *ids: str, units: tuple[str, ...] = (SANDBOXES,)) -> Any:
    """Import stacks and wait; the operation."""
    started = home.import_stacks_to_stack_set(
        StackSetName="set", StackIds=list(ids), OrganizationalUnitIds=list(units), **DELEGATED
    )
    return finish(home, started, **DELEGATED)


def update(home: Any, **more: Any) -> Any:
    """Update the instances of the sandboxes and wait."""
    started = home.update_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [SANDBOXES]},
        Regions=[REGION],
        **more,
        **DELEGATED,
    )
    return finish(home, started, **DELEGATED)


def detailed(home: Any) -> str:
    """The detailed status of the one instance."""
    (one,) = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    return str(one["StackInstanceStatus"]["DetailedStatus"])


def test_a_stack_becomes_an_instance_untouched(world: World) -> None:
    home, stack = left_alone(world)
    world.control("DELETE", "calls")
    operation = take(home, stack)
    assert (operation["Status"], operation["Action"]) == ("SUCCEEDED", "CREATE")
    called = {entry["operation"] for entry in world.control("GET", f"calls?account={ONE}")}
    assert called == {"DescribeStacks", "GetTemplate"}
    (instance,) = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    assert (instance["StackId"], instance["Status"], instance["OrganizationalUnitId"]) == (
        stack,
        "CURRENT",
        SANDBOXES,
    )
    # From then on it is one like any other: deleting it deletes the stack.
    started = home.delete_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [SANDBOXES]},
        Regions=[REGION],
        RetainStacks=False,
        **DELEGATED,
    )
    finish(home, started, **DELEGATED)
    assert value_in(world, ONE) is None


def test_an_imported_stack_keeps_its_values_until_its_overrides_are_emptied(world: World) -> None:
    home, stack = left_alone(world)
    take(home, stack)

    def change(value: str) -> None:
        entry = {"ParameterKey": "Value", "ParameterValue": value}
        started = home.update_stack_set(
            StackSetName="set", UsePreviousTemplate=True, Parameters=[entry], **DELEGATED
        )
        assert finish(home, started, **DELEGATED)["Status"] == "SUCCEEDED"

    change("two")
    assert value_in(world, ONE) == "one"
    assert update(home, ParameterOverrides=[])["Status"] == "SUCCEEDED"
    assert value_in(world, ONE) == "two"
    change("three")
    assert value_in(world, ONE) == "three"


def test_it_is_mapped_to_the_nearest_of_the_ous_which_becomes_a_target(world: World) -> None:
    home = delegate(world)
    create(home)
    made = world.client("cloudformation", MEMBERS[1]).create_stack(
        StackName="mine", TemplateBody=template()
    )["StackId"]
    world.wait_for_stack("mine", MEMBERS[1])
    assert take(home, made, units=(WORKLOADS, PRODUCTION))["Status"] == "SUCCEEDED"
    (instance,) = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    assert instance["OrganizationalUnitId"] == PRODUCTION
    # No stack for the other account there: only those that join later get one.
    assert instances(home, **DELEGATED) == {(MEMBERS[1], REGION): "CURRENT"}
    targets = home.list_stack_set_auto_deployment_targets(StackSetName="set", **DELEGATED)
    assert targets["Summaries"] == [{"OrganizationalUnitId": PRODUCTION, "Regions": [REGION]}]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"TemplateBody": template("two")}, "The template of stack"),
        ({"UsePreviousTemplate": True, "Tags": []}, "The tags of stack"),
    ],
)
def test_a_stack_that_differs_is_refused_and_can_be_tried_again(
    world: World, changed: dict[str, Any], reason: str
) -> None:
    home, stack = left_alone(world)
    client = world.client("cloudformation", ONE)
    client.update_stack(StackName=stack, **changed)
    world.wait_for_stack(stack, ONE)
    assert take(home, stack)["Status"] == "FAILED"
    (instance,) = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    assert (instance["Status"], detailed(home)) == ("INOPERABLE", "FAILED_IMPORT")
    assert reason in instance["StatusReason"]
    # Updates pass it over, as the API's reference says.
    update(home)
    assert detailed(home) == "FAILED_IMPORT"
    client.update_stack(StackName=stack, TemplateBody=template(), Tags=TAGS)
    world.wait_for_stack(stack, ONE)
    assert take(home, stack)["Status"] == "SUCCEEDED"
    assert instances(home, **DELEGATED) == {(ONE, REGION): "CURRENT"}


def test_imports_that_cannot_be(world: World) -> None:
    home, stack = left_alone(world)

    def code(ids: list[str], units: list[str], **more: Any) -> str:
        return error_of(
            home.import_stacks_to_stack_set,
            StackSetName="set",
            StackIds=ids,
            OrganizationalUnitIds=units,
            **more,
            **DELEGATED,
        )[0]

    assert code([stack], [WORKLOADS]) == "StackNotFoundException"
    assert code([stack + "0"], [SANDBOXES]) == "StackNotFoundException"
    assert code(["stack"], [SANDBOXES]) == "StackNotFoundException"
    assert code([stack], []) == "ValidationError"
    assert code([stack], ["ou-reh1-nowhere99"]) == "ValidationError"
    assert code([], [SANDBOXES]) == "ValidationError"
    assert code([stack] * 11, [SANDBOXES]) == "ValidationError"
    assert code([stack], [SANDBOXES], StackIdsUrl="s3://bucket/list") == "ValidationError"
    for account in (MANAGEMENT, CENTRAL):
        client = world.client("cloudformation", account)
        made = client.create_stack(StackName="mine", TemplateBody=template())["StackId"]
        world.wait_for_stack("mine", account)
        assert code([made], [SANDBOXES]) == "StackNotFoundException"
    assert code([world_stack(world, MANAGEMENT)], ["r-reh1"]) == "StackNotFoundException"
    assert take(home, stack)["Status"] == "SUCCEEDED"
    assert code([stack], [SANDBOXES]) == "InvalidOperationException"
    other = world.in_region("cloudformation", ONE, REGION)
    second = other.create_stack(
        StackName="second", TemplateBody=template().replace('"/x"', '"/y"')
    )["StackId"]
    world.wait_for_stack("second", ONE)
    assert code([second], [SANDBOXES]) == "InvalidOperationException"


def world_stack(world: World, account: str) -> str:
    """The id of the stack that a test made there."""
    found = world.client("cloudformation", account).describe_stacks(StackName="mine")["Stacks"]
    return str(found[0]["StackId"])


VAULT_TEMPLATE = {
    "Resources": {
        "Key": {
            "Type": "AWS::KMS::Key",
            "DeletionPolicy": "Retain",
            "Properties": {"KeyPolicy": {}},
        },
        "Vault": {
            "Type": "AWS::Backup::BackupVault",
            "DeletionPolicy": "Retain",
            "Properties": {
                "BackupVaultName": "vault",
                "EncryptionKeyArn": {"Fn::GetAtt": ["Key", "Arn"]},
            },
        },
    }
}


def change_set(client: Any, key: str, vault: str) -> Any:
    """A change set that imports a key and a vault into a new stack, once it is there."""
    client.create_change_set(
        StackName="imported",
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(VAULT_TEMPLATE).replace('"vault"', json.dumps(vault)),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::KMS::Key",
                "LogicalResourceId": "Key",
                "ResourceIdentifier": {"KeyId": key},
            },
            {
                "ResourceType": "AWS::Backup::BackupVault",
                "LogicalResourceId": "Vault",
                "ResourceIdentifier": {"BackupVaultName": vault},
            },
        ],
    )
    return client.describe_change_set(StackName="imported", ChangeSetName="import")


def test_a_new_stack_takes_over_a_vault_with_its_key(world: World) -> None:
    client = world.in_region("cloudformation", ONE, OTHER_REGION)
    key = world.in_region("kms", ONE, OTHER_REGION).create_key()["KeyMetadata"]
    backup = world.in_region("backup", ONE, OTHER_REGION)
    backup.create_backup_vault(BackupVaultName="vault", EncryptionKeyArn=key["Arn"])

    missing = change_set(client, key["KeyId"], "nothing")
    assert (missing["Status"], missing["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "'nothing' was not found" in missing["StatusReason"]
    client.delete_stack(StackName="imported")

    found = change_set(client, key["KeyId"], "vault")
    assert [change["ResourceChange"]["Action"] for change in found["Changes"]] == ["Import"] * 2
    client.execute_change_set(StackName="imported", ChangeSetName="import")
    eventually(
        lambda: (
            client.describe_stacks(StackName="imported")["Stacks"][0]["StackStatus"]
            == "IMPORT_COMPLETE"
        )
    )
    resources = client.describe_stack_resources(PhysicalResourceId="vault")["StackResources"]
    assert {entry["PhysicalResourceId"] for entry in resources} == {key["KeyId"], "vault"}
    assert {entry["StackName"] for entry in resources} == {"imported"}


def test_a_resource_that_no_stack_has_is_found_in_none(world: World) -> None:
    client = world.client("cloudformation", ONE)
    assert error_of(client.describe_stack_resources, PhysicalResourceId="vault") == (
        "ValidationError",
        None,
    )


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Backup::BackupVault", {"BackupVaultName": "mine"}),
        ("AWS::KMS::Alias", {"AliasName": "alias/mine", "TargetKeyId": {"Ref": "Key"}}),
        (
            "AWS::IAM::Role",
            {"RoleName": "mine", "AssumeRolePolicyDocument": {"Statement": []}},
        ),
    ],
)
def test_what_is_there_is_not_made_again_and_a_creation_undone_leaves_nothing(
    world: World, kind: str, properties: dict[str, Any]
) -> None:
    owners = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ONE}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    key = {
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "RetainExceptOnCreate",
        "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [owners]}},
    }
    named = {"Type": kind, "DeletionPolicy": "Retain", "Properties": properties, "DependsOn": "Key"}
    body = json.dumps({"Resources": {"Key": key, "Named": named}})
    client = world.client("cloudformation", ONE)
    for name in ("first", "second"):
        client.create_stack(
            StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        world.wait_for_stack(name, ONE)
    status = client.describe_stacks(StackName="second")["Stacks"][0]["StackStatus"]
    assert status == "ROLLBACK_COMPLETE"
    reasons = [reason for _, _, reason in world.stack_reasons("second", ONE)]
    assert any("already exists" in reason for reason in reasons)
    kms = world.client("kms", ONE)
    found = [kms.describe_key(KeyId=entry["KeyId"]) for entry in kms.list_keys()["Keys"]]
    states = [entry["KeyMetadata"]["KeyState"] for entry in found]
    assert sorted(states) == ["Enabled", "PendingDeletion"]


def test_what_a_successful_creation_made_is_kept_when_a_later_update_or_the_stack_goes(
    world: World,
) -> None:
    """`RetainExceptOnCreate` (CloudFormation's reference, DeletionPolicy attribute)."""

    def bucket(name: str) -> dict[str, Any]:
        return {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {"BucketName": name},
        }

    def deploy(call: Any, **resources: Any) -> str:
        body = json.dumps({"Resources": resources})
        call(StackName="stack", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        return str(world.wait_for_stack("stack", ONE)["StackStatus"])

    def there() -> list[str]:
        return [entry["Name"] for entry in world.client("s3", ONE).list_buckets()["Buckets"]]

    client = world.client("cloudformation", ONE)
    assert deploy(client.create_stack, First=bucket("first")) == "CREATE_COMPLETE"
    # A second bucket is made by an update that is rolled back: it goes, the first one stays.
    role = {"RoleName": "OrganizationAccountAccessRole", "AssumeRolePolicyDocument": {}}
    taken = {"Type": "AWS::IAM::Role", "DependsOn": "Second", "Properties": role}
    begun = {"First": bucket("first"), "Second": bucket("second")}
    assert deploy(client.update_stack, **begun, Taken=taken) == "UPDATE_ROLLBACK_COMPLETE"
    assert there() == ["first"]
    # It is made, leaves the template, and later the stack goes.
    assert deploy(client.update_stack, **begun) == "UPDATE_COMPLETE"
    assert there() == ["first", "second"]
    assert deploy(client.update_stack, First=bucket("first")) == "UPDATE_COMPLETE"
    assert there() == ["first", "second"]
    name = client.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    client.delete_stack(StackName="stack")
    eventually(
        lambda: (
            client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
        )
    )
    assert there() == ["first", "second"]
