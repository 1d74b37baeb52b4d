"""What a stack set is made of. Plain values; who changes them stands elsewhere."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from ..wire.place import Place

SELF_MANAGED = "SELF_MANAGED"
SERVICE_MANAGED = "SERVICE_MANAGED"

# (account, Region)
# Accounts and Regions with the OU that a request named for them, "" in self-managed stack sets.
Targets = dict[Place, str]


@dataclass
class Instance:
    """The reference to a stack in an account and Region; the stack itself may be missing."""

    account: str
    region: str
    unit: str
    overrides: dict[str, str] = field(default_factory=dict)
    stack_id: str | None = None
    # CURRENT, OUTDATED or INOPERABLE
    status: str = "OUTDATED"
    # PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED, INOPERABLE or FAILED_IMPORT
    detailed: str = "PENDING"
    reason: str = ""
    operation: str = ""


@dataclass
class Result:
    """How an operation went in one account and Region."""

    unit: str
    status: str = "PENDING"
    reason: str = ""


@dataclass
class Operation:
    """One change of a stack set's instances."""

    id: str
    action: str
    targets: Targets
    preferences: dict[str, Any]
    created: float
    retain: bool | None = None
    deployment_targets: dict[str, Any] | None = None
    status: str = "RUNNING"
    reason: str = ""
    ended: float | None = None
    results: dict[Place, Result] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.results = {place: Result(unit) for place, unit in self.targets.items()}


@dataclass
class StackSet:
    """A stack set; ``administrator`` is the account whose it is."""

    name: str
    administrator: str
    region: str
    permission_model: str
    template: str
    parameters: dict[str, str]
    capabilities: list[str]
    tags: list[dict[str, str]]
    description: str = ""
    administration_role: str | None = None
    execution_role: str | None = None
    auto_deployment: dict[str, Any] = field(default_factory=dict)
    managed_execution: bool = False
    status: str = "ACTIVE"
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    instances: dict[Place, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    # OU -> Regions: where accounts that join get stacks.
    units: dict[str, set[str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`NAME:UUID`"""
        return f"{self.name}:{self.token}"

    @property
    def arn(self) -> str:
        """The ARN, which trust policies may name."""
        return f"arn:aws:cloudformation:{self.region}:{self.administrator}:stackset/{self.id}"

    def running(self) -> list[Operation]:
        """The operations that have not ended, oldest first."""
        return [operation for operation in list(self.operations.values()) if not operation.ended]


class StackSets:
    """Every stack set, the deleted ones too."""

    def __init__(self) -> None:
        self._all: list[StackSet] = []

    def add(self, stack_set: StackSet) -> None:
        """Keep a new one."""
        self._all.append(stack_set)

    def everything(self) -> list[StackSet]:
        """All active ones."""
        return [stack_set for stack_set in list(self._all) if stack_set.status == "ACTIVE"]

    def of(self, administrator: str, region: str) -> list[StackSet]:
        """An account's in a Region, the deleted ones too."""
        return [s for s in self._all if s.administrator == administrator and s.region == region]

    def find(self, administrator: str, region: str, name_or_id: str) -> StackSet | None:
        """The active one with this name or id."""
        for stack_set in self.of(administrator, region):
            if stack_set.status == "ACTIVE" and name_or_id in (stack_set.name, stack_set.id):
                return stack_set
        return None
