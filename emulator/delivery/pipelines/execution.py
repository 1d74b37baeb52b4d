"""An execution's way through the stages of its pipeline.

A stage holds one execution at a time; of those that wait before it only the
newest stays, the others are superseded. Actions of a stage run in their order,
those with the same number side by side. A pipeline that is changed lets the
actions that run finish, and cancels the execution.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ...frame import under_way
from . import model as pipelines
from .actions import ActionFailed, Actions, Stopped
from .declaration import order
from .model import ActionRun, Execution, Pipeline

_CHANGED = "The pipeline's structure was updated before the pipeline execution could be completed"


class Executions:
    """Runs executions, each on a thread of its own."""

    def __init__(self, actions: Actions, aborted: Callable[[], bool]) -> None:
        self._actions = actions
        self._aborted = aborted

    def start(self, pipeline: Pipeline, trigger: dict[str, str]) -> Execution:
        """Begin a new execution at the first stage."""
        execution = Execution(pipeline.declaration, pipeline.version, trigger)
        with pipeline.changed:
            pipeline.executions.append(execution)
        self._run(pipeline, execution, 0, False)
        return execution

    def retry(self, pipeline: Pipeline, execution: Execution, stage: str, whole: bool) -> None:
        """Run a failed stage again: its failed actions, or all of them, and then the rest."""
        names = [entry["name"] for entry in execution.declaration["stages"]]
        execution.stopping.clear()
        execution.status, execution.summary = pipelines.IN_PROGRESS, ""
        self._run(pipeline, execution, names.index(stage), not whole)

    def _run(self, pipeline: Pipeline, execution: Execution, begin: int, keeps_good: bool) -> None:
        what = f"execution {execution.id} of the pipeline {pipeline.name}"
        under_way.thread(what, self._walk, pipeline, execution, begin, keeps_good)

    def _walk(self, pipeline: Pipeline, execution: Execution, begin: int, keeps_good: bool) -> None:
        stages = execution.declaration["stages"]
        held: str | None = None
        try:
            for number in range(begin, len(stages)):
                stage = stages[number]
                if not self._enter(pipeline, execution, stage["name"], held):
                    return
                held = stage["name"]
                good = self._stage(pipeline, execution, stage, keeps_good and number == begin)
                execution.stages[held] = pipelines.SUCCEEDED if good else pipelines.FAILED
                if self._ends(execution, held, good):
                    return
            execution.finish(pipelines.SUCCEEDED)
        finally:
            with pipeline.changed:
                if held is not None and pipeline.occupied.get(held) is execution:
                    del pipeline.occupied[held]
                pipeline.changed.notify_all()

    def _enter(
        self, pipeline: Pipeline, execution: Execution, stage: str, held: str | None
    ) -> bool:
        """Wait until the stage is free; False when the execution ends instead."""
        with pipeline.changed:
            waiting = pipeline.inbound.get(stage)
            if waiting is not None:
                waiting.finish(pipelines.SUPERSEDED)
            pipeline.inbound[stage] = execution
            # The stage behind is free as soon as one waits before the next.
            if held is not None and pipeline.occupied.get(held) is execution:
                del pipeline.occupied[held]
            pipeline.changed.notify_all()
            while not self._is_over(execution):
                free = stage not in pipeline.occupied and stage not in pipeline.disabled
                if free and pipeline.inbound.get(stage) is execution:
                    pipeline.occupied[stage] = execution
                    pipeline.latest[stage] = execution
                    execution.stages[stage] = pipelines.IN_PROGRESS
                    break
                pipeline.changed.wait(0.2)
            if pipeline.inbound.get(stage) is execution:
                del pipeline.inbound[stage]
            return pipeline.occupied.get(stage) is execution

    def _is_over(self, execution: Execution) -> bool:
        """Whether a waiting execution goes no further; then it has its status."""
        if execution.outdated.is_set():
            execution.finish(pipelines.CANCELLED, _CHANGED)
        elif execution.stopping.is_set():
            execution.finish(pipelines.STOPPED)
        elif self._aborted():
            execution.finish(pipelines.STOPPED, "the emulator stopped or was reset")
        return execution.status not in (pipelines.IN_PROGRESS, pipelines.STOPPING)

    def _ends(self, execution: Execution, stage: str, good: bool) -> bool:
        """Whether the execution ends after this stage; then it has its status."""
        if execution.outdated.is_set():
            execution.stages[stage] = pipelines.CANCELLED
            execution.finish(pipelines.CANCELLED, _CHANGED)
        elif execution.stopping.is_set():
            execution.stages[stage] = pipelines.STOPPED
            execution.finish(pipelines.STOPPED)
        elif not good:
            execution.finish(pipelines.FAILED)
        return execution.status not in (pipelines.IN_PROGRESS, pipelines.STOPPING)

    def _stage(
        self, pipeline: Pipeline, execution: Execution, stage: dict[str, Any], keeps_good: bool
    ) -> bool:
        """Run a stage's actions; whether all of them succeeded."""
        actions = sorted(stage["actions"], key=order)
        if keeps_good:
            done = {
                run.action["name"]
                for run in execution.runs
                if run.stage == stage["name"] and run.status == pipelines.SUCCEEDED
            }
            actions = [action for action in actions if action["name"] not in done]
        for number in sorted({order(action) for action in actions}):
            runs = [
                ActionRun(stage["name"], action) for action in actions if order(action) == number
            ]
            execution.runs.extend(runs)
            threads = [
                threading.Thread(target=self._action, args=(pipeline, execution, run), daemon=True)
                for run in runs
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if any(run.status != pipelines.SUCCEEDED for run in runs):
                return False
            if execution.stopping.is_set() or execution.outdated.is_set() or self._aborted():
                return number == max(order(action) for action in actions)
        return True

    def _action(self, pipeline: Pipeline, execution: Execution, run: ActionRun) -> None:
        try:
            self._actions.perform(pipeline, execution, run)
        except ActionFailed as error:
            run.error = str(error)
            run.finish(pipelines.FAILED)
        except Stopped:
            run.finish("Abandoned")
        else:
            if run.variables and (namespace := run.action.get("namespace")):
                execution.variables[namespace] = dict(run.variables)
            run.finish(pipelines.SUCCEEDED)
        execution.updated = time.time()
