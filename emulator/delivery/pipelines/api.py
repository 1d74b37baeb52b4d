"""AWS CodePipeline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region

from ...wire.errors import ApiError
from ...wire.loopback import Loopback
from ..json_api import Operations, Payload, page
from ..repositories.api import RepositoryApi
from ..start import SESSION
from . import declaration, views
from . import model as pipelines
from .actions import Actions
from .execution import Executions
from .model import Execution, Pipeline, shown


class PipelineApi:
    """Pipelines by account and Region."""

    def __init__(
        self,
        loopback: Loopback,
        repositories: RepositoryApi,
        aborted: Callable[[], bool],
        principal: Callable[[], str],
    ) -> None:
        self._all: dict[tuple[str, str, str], Pipeline] = {}
        self._executions = Executions(Actions(loopback, repositories, aborted), aborted)
        self._principal = principal

    def operations(self) -> Operations:
        """By name."""
        return {
            "CreatePipeline": self.create,
            "UpdatePipeline": self.update,
            "DeletePipeline": self.delete,
            "GetPipeline": self.get,
            "ListPipelines": self.list,
            "StartPipelineExecution": self.start,
            "StopPipelineExecution": self.stop,
            "RetryStageExecution": self.retry,
            "PutApprovalResult": self.approve,
            "DisableStageTransition": self.disable,
            "EnableStageTransition": self.enable,
            "GetPipelineState": self.state,
            "GetPipelineExecution": self.get_execution,
            "ListPipelineExecutions": self.list_executions,
            "ListActionExecutions": self.list_actions,
        }

    def create(self, payload: Payload) -> Payload:
        """CreatePipeline; it runs at once."""
        wanted = _declared(payload)
        declaration.check(wanted)
        key = (get_account_id(), get_region(), wanted["name"])
        if key in self._all:
            raise ApiError(
                "PipelineNameInUseException",
                f"A pipeline with the name '{wanted['name']}' already exists",
            )
        pipeline = Pipeline(key[0], key[1], wanted)
        self._all[key] = pipeline
        self._executions.start(pipeline, self._trigger("CreatePipeline"))
        return {"pipeline": shown(pipeline), "tags": payload.get("tags") or []}

    def update(self, payload: Payload) -> Payload:
        """UpdatePipeline: actions that run are finished, their executions cancelled."""
        wanted = _declared(payload)
        pipeline = self._get(wanted["name"])
        declaration.check(wanted)
        with pipeline.changed:
            pipeline.declaration = wanted
            pipeline.version += 1
            pipeline.updated = time.time()
            for execution in pipeline.executions:
                if execution.status == pipelines.IN_PROGRESS:
                    execution.outdated.set()
            pipeline.changed.notify_all()
        return {"pipeline": shown(pipeline)}

    def delete(self, payload: Payload) -> Payload:
        """DeletePipeline: one that is not there is no error."""
        key = (get_account_id(), get_region(), str(payload.get("name")))
        pipeline = self._all.pop(key, None)
        if pipeline is not None:
            with pipeline.changed:
                for execution in pipeline.executions:
                    execution.outdated.set()
                pipeline.changed.notify_all()
        return {}

    def get(self, payload: Payload) -> Payload:
        """GetPipeline: the present version only."""
        pipeline = self._get(payload.get("name"))
        metadata = {
            "pipelineArn": pipeline.arn,
            "created": pipeline.created,
            "updated": pipeline.updated,
        }
        return {"pipeline": shown(pipeline), "metadata": metadata}

    def list(self, payload: Payload) -> Payload:
        """ListPipelines."""
        here = (get_account_id(), get_region())
        found = [
            views.summary(pipeline)
            for (account, region, _), pipeline in sorted(self._all.items())
            if (account, region) == here
        ]
        return page(payload, "pipelines", found, "maxResults")

    def start(self, payload: Payload) -> Payload:
        """StartPipelineExecution."""
        if payload.get("variables") or payload.get("sourceRevisions"):
            raise ApiError(
                "ValidationException", "the emulator starts without variables and revisions"
            )
        pipeline = self._get(payload.get("name"))
        kind = "StartPipelineExecution"
        if self._principal().endswith(f"/{SESSION}"):
            kind = "CloudWatchEvent"
        execution = self._executions.start(pipeline, self._trigger(kind))
        return {"pipelineExecutionId": execution.id}

    def stop(self, payload: Payload) -> Payload:
        """StopPipelineExecution: waits for the actions that run, or abandons them."""
        pipeline, execution = self._execution(payload)
        if execution.status != pipelines.IN_PROGRESS:
            raise ApiError(
                "PipelineExecutionNotStoppableException",
                f"The execution {execution.id} is {execution.status}",
            )
        with pipeline.changed:
            execution.stopping.set()
            execution.status = pipelines.STOPPED if payload.get("abandon") else pipelines.STOPPING
            execution.summary = str(payload.get("reason") or "")
            pipeline.changed.notify_all()
        return {"pipelineExecutionId": execution.id}

    def retry(self, payload: Payload) -> Payload:
        """RetryStageExecution: of the stage's latest execution, if it failed there."""
        pipeline, execution = self._execution(payload)
        stage = self._stage(pipeline, payload)
        if execution.declaration is not pipeline.declaration:
            raise ApiError(
                "StageNotRetryableException",
                "The pipeline was changed since; start a new execution",
            )
        if pipeline.latest.get(stage) is not execution:
            raise ApiError(
                "NotLatestPipelineExecutionException",
                f"The execution {execution.id} is not the latest in stage {stage}",
            )
        if execution.stages.get(stage) != pipelines.FAILED:
            raise ApiError("StageNotRetryableException", f"Stage {stage} did not fail")
        self._executions.retry(
            pipeline, execution, stage, payload.get("retryMode") == "ALL_ACTIONS"
        )
        return {"pipelineExecutionId": execution.id}

    def approve(self, payload: Payload) -> Payload:
        """PutApprovalResult."""
        pipeline = self._get(payload.get("pipelineName"))
        execution = pipeline.latest.get(self._stage(pipeline, payload))
        runs = [
            run
            for run in (execution.runs if execution else [])
            if run.stage == payload.get("stageName")
            and run.action["name"] == payload.get("actionName")
        ]
        if not runs:
            raise ApiError("ActionNotFoundException", "no such action waits in this stage")
        run = runs[-1]
        if run.status != pipelines.IN_PROGRESS:
            raise ApiError(
                "ApprovalAlreadyCompletedException", f"The approval has been {run.status}"
            )
        if not run.token or payload.get("token") != run.token:
            raise ApiError("InvalidApprovalTokenException", "The approval token is not valid")
        result = payload.get("result") or {}
        if result.get("status") not in ("Approved", "Rejected"):
            raise ApiError("ValidationException", "result.status is Approved or Rejected")
        run.summary, run.approval = str(result.get("summary") or ""), str(result["status"])
        return {"approvedAt": time.time()}

    def disable(self, payload: Payload) -> Payload:
        """DisableStageTransition: executions wait before the stage."""
        pipeline = self._inbound(payload)
        with pipeline.changed:
            pipeline.disabled[self._stage(pipeline, payload)] = str(payload.get("reason") or "")
        return {}

    def enable(self, payload: Payload) -> Payload:
        """EnableStageTransition."""
        pipeline = self._inbound(payload)
        with pipeline.changed:
            pipeline.disabled.pop(self._stage(pipeline, payload), None)
            pipeline.changed.notify_all()
        return {}

    def state(self, payload: Payload) -> Payload:
        """GetPipelineState."""
        pipeline = self._get(payload.get("name"))
        return {
            "pipelineName": pipeline.name,
            "pipelineVersion": pipeline.version,
            "created": pipeline.created,
            "updated": pipeline.updated,
            "stageStates": [
                views.stage_state(pipeline, stage) for stage in pipeline.declaration["stages"]
            ],
        }

    def get_execution(self, payload: Payload) -> Payload:
        """GetPipelineExecution."""
        pipeline, execution = self._execution(payload)
        return {
            "pipelineExecution": {
                "pipelineName": pipeline.name,
                "pipelineVersion": execution.version,
                "artifactRevisions": views.revisions(execution),
                **views.execution(execution),
            }
        }

    def list_executions(self, payload: Payload) -> Payload:
        """ListPipelineExecutions, the newest first."""
        pipeline = self._get(payload.get("pipelineName"))
        found = [
            {
                **views.execution(execution),
                "startTime": execution.started,
                "lastUpdateTime": execution.updated,
                "sourceRevisions": execution.revisions,
            }
            for execution in reversed(pipeline.executions)
        ]
        return page(payload, "pipelineExecutionSummaries", found, "maxResults")

    def list_actions(self, payload: Payload) -> Payload:
        """ListActionExecutions, the newest first."""
        pipeline = self._get(payload.get("pipelineName"))
        wanted = (payload.get("filter") or {}).get("pipelineExecutionId")
        found = [
            views.action_detail(execution, run)
            for execution in reversed(pipeline.executions)
            if wanted in (None, execution.id)
            for run in reversed(execution.runs)
        ]
        return page(payload, "actionExecutionDetails", found, "maxResults")

    def _get(self, name: Any) -> Pipeline:
        pipeline = self._all.get((get_account_id(), get_region(), str(name)))
        if pipeline is None:
            raise ApiError(
                "PipelineNotFoundException",
                f"Account '{get_account_id()}' does not have a pipeline with name '{name}'",
            )
        return pipeline

    def _execution(self, payload: Payload) -> tuple[Pipeline, Execution]:
        pipeline = self._get(payload.get("pipelineName"))
        execution = pipeline.find(str(payload.get("pipelineExecutionId")))
        if execution is None:
            raise ApiError(
                "PipelineExecutionNotFoundException",
                f"Pipeline {pipeline.name} has no execution {payload.get('pipelineExecutionId')}",
            )
        return pipeline, execution

    def _inbound(self, payload: Payload) -> Pipeline:
        if payload.get("transitionType") != "Inbound":
            raise ApiError("ValidationException", "the emulator has inbound transitions only")
        return self._get(payload.get("pipelineName"))

    def _stage(self, pipeline: Pipeline, payload: Payload) -> str:
        name = str(payload.get("stageName"))
        if name not in [stage["name"] for stage in pipeline.declaration["stages"]]:
            raise ApiError("StageNotFoundException", f"no stage {name} in {pipeline.name}")
        return name

    def _trigger(self, kind: str) -> dict[str, str]:
        return {"triggerType": kind, "triggerDetail": self._principal()}


def _declared(payload: Payload) -> dict[str, Any]:
    wanted = dict(payload.get("pipeline") or {})
    wanted.pop("version", None)
    if not wanted.get("name"):
        raise ApiError("ValidationException", "a pipeline needs a name")
    return wanted
