"""Templates for the tests: a function, its role, and custom resources."""

from __future__ import annotations

import json
from typing import Any

from .entitled import LOGS
from .world import HOME, World

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "function",
        "AssumeRolePolicyDocument": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ]
        },
        "Policies": [
            {
                "PolicyName": "work",
                "PolicyDocument": {
                    "Statement": {
                        "Effect": "Allow",
                        "Action": ["sts:AssumeRole", *LOGS],
                        "Resource": "*",
                    }
                },
            }
        ],
    },
}


def function(**properties: Any) -> dict[str, Any]:
    """The fake function as a resource."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "function",
            "Handler": "bootstrap",
            "Runtime": "provided.al2023",
            "Timeout": 20,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"S3Bucket": "packages", "S3Key": "function.zip"},
            **properties,
        },
    }


def custom(**properties: Any) -> dict[str, Any]:
    """A custom resource; see fake_function.py for what its properties make happen."""
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    return {
        "Type": "Custom::Thing",
        "Properties": {"ServiceToken": token, "ServiceTimeout": 20, **properties},
    }


def template(outputs: dict[str, Any] | None = None, **resources: Any) -> str:
    """A template with the function and these resources."""
    document: dict[str, Any] = {"Resources": {"Role": ROLE, "Function": function(), **resources}}
    if outputs:
        document["Outputs"] = {name: {"Value": value} for name, value in outputs.items()}
    return json.dumps(document)


def create(world: World, body: str, name: str = "stack", account: str = HOME, **more: Any) -> Any:
    """Create a stack and wait; the stack."""
    client = world.client("cloudformation", account)
    client.create_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **more)
    return world.wait_for_stack(name, account)


def update(world: World, body: str, name: str = "stack", account: str = HOME, **more: Any) -> Any:
    """Update a stack and wait; the stack."""
    client = world.client("cloudformation", account)
    client.update_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **more)
    return world.wait_for_stack(name, account)


def delete(world: World, name: str = "stack", account: str = HOME) -> str:
    """Delete a stack and wait; its last status."""
    client = world.client("cloudformation", account)
    stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=name)
    return str(world.wait_for_stack(stack_id, account)["StackStatus"])


def outputs(stack: Any) -> dict[str, str]:
    """The outputs of a stack by name."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def requests(world: World) -> list[tuple[str, str, str | None]]:
    """(type, logical id, physical id) of every request to a custom resource."""
    return [
        (
            sent["request"]["RequestType"],
            sent["request"]["LogicalResourceId"],
            sent["request"].get("PhysicalResourceId"),
        )
        for sent in world.control("GET", "custom-resources")
    ]
