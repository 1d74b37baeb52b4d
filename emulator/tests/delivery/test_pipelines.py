"""Pipelines: stages, actions, artifacts, variables, and one commit after another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..entitled import Entitled, document, letting_in, trusting
from ..stacks import create, update
from ..world import HOME, REGION, World, error_of, eventually
from .delivery_world import (
    BUCKET,
    FILES,
    ROLE,
    TEMPLATE,
    action,
    actions,
    commit,
    finish,
    pipeline,
    prepare,
    project,
    source,
    stack,
)

ARN = f"arn:aws:codepipeline:{REGION}:{HOME}:pipeline"


@pytest.fixture
def ready(world: World) -> World:
    prepare(world)
    project(world)
    return world


def begin(world: World, *stages: tuple[str, list[dict[str, Any]]], **more: Any) -> Any:
    """Create a pipeline, which runs at once; its client."""
    client = world.client("codepipeline", HOME)
    client.create_pipeline(pipeline=pipeline(*stages, **more))
    return client


def deployed(world: World) -> str:
    return str(world.client("ssm", HOME).get_parameter(Name="/x")["Parameter"]["Value"])


def wait_for(world: World, stage: str, status: str) -> Any:
    """The state of a stage, once it has this status."""
    client = world.client("codepipeline", HOME)

    def state() -> Any:
        for found in client.get_pipeline_state(name="pipeline")["stageStates"]:
            if found["stageName"] == stage:
                latest = found.get("latestExecution", {}).get("status")
                waits = "InProgress" if "inboundExecution" in found else None
                return found if status in (latest, f"inbound {waits}") else None
        return None

    return eventually(state)


def test_a_commit_is_built_and_deployed_by_the_roles(ready: World) -> None:
    build = action("Build", "Build/CodeBuild", {"ProjectName": "project"}, namespace="Built")
    overrides = {"ParameterOverrides": '{"Value": "#{Built.NAME}"}'}
    client = begin(
        ready, ("Build", [build]), ("Deploy", [stack(configuration=overrides, namespace="Out")])
    )
    assert finish(ready)["status"] == "Succeeded", actions(ready)
    assert deployed(ready) == "built"
    (found,) = ready.client("cloudformation", HOME).describe_stacks(StackName="deployed")["Stacks"]
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    details = {
        entry["actionName"]: entry
        for entry in client.list_action_executions(pipelineName="pipeline")[
            "actionExecutionDetails"
        ]
    }
    artifact = details["Source"]["output"]["outputArtifacts"][0]["s3location"]
    assert artifact["bucket"] == BUCKET
    assert artifact["key"].startswith("pipeline/Source/")
    assert details["Deploy"]["input"]["resolvedConfiguration"]["ParameterOverrides"] == (
        '{"Value": "built"}'
    )
    assert details["Deploy"]["output"]["outputVariables"] == {"Value": "built"}
    principals = {
        call["operation"]: call["principal"].split("/")[1]
        for call in ready.control("GET", f"calls?account={HOME}")
        if "assumed-role" in call["principal"]
    }
    expected = ("GetBranch", "UploadArchive", "StartBuild", "CreateStack", "DescribeStacks")
    assert {name: principals[name] for name in expected} == dict.fromkeys(expected, "codepipeline")
    assert [entry["name"] for entry in client.list_pipelines()["pipelines"]] == ["pipeline"]
    shown = client.get_pipeline_execution(
        pipelineName="pipeline", pipelineExecutionId=finish(ready)["pipelineExecutionId"]
    )["pipelineExecution"]
    assert [entry["name"] for entry in shown["artifactRevisions"]] == ["Source"]
    created = client.list_pipeline_executions(pipelineName="pipeline")
    summary = created["pipelineExecutionSummaries"][0]
    assert summary["trigger"]["triggerType"] == "CreatePipeline"
    assert summary["sourceRevisions"][0]["revisionSummary"] == "change"


def test_a_commit_starts_the_pipeline_through_its_rule(ready: World) -> None:
    client = begin(ready, ("Deploy", [stack()]))
    finish(ready)
    rule(ready, ROLE + "events")
    changed = FILES["values.json"].replace("one", "two")
    made = commit(ready, {"values.json": changed}, "deploy two")
    eventually(lambda: len(executions(client)) == 2)
    found = finish(ready)
    assert found["status"] == "Succeeded"
    assert found["trigger"]["triggerType"] == "CloudWatchEvent"
    assert found["sourceRevisions"][0]["revisionId"] == made
    assert deployed(ready) == "two"


def rule(world: World, role: str, **more: Any) -> None:
    events = world.client("events", HOME)
    pattern = {"source": ["aws.codecommit"]}
    events.put_rule(Name="rule", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="rule", Targets=[{"Id": "pipeline", "Arn": ARN, "RoleArn": role, **more}]
    )


def executions(client: Any) -> Any:
    return client.list_pipeline_executions(pipelineName="pipeline")["pipelineExecutionSummaries"]


def test_a_start_that_fails_is_a_dead_letter(ready: World) -> None:
    sqs = ready.client("sqs", HOME)
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{HOME}:dead"
    rule(ready, ROLE + "events", DeadLetterConfig={"Arn": arn})
    source = {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:{REGION}:{HOME}:rule/rule"}}
    policy = document(letting_in("events", "sqs:SendMessage", arn, **source))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    Entitled(ready, HOME).trust("events", trusting("codebuild"))
    commit(ready, {"more": "x"})
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    assert json.loads(message["Body"])["detail"]["repositoryName"] == "source"


def test_actions_run_side_by_side_or_in_their_order(ready: World, tmp_path: Path) -> None:
    ready.control("POST", "build-machine", {"environment": {"BOX": str(tmp_path)}})
    # Each of two builds ends when the other one has begun; the third wants both to have ended.
    command = "touch $BOX/{0}; until [ -e $BOX/{1} ]; do sleep 0.1; done; touch $BOX/{0}-ended"
    steps = {
        "one": command.format("one", "two"),
        "two": command.format("two", "one"),
        "three": "test -e $BOX/one-ended -a -e $BOX/two-ended",
    }
    build_action = "version: 0.2\nphases: {{build: {{commands: ['{}']}}}}\n"
    commit(ready, {f"{name}.yml": build_action.format(step) for name, step in steps.items()})
    for name in steps:
        project(ready, f"{name}.yml", name)
    client = begin(
        ready,
        (
            "Build",
            [
                action(name, "Build/CodeBuild", {"ProjectName": name}, runOrder=order)
                for name, order in (("one", 1), ("two", 1), ("three", 2))
            ],
        ),
    )
    assert finish(ready)["status"] == "Succeeded", actions(ready)
    listed = client.list_action_executions(pipelineName="pipeline")["actionExecutionDetails"]
    found = {entry["actionName"]: entry for entry in listed}
    assert found["three"]["startTime"] >= found["one"]["lastUpdateTime"]


def test_a_failed_stage_stops_the_execution_and_is_retried(ready: World) -> None:
    ready.fault("cloudformation", "CreateStack", "refuse")
    client = begin(ready, ("Deploy", [stack()]), ("After", [stack("Again")]))
    failed = finish(ready)
    assert failed["status"] == "Failed"
    assert "CreateStack" in actions(ready)["Deploy"][1]
    assert "Again" not in actions(ready)
    client.retry_stage_execution(
        pipelineName="pipeline",
        stageName="Deploy",
        pipelineExecutionId=failed["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )
    eventually(lambda: executions(client)[0]["status"] == "Succeeded")
    assert actions(ready)["Again"][0] == "Succeeded"
    again = error_of(
        client.retry_stage_execution,
        pipelineName="pipeline",
        stageName="Deploy",
        pipelineExecutionId=failed["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )
    assert again[0] == "StageNotRetryableException"


def test_a_stack_that_fails_names_its_resource(ready: World) -> None:
    broken = json.loads(TEMPLATE)
    broken["Resources"]["Policy"] = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Handler": "bootstrap",
            "Runtime": "provided.al2023",
            "Role": "x",
            "Code": {"S3Bucket": "nowhere", "S3Key": "x"},
        },
    }
    commit(ready, {"template.json": json.dumps(broken)})
    begin(ready, ("Deploy", [stack()]))
    assert finish(ready)["status"] == "Failed"
    assert "is ROLLBACK_COMPLETE. Policy: " in actions(ready)["Deploy"][1]


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"ParameterOverrides": '{"Value": "#{No.NAME}"}'}, "cannot be resolved: #{No.NAME}"),
        ({"TemplatePath": "Source::nothing.json"}, "File [nothing.json] does not exist"),
        ({"RoleArn": ROLE + "nobody"}, "is invalid or cannot be assumed"),
        ({"OutputFileName": "x"}, "has no OutputFileName"),
    ],
)
def test_actions_that_cannot_be_done_say_why(
    ready: World, configuration: dict[str, str], expected: str
) -> None:
    begin(ready, ("Deploy", [stack(configuration=configuration)]))
    assert finish(ready)["status"] == "Failed"
    assert expected in actions(ready)["Deploy"][1]


def test_a_person_approves_or_rejects(ready: World) -> None:
    client = begin(
        ready, ("Approval", [action("Approve", "Approval/Manual", {})]), ("Deploy", [stack()])
    )

    def decide(status: str) -> None:
        state = wait_for(ready, "Approval", "InProgress")
        token = eventually(lambda: token_of(client))
        place = {
            "pipelineName": "pipeline",
            "stageName": state["stageName"],
            "actionName": "Approve",
            "result": {"summary": "because", "status": status},
        }
        wrong = error_of(client.put_approval_result, token="0" * 36, **place)
        assert wrong[0] == "InvalidApprovalTokenException"
        client.put_approval_result(token=token, **place)

    decide("Rejected")
    assert finish(ready)["status"] == "Failed"
    assert actions(ready)["Approve"] == ("Failed", "Rejected: because")
    client.start_pipeline_execution(name="pipeline")
    eventually(lambda: len(executions(client)) == 2)
    decide("Approved")
    assert finish(ready)["status"] == "Succeeded"
    assert deployed(ready) == "one"


def token_of(client: Any) -> str | None:
    for stage in client.get_pipeline_state(name="pipeline")["stageStates"]:
        for found in stage["actionStates"]:
            latest = found.get("latestExecution", {})
            if latest.get("status") == "InProgress" and "token" in latest:
                return str(latest["token"])
    return None


def test_newer_executions_supersede_those_that_wait(ready: World) -> None:
    client = begin(ready, ("Deploy", [stack()]))
    finish(ready)
    client.disable_stage_transition(
        pipelineName="pipeline", stageName="Deploy", transitionType="Inbound", reason="wait"
    )
    first = client.start_pipeline_execution(name="pipeline")["pipelineExecutionId"]
    wait_for(ready, "Deploy", "inbound InProgress")
    second = client.start_pipeline_execution(name="pipeline")["pipelineExecutionId"]
    assert finish(ready, first)["status"] == "Superseded"
    client.enable_stage_transition(
        pipelineName="pipeline", stageName="Deploy", transitionType="Inbound"
    )
    assert finish(ready, second)["status"] == "Succeeded"


def test_an_execution_is_stopped(ready: World) -> None:
    client = begin(
        ready, ("Approval", [action("Approve", "Approval/Manual", {})]), ("Deploy", [stack()])
    )
    wait_for(ready, "Approval", "InProgress")
    running = executions(client)[0]["pipelineExecutionId"]
    wanted = {"pipelineName": "pipeline", "pipelineExecutionId": running, "reason": "enough"}
    client.stop_pipeline_execution(abandon=True, **wanted)
    assert finish(ready)["status"] == "Stopped"
    again = error_of(client.stop_pipeline_execution, abandon=True, **wanted)[0]
    assert again == "PipelineExecutionNotStoppableException"
    assert "Deploy" not in actions(ready)


def deploy_action(name: str) -> dict[str, Any]:
    return {"Name": name, "Actions": [pascal(stack())]}


def pascal(value: Any) -> Any:
    """An action as a template spells it."""
    if isinstance(value, list):
        return [pascal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key[0].upper() + key[1:]: item if key == "configuration" else pascal(item)
        for key, item in value.items()
    }


def template(*stages: dict[str, Any]) -> str:
    """A stack with the pipeline in it."""
    properties = {
        "Name": "pipeline",
        "PipelineType": "V2",
        "RestartExecutionOnUpdate": True,
        "RoleArn": ROLE + "codepipeline",
        "ArtifactStore": {"Type": "S3", "Location": BUCKET},
        "Stages": [{"Name": "Source", "Actions": [pascal(source())]}, *stages],
    }
    resource = {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties}
    return json.dumps(
        {"Resources": {"Pipeline": resource}, "Outputs": {"Name": {"Value": {"Ref": "Pipeline"}}}}
    )


def test_a_pipeline_in_a_stack_runs_again_when_it_changes(ready: World) -> None:
    made = create(ready, template(deploy_action("Deploy")))
    assert made["StackStatus"] == "CREATE_COMPLETE", ready.stack_reasons("stack")
    assert made["Outputs"][0]["OutputValue"] == "pipeline"
    assert finish(ready)["status"] == "Succeeded"
    changed = template(deploy_action("Deploy"), deploy_action("Again"))
    assert update(ready, changed)["StackStatus"] == "UPDATE_COMPLETE"
    client = ready.client("codepipeline", HOME)
    assert len(executions(client)) == 2
    assert finish(ready)["status"] == "Succeeded"
    assert client.get_pipeline(name="pipeline")["pipeline"]["version"] == 2


def test_a_pipeline_that_updates_itself_cancels_the_run_and_starts_another(ready: World) -> None:
    """The stack that an action deploys holds the pipeline that runs."""
    itself = stack("Update", configuration={"StackName": "stack", "TemplatePath": "Source::p.json"})
    del itself["configuration"]["TemplateConfiguration"]
    first = template({"Name": "Update", "Actions": [pascal(itself)]})
    second = template({"Name": "Update", "Actions": [pascal(itself)]}, deploy_action("Deploy"))
    commit(ready, {"p.json": second})
    create(ready, first)
    client = ready.client("codepipeline", HOME)
    eventually(lambda: len(executions(client)) == 2)
    newest = finish(ready)
    assert newest["status"] == "Succeeded", actions(ready)
    oldest = executions(client)[-1]
    assert oldest["status"] == "Cancelled"
    assert "structure was updated" in oldest["statusSummary"]
    assert deployed(ready) == "one"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stages": []}, "minimum of 2 stages"),
        ({"roleArn": ROLE + "codebuild"}, "not authorized to perform AssumeRole"),
        ({"executionMode": "QUEUED"}, "SUPERSEDED only"),
        ({"artifactStore": {"type": "S3"}}, "artifactStore"),
    ],
)
def test_pipelines_that_cannot_be(ready: World, change: dict[str, Any], expected: str) -> None:
    client = ready.client("codepipeline", HOME)
    unchecked = {**pipeline(("Deploy", [stack()])), **change}
    with pytest.raises(Exception, match=expected):
        client.create_pipeline(pipeline=unchecked)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (action("x", "Deploy/ECS", {}), "is not available"),
        (action("x", "Build/CodeBuild", {}), "missing required configuration"),
        (stack(configuration={"ActionMode": "CHANGE_SET_REPLACE"}), "does not have the ActionMode"),
        (stack(inputArtifacts=[{"name": "None"}]), "is not declared as Output Artifact"),
        (source(), "source actions only"),
    ],
)
def test_actions_that_cannot_be(ready: World, wanted: dict[str, Any], expected: str) -> None:
    client = ready.client("codepipeline", HOME)
    with pytest.raises(Exception, match=expected):
        client.create_pipeline(pipeline=pipeline(("Deploy", [wanted])))
