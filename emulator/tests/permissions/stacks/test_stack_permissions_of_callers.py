"""Who calls CloudFormation must be allowed to pass a service role; who deploys, to read."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from ... import stacks
from ...world import HOME, REGION, World, eventually
from .stack_permissions_world import (
    PARAMETER,
    QUEUE,
    ROLE,
    allow_all_but,
    body,
    caller,
    changed,
    denied,
    failures,
    may,
    service_role,
)


@pytest.mark.parametrize("operation", ["create_stack", "update_stack", "create_change_set"])
def test_who_names_a_service_role_must_be_allowed_to_pass_it(world: World, operation: str) -> None:
    service_role(world)
    stacks.create(world, body(First=QUEUE))
    client = caller(world)
    more = {"ChangeSetName": "change"} if operation == "create_change_set" else {}
    name = "other" if operation == "create_stack" else "stack"
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(
            StackName=name, TemplateBody=body(First=PARAMETER), RoleARN=ROLE, **more
        )
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert "iam:PassRole on resource: " + ROLE in str(caught.value)
    assert denied(world) == [("iam:PassRole", ROLE)]


def test_a_stack_keeps_its_role_for_those_who_may_not_pass_it(world: World) -> None:
    service_role(world)
    stacks.create(world, body(First=QUEUE), RoleARN=ROLE)
    client = caller(world)
    client.update_stack(StackName="stack", TemplateBody=body(First=QUEUE, Second=PARAMETER))
    assert world.wait_for_stack("stack")["StackStatus"] == "UPDATE_COMPLETE"
    assert denied(world) == []


def test_a_parameter_of_parameter_store_is_read_with_the_role(world: World) -> None:
    world.client("ssm", HOME).put_parameter(Name="/value", Type="String", Value="one")
    service_role(world, "ssm:GetParameters")
    document = {
        "Parameters": {"Value": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Resources": {"First": QUEUE},
    }
    client = world.client("cloudformation", HOME)
    wanted = {
        "StackName": "stack",
        "TemplateBody": json.dumps(document),
        "Parameters": [{"ParameterKey": "Value", "ParameterValue": "/value"}],
        "RoleARN": ROLE,
    }
    with pytest.raises(ClientError) as caught:
        client.create_stack(**wanted)
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": "AccessDenied. User doesn't have permission to call ssm:GetParameters",
    }
    on = f"arn:aws:ssm:{REGION}:{HOME}:parameter/value"
    assert denied(world) == [("ssm:GetParameters", on)]
    allow_all_but(world)
    client.create_stack(**wanted)
    assert world.wait_for_stack("stack")["StackStatus"] == "CREATE_COMPLETE"


def test_a_dynamic_reference_is_read_with_the_role(world: World) -> None:
    world.client("ssm", HOME).put_parameter(Name="/value", Type="String", Value="one")
    service_role(world, "ssm:GetParameters")
    queue = changed(QUEUE, QueueName="{{resolve:ssm:/value}}")
    stack = stacks.create(world, body(First=queue), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "ssm:GetParameters" in failures(world)[0][2]
    on = f"arn:aws:ssm:{REGION}:{HOME}:parameter/value"
    assert denied(world) == [("ssm:GetParameters", on)]


def test_a_template_in_s3_is_read_by_who_calls(world: World) -> None:
    world.upload_function()
    world.client("s3", HOME).put_object(
        Bucket="packages", Key="t.json", Body=body(First=PARAMETER).encode()
    )
    service_role(world)
    url = "https://s3.eu-west-1.amazonaws.com/packages/t.json"
    client = caller(world, may("iam:PassRole"))
    with pytest.raises(ClientError, match="S3 error: Access Denied"):
        client.create_stack(StackName="stack", TemplateURL=url, RoleARN=ROLE)
    assert denied(world) == [("s3:GetObject", "arn:aws:s3:::packages/t.json")]
    world.client("cloudformation", HOME).create_stack(StackName="stack", TemplateURL=url)
    assert world.wait_for_stack("stack")["StackStatus"] == "CREATE_COMPLETE"


def test_an_import_reads_with_the_role(world: World) -> None:
    world.client("backup", HOME).create_backup_vault(BackupVaultName="vault")
    service_role(world, "backup:DescribeBackupVault")
    vault = {
        "Type": "AWS::Backup::BackupVault",
        "DeletionPolicy": "Retain",
        "Properties": {"BackupVaultName": "vault"},
    }
    client = world.client("cloudformation", HOME)
    client.create_change_set(
        StackName="stack",
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=body(Vault=vault),
        RoleARN=ROLE,
        ResourcesToImport=[
            {
                "ResourceType": "AWS::Backup::BackupVault",
                "LogicalResourceId": "Vault",
                "ResourceIdentifier": {"BackupVaultName": "vault"},
            }
        ],
    )
    client.execute_change_set(StackName="stack", ChangeSetName="import")
    eventually(lambda: failures(world))
    on = f"arn:aws:backup:{REGION}:{HOME}:backup-vault:vault"
    assert denied(world) == [("backup:DescribeBackupVault", on)]
    assert failures(world)[0][:2] == ("Vault", "IMPORT_FAILED")
