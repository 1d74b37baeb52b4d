"""Pipelines and executions as CodePipeline shows them."""

from __future__ import annotations

from typing import Any

from ..json_api import Payload
from .model import ActionRun, Execution, Pipeline


def execution(found: Execution) -> Payload:
    """An execution, as listings show it."""
    shown: Payload = {
        "pipelineExecutionId": found.id,
        "status": found.status,
        "trigger": found.trigger,
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    }
    if found.summary:
        shown["statusSummary"] = found.summary
    return shown


def summary(pipeline: Pipeline) -> Payload:
    """A pipeline, as ListPipelines shows it."""
    return {
        "name": pipeline.name,
        "version": pipeline.version,
        "pipelineType": pipeline.declaration.get("pipelineType", "V1"),
        "executionMode": "SUPERSEDED",
        "created": pipeline.created,
        "updated": pipeline.updated,
    }


def revisions(found: Execution) -> list[Payload]:
    """What an execution took from its sources, as GetPipelineExecution shows it."""
    return [
        {
            "name": revision["actionName"],
            "revisionId": revision["revisionId"],
            "revisionSummary": revision["revisionSummary"],
        }
        for revision in found.revisions
    ]


def stage_state(pipeline: Pipeline, stage: dict[str, Any]) -> Payload:
    """A stage with what waits before it, what is in it, and its actions."""
    name = stage["name"]
    transition: Payload = {"enabled": name not in pipeline.disabled}
    if name in pipeline.disabled:
        transition["disabledReason"] = pipeline.disabled[name]
    state: Payload = {"stageName": name, "inboundTransitionState": transition}
    if (waiting := pipeline.inbound.get(name)) is not None:
        entry = {"pipelineExecutionId": waiting.id, "status": waiting.status}
        state |= {"inboundExecution": entry, "inboundExecutions": [entry]}
    execution = pipeline.latest.get(name)
    if execution is not None:
        status = execution.stages[name]
        state["latestExecution"] = {"pipelineExecutionId": execution.id, "status": status}
    state["actionStates"] = [
        _action_state(execution, name, action["name"]) for action in stage["actions"]
    ]
    return state


def _action_state(execution: Execution | None, stage: str, action: str) -> Payload:
    runs = [
        run
        for run in (execution.runs if execution else [])
        if run.stage == stage and run.action["name"] == action
    ]
    if not runs:
        return {"actionName": action}
    run = runs[-1]
    latest: Payload = {
        "actionExecutionId": run.id,
        "status": run.status,
        "lastStatusChange": run.updated,
    }
    for member, value in (
        ("summary", run.summary),
        ("externalExecutionId", run.external_id),
        ("token", run.token),
    ):
        if value:
            latest[member] = value
    if run.error:
        latest["errorDetails"] = {"code": "JobFailed", "message": run.error}
    return {"actionName": action, "latestExecution": latest}


def action_detail(execution: Execution, run: ActionRun) -> Payload:
    """An attempt of an action with what it was given and what came of it."""
    result: Payload = {"externalExecutionSummary": run.summary}
    if run.external_id:
        result["externalExecutionId"] = run.external_id
    if run.error:
        result["errorDetails"] = {"code": "JobFailed", "message": run.error}
    given: Payload = {
        "actionTypeId": run.action["actionTypeId"],
        "configuration": run.action.get("configuration") or {},
        "resolvedConfiguration": run.configuration,
        "roleArn": run.action.get("roleArn") or execution.declaration["roleArn"],
        "inputArtifacts": run.inputs,
    }
    if namespace := run.action.get("namespace"):
        given["namespace"] = namespace
    return {
        "pipelineExecutionId": execution.id,
        "actionExecutionId": run.id,
        "pipelineVersion": execution.version,
        "stageName": run.stage,
        "actionName": run.action["name"],
        "startTime": run.started,
        "lastUpdateTime": run.updated,
        "status": run.status,
        "input": given,
        "output": {
            "outputArtifacts": run.outputs,
            "executionResult": result,
            "outputVariables": run.variables,
        },
    }
