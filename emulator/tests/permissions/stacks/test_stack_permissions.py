"""CloudFormation may do in a stack what its service role may do, or who called it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ... import stacks
from ...world import HOME, REGION, World
from .stack_permissions_world import (
    PARAMETER,
    QUEUE,
    QUEUE_ARN,
    ROLE,
    SESSION,
    allow_all_but,
    body,
    caller,
    changed,
    denied,
    failures,
    may,
    queues,
    service_role,
    trust,
)

IAM = f"arn:aws:iam::{HOME}:role/"
PARAMETER_ARN = f"arn:aws:ssm:{REGION}:{HOME}:parameter/made"
WORKER = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "worker",
        "AssumeRolePolicyDocument": trust("lambda"),
        "Policies": [
            {
                "PolicyName": "p",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
                },
            }
        ],
    },
}


def sentence(action: str, resource: str) -> str:
    """How AWS says it."""
    return f"User: {SESSION} is not authorized to perform: {action} on resource: {resource} "


@pytest.mark.parametrize(
    ("resource", "action", "on"),
    [
        (WORKER, "iam:CreateRole", f"{IAM}worker"),
        (WORKER, "iam:PutRolePolicy", f"{IAM}worker"),
        (WORKER, "iam:GetRole", f"{IAM}worker"),
        (PARAMETER, "ssm:PutParameter", PARAMETER_ARN),
        (PARAMETER, "ssm:AddTagsToResource", PARAMETER_ARN),
        ({"Type": "AWS::KMS::Key", "Properties": {}}, "kms:CreateKey", "*"),
        (
            {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "made"}},
            "s3:GetBucketTagging",
            "arn:aws:s3:::made",
        ),
    ],
)
def test_a_create_that_the_service_role_may_not_do(
    world: World, resource: Any, action: str, on: str
) -> None:
    service_role(world, action)
    stack = stacks.create(world, body(First=QUEUE, Second=resource), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    ((name, status, reason),) = failures(world)
    assert (name, status) == ("Second", "CREATE_FAILED")
    assert reason.startswith(f'Resource handler returned message: "{sentence(action, on)}')
    assert reason.endswith('Status Code: 403)" (HandlerErrorCode: AccessDenied)')
    assert denied(world) == [(action, on)]
    assert queues(world) == []
    assert not world.client("ssm", HOME).get_parameters(Names=["/made"])["Parameters"]
    roles = world.client("iam", HOME).list_roles()["Roles"]
    assert "worker" not in {role["RoleName"] for role in roles}


def test_the_same_stack_succeeds_when_nothing_is_missing(world: World) -> None:
    service_role(world)
    stack = stacks.create(world, body(First=QUEUE, Second=WORKER, Third=PARAMETER), RoleARN=ROLE)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    stack = stacks.update(world, body(First=QUEUE, Third=changed(PARAMETER, Value="two")))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.delete(world) == "DELETE_COMPLETE"
    assert denied(world) == []


def test_an_update_that_the_service_role_may_not_do(world: World) -> None:
    service_role(world, "sqs:SetQueueAttributes")
    stacks.create(world, body(First=QUEUE, Second=PARAMETER), RoleARN=ROLE)
    stack = stacks.update(
        world,
        # The role stays with the stack.
        body(Third=changed(PARAMETER, Name="/third"), First=changed(QUEUE, VisibilityTimeout=77)),
    )
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    ((name, status, reason),) = failures(world)
    assert (name, status) == ("First", "UPDATE_FAILED")
    assert sentence("sqs:SetQueueAttributes", QUEUE_ARN) in reason
    assert denied(world) == [("sqs:SetQueueAttributes", QUEUE_ARN)]
    found = world.client("ssm", HOME).get_parameters(Names=["/made", "/third"])["Parameters"]
    assert [parameter["Name"] for parameter in found] == ["/made"]


def test_an_update_that_changes_nothing_of_a_resource_demands_nothing_for_it(world: World) -> None:
    service_role(world)
    stacks.create(world, body(First=QUEUE, Second=PARAMETER), RoleARN=ROLE)
    allow_all_but(world, "sqs:*")
    stack = stacks.update(world, body(First=QUEUE, Second=changed(PARAMETER, Value="two")))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert denied(world) == []


def test_a_replacement_is_a_creation_and_a_deletion(world: World) -> None:
    service_role(world, "sqs:DeleteQueue")
    stacks.create(world, body(First=QUEUE), RoleARN=ROLE)
    stack = stacks.update(world, body(First=changed(QUEUE, QueueName="second")))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert denied(world) == [("sqs:DeleteQueue", QUEUE_ARN)]
    assert failures(world)[0][:2] == ("First", "DELETE_FAILED")


def test_a_delete_that_the_service_role_may_not_do(world: World) -> None:
    service_role(world, "sqs:DeleteQueue")
    stacks.create(world, body(First=QUEUE, Second=PARAMETER), RoleARN=ROLE)
    assert stacks.delete(world) == "DELETE_FAILED"
    (stack,) = world.client("cloudformation", HOME).describe_stacks(StackName="stack")["Stacks"]
    ((name, status, reason),) = failures(world, stack["StackId"])
    assert (name, status) == ("First", "DELETE_FAILED")
    assert sentence("sqs:DeleteQueue", QUEUE_ARN) in reason
    assert len(queues(world)) == 1
    assert not world.client("ssm", HOME).get_parameters(Names=["/made"])["Parameters"]
    allow_all_but(world)
    assert stacks.delete(world) == "DELETE_COMPLETE"
    assert queues(world) == []


def test_a_rollback_deletes_with_the_role_too(world: World) -> None:
    service_role(world, "sqs:DeleteQueue", "ssm:PutParameter")
    stack = stacks.create(world, body(First=QUEUE, Second=PARAMETER), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_FAILED"
    assert denied(world) == [
        ("ssm:PutParameter", PARAMETER_ARN),
        ("sqs:DeleteQueue", QUEUE_ARN),
    ]


def test_without_a_service_role_the_caller_counts(world: World) -> None:
    client = caller(world, may("sqs:*"), may("ssm:*", PARAMETER_ARN))
    client.create_stack(StackName="stack", TemplateBody=body(First=QUEUE, Second=PARAMETER))
    assert world.wait_for_stack("stack")["StackStatus"] == "CREATE_COMPLETE"
    third = body(First=QUEUE, Third=changed(PARAMETER, Name="/third"))
    client.update_stack(StackName="stack", TemplateBody=third)
    assert world.wait_for_stack("stack")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    ((name, _, reason),) = failures(world)
    assert name == "Third"
    session = f"arn:aws:sts::{HOME}:assumed-role/caller/test"
    on = f"arn:aws:ssm:{REGION}:{HOME}:parameter/third"
    assert f"User: {session} is not authorized to perform: ssm:PutParameter on " in reason
    assert denied(world) == [("ssm:PutParameter", on)]


def test_a_custom_resource_is_invoked_with_the_role(world: World) -> None:
    world.upload_function()
    service_role(world, "lambda:InvokeFunction")
    stack = stacks.create(world, stacks.template(Thing=stacks.custom()), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    function = f"arn:aws:lambda:{REGION}:{HOME}:function:function"
    assert [entry[0] for entry in failures(world)] == ["Thing"]
    assert sentence("lambda:InvokeFunction", function) in failures(world)[0][2]
    assert denied(world) == [("lambda:InvokeFunction", function)]
    assert stacks.requests(world) == []
    assert world.client("lambda", HOME).list_functions()["Functions"] == []


@pytest.mark.parametrize(
    ("missing", "on"),
    [
        ("iam:PassRole", f"{IAM}function"),
        ("s3:GetObject", "arn:aws:s3:::packages/function.zip"),
    ],
)
def test_a_function_needs_its_role_passed_and_its_package_read(
    world: World, missing: str, on: str
) -> None:
    world.upload_function()
    service_role(world, missing)
    stack = stacks.create(world, stacks.template(), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert sentence(missing, on) in failures(world)[0][2]
    assert denied(world) == [(missing, on)]


def test_a_role_that_does_not_trust_the_service_cannot_be_passed(world: World) -> None:
    world.upload_function()
    service_role(world)
    document = json.loads(stacks.template())
    properties = document["Resources"]["Role"]["Properties"]
    properties["AssumeRolePolicyDocument"] = trust("ec2")
    stack = stacks.create(world, json.dumps(document), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    ((name, _, reason),) = failures(world)
    assert name == "Function"
    assert "lambda.amazonaws.com" in reason
    assert denied(world) == [("sts:AssumeRole", f"{IAM}function")]


def test_a_type_that_the_table_does_not_have_is_refused(world: World) -> None:
    service_role(world)
    stream = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", "ShardCount": 1}}
    stack = stacks.create(world, body(First=QUEUE, Second=stream), RoleARN=ROLE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "unmapped: CloudFormation type AWS::Kinesis::Stream" in failures(world)[0][2]
    ((refused),) = world.control("GET", "denials")
    assert refused["reason"] == "unmapped: CloudFormation type AWS::Kinesis::Stream"
    assert world.client("kinesis", HOME).list_streams()["StreamNames"] == []
    assert queues(world) == []
