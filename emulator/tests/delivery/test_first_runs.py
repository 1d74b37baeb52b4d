"""A pipeline that updates its own stack: it starts before its stack is complete."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..stacks import CAPABILITIES, create
from ..world import HOME, World, eventually
from .delivery_world import BUCKET, ROLE, actions, commit, finish, prepare, source, stack
from .test_pipelines import executions, pascal

WORKER = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "worker",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
    },
}


@pytest.fixture
def ready(world: World) -> World:
    prepare(world)
    return world


def template(worker: dict[str, Any], **more: Any) -> str:
    """A stack with a role and a pipeline that updates just this stack."""
    configuration = {"StackName": "stack", "TemplatePath": "Source::p.json"}
    configuration["Capabilities"] = "CAPABILITY_NAMED_IAM"
    itself = stack("Update", configuration=configuration)
    del itself["configuration"]["TemplateConfiguration"]
    properties = {
        "Name": "pipeline",
        "PipelineType": "V2",
        "RoleArn": ROLE + "codepipeline",
        "ArtifactStore": {"Type": "S3", "Location": BUCKET},
        "Stages": [
            {"Name": "Source", "Actions": [pascal(source())]},
            {"Name": "Update", "Actions": [pascal(itself)]},
        ],
    }
    pipeline = {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties, **more}
    return json.dumps({"Resources": {"Pipeline": pipeline, "Worker": worker}})


def test_a_pipeline_starts_when_it_is_made_and_its_stack_cannot_be_updated_yet(
    ready: World,
) -> None:
    """CodePipeline starts a pipeline when it is created; UpdateStack refuses a stack at work.

    The refusal is recorded: github.com/stratospheric-dev/stratospheric/issues/21.
    """
    ready.control("POST", "settings", {"role_seconds": 3})
    body = template({**WORKER, "DependsOn": "Pipeline"})
    commit(ready, {"p.json": body})
    cloudformation = ready.client("cloudformation", HOME)
    cloudformation.create_stack(StackName="stack", TemplateBody=body, Capabilities=CAPABILITIES)
    client = ready.client("codepipeline", HOME)
    eventually(lambda: [e["name"] for e in client.list_pipelines()["pipelines"]] == ["pipeline"])
    assert len(executions(client)) == 1
    assert finish(ready)["status"] == "Failed"
    (made,) = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert made["StackStatus"] == "CREATE_IN_PROGRESS"
    status, reason = actions(ready)["Update"]
    assert status == "Failed" and "is in CREATE_IN_PROGRESS state" in reason
    assert ready.wait_for_stack("stack")["StackStatus"] == "CREATE_COMPLETE"


def test_what_a_resource_names_in_its_metadata_is_made_before_it(ready: World) -> None:
    ready.control("POST", "settings", {"role_seconds": 1})
    body = template(WORKER, Metadata={"After": {"Ref": "Worker"}})
    commit(ready, {"p.json": body})
    stack_made = create(ready, body)
    assert stack_made["StackStatus"] == "CREATE_COMPLETE", ready.stack_reasons("stack")
    assert finish(ready)["status"] == "Succeeded", actions(ready)
