"""What the tests of stacks' permissions share: a service role that lacks something."""

from __future__ import annotations

import json
from typing import Any

from ...world import HOME, REGION, World

ROLE = f"arn:aws:iam::{HOME}:role/deployer"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/deployer/AWSCloudFormation"

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "first"}}
PARAMETER = {
    "Type": "AWS::SSM::Parameter",
    "Properties": {"Name": "/made", "Type": "String", "Value": "one"},
}
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{HOME}:first"


def trust(service: str) -> dict[str, Any]:
    """A trust policy for a service."""
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def service_role(world: World, *missing: str) -> None:
    """A role for CloudFormation that may do everything but ``missing``."""
    client = world.client("iam", HOME)
    client.create_role(
        RoleName="deployer", AssumeRolePolicyDocument=json.dumps(trust("cloudformation"))
    )
    allow_all_but(world, *missing)


def allow_all_but(world: World, *missing: str) -> None:
    """The role's policy from now on."""
    may = {"NotAction": list(missing)} if missing else {"Action": "*"}
    statement = {"Effect": "Allow", "Resource": "*", **may}
    world.client("iam", HOME).put_role_policy(
        RoleName="deployer",
        PolicyName="work",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def caller(world: World, *statements: dict[str, Any]) -> Any:
    """CloudFormation as a role's session that may use it, and what the statements say."""
    client = world.client("iam", HOME)
    principal = {"AWS": f"arn:aws:iam::{HOME}:root"}
    assumes = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    use = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    client.create_role(
        RoleName="caller",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [assumes]}),
    )
    client.put_role_policy(
        RoleName="caller",
        PolicyName="work",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [use, *statements]}),
    )
    keys = world.client("sts", HOME).assume_role(
        RoleArn=f"arn:aws:iam::{HOME}:role/caller", RoleSessionName="test"
    )["Credentials"]
    return world.client(
        "cloudformation",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def may(action: str, resource: str = "*") -> dict[str, Any]:
    """A statement that allows an action."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def body(**resources: Any) -> str:
    """A template with these resources, each after the one before it."""
    ordered: dict[str, Any] = {}
    before: str | None = None
    for name, resource in resources.items():
        ordered[name] = {**resource, **({"DependsOn": before} if before else {})}
        before = name
    return json.dumps({"Resources": ordered})


def changed(resource: Any, **properties: Any) -> Any:
    """The resource with other properties."""
    return {**resource, "Properties": {**resource["Properties"], **properties}}


def failures(world: World, name: str = "stack") -> list[tuple[str, str, str]]:
    """The events of resources that failed."""
    reasons = world.stack_reasons(name)
    return [entry for entry in reasons if entry[1].endswith("_FAILED") and entry[0] != "stack"]


def denied(world: World) -> list[tuple[str, str]]:
    """(action, resource) of every refusal."""
    return [(entry["action"], entry["resource"]) for entry in world.control("GET", "denials")]


def queues(world: World) -> list[str]:
    """The queues of the account."""
    return list(world.client("sqs", HOME).list_queues().get("QueueUrls", []))
