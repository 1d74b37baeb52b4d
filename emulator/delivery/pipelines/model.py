"""What a pipeline and its executions are. Plain values; who changes them stands elsewhere."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

IN_PROGRESS, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"
STOPPING, STOPPED = "Stopping", "Stopped"
SUPERSEDED, CANCELLED = "Superseded", "Cancelled"

Declaration = dict[str, Any]


@dataclass
class ActionRun:
    """One attempt of an action in an execution."""

    stage: str
    action: Declaration
    configuration: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    summary: str = ""
    error: str = ""
    external_id: str = ""
    # What a person's approval must bear.
    token: str = ""
    # What that person decided: Approved or Rejected.
    approval: str = ""
    inputs: list[Declaration] = field(default_factory=list)
    outputs: list[Declaration] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def finish(self, status: str) -> None:
        """It ended."""
        self.status, self.updated = status, time.time()


@dataclass
class Execution:
    """One run of a pipeline through its stages, with the declaration that it began with."""

    declaration: Declaration
    version: int
    trigger: dict[str, str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    summary: str = ""
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    # Stage -> its status.
    stages: dict[str, str] = field(default_factory=dict)
    runs: list[ActionRun] = field(default_factory=list)
    # Artifact -> its object in the artifact bucket.
    artifacts: dict[str, Declaration] = field(default_factory=dict)
    # Namespace -> variables.
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    revisions: list[dict[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    # The pipeline changed while it ran.
    outdated: threading.Event = field(default_factory=threading.Event)

    def finish(self, status: str, summary: str = "") -> None:
        """It ended."""
        self.status, self.summary, self.updated = status, summary, time.time()


@dataclass
class Pipeline:
    """A pipeline; ``changed`` guards and announces every change of its executions."""

    account: str
    region: str
    declaration: Declaration
    version: int = 1
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    executions: list[Execution] = field(default_factory=list)
    # Stage -> the execution in it, and the one that waits for it.
    occupied: dict[str, Execution] = field(default_factory=dict)
    inbound: dict[str, Execution] = field(default_factory=dict)
    # Stage -> why its inbound transition is disabled.
    disabled: dict[str, str] = field(default_factory=dict)
    # Stage -> the execution that was last in it.
    latest: dict[str, Execution] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def name(self) -> str:
        """The name."""
        return str(self.declaration["name"])

    @property
    def arn(self) -> str:
        """The ARN."""
        return f"arn:aws:codepipeline:{self.region}:{self.account}:{self.name}"

    def find(self, execution_id: str) -> Execution | None:
        """An execution by its id."""
        return next((e for e in self.executions if e.id == execution_id), None)


def shown(pipeline: Pipeline) -> Declaration:
    """The declaration as GetPipeline shows it."""
    return {**pipeline.declaration, "version": pipeline.version}
