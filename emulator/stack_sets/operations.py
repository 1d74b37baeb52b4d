"""Operations on the instances of a stack set, from their start to their end."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from ..frame import under_way
from ..wire.errors import ApiError
from ..wire.loopback import Loopback
from ..wire.place import Place
from .instances import InstanceFailed, Stacks
from .model import Instance, Operation, StackSet, Targets
from .rollout import Rollout

DELETE = "DELETE"
# Shown as CREATE: the API has no word of its own for it.
IMPORT = "IMPORT"


class Operations:
    """Starts operations, each on a thread of its own."""

    def __init__(self, loopback: Loopback, is_suspended: Callable[[str], bool]) -> None:
        """``is_suspended``: is this account?"""
        self._aborted = threading.Event()
        self._is_suspended = is_suspended
        self._stacks = Stacks(loopback, self._aborted.is_set)

    def abort(self) -> None:
        """Start and continue nothing any more."""
        self._aborted.set()

    def start(
        self,
        stack_set: StackSet,
        action: str,
        targets: Targets,
        *,
        preferences: dict[str, Any] | None = None,
        operation_id: str | None = None,
        retain: bool | None = None,
        deployment_targets: dict[str, Any] | None = None,
        automatic: bool = False,
        prepare: Callable[[], None] = lambda: None,
    ) -> Operation:
        """Begin an operation; it waits for conflicting ones that began before.

        ``prepare`` enters what the operation is to bring about, once nothing stands against it.
        Raises AWS's error when the stack set takes one operation at a time and one
        is running; automatic deployments wait then.
        """
        if operation_id is not None and operation_id in stack_set.operations:
            raise ApiError(
                "OperationIdAlreadyExistsException",
                f"The operation ID {operation_id} already exists",
            )
        before = stack_set.running()
        if before and not stack_set.managed_execution and not automatic:
            raise ApiError(
                "OperationInProgressException",
                f"Another Operation on StackSet {stack_set.arn} is in progress: {before[0].id}",
            )
        operation = Operation(
            operation_id or str(uuid.uuid4()),
            action,
            targets,
            preferences or {},
            time.time(),
            retain,
            deployment_targets,
        )
        conflicting = [other for other in before if set(other.targets) & set(targets)]
        if conflicting:
            operation.status = "QUEUED"
        stack_set.operations[operation.id] = operation
        prepare()
        for place in targets:
            if (instance := stack_set.instances.get(place)) is not None:
                instance.detailed, instance.operation = "PENDING", operation.id
        what = f"{action} of the stack set {stack_set.name}, operation {operation.id}"
        under_way.thread(what, self._run, stack_set, operation, conflicting)
        return operation

    def _run(self, stack_set: StackSet, operation: Operation, conflicting: list[Operation]) -> None:
        try:
            for other in conflicting:
                while not other.done.wait(0.1):
                    if self._aborted.is_set():
                        return
            if not operation.stopping.is_set():
                operation.status = "RUNNING"
            rollout = Rollout(
                lambda place: self._act(stack_set, operation, place),
                lambda place, status, reason: self._report(
                    stack_set, operation, place, status, reason
                ),
                lambda: operation.stopping.is_set() or self._aborted.is_set(),
            )
            within = rollout.run(operation.targets, operation.preferences)
            operation.status = "SUCCEEDED" if within else "FAILED"
            if operation.stopping.is_set():
                operation.status = "STOPPED"
        finally:
            operation.ended = time.time()
            operation.done.set()

    def _act(self, stack_set: StackSet, operation: Operation, place: Place) -> str | None:
        """Act in one place; the reason when it failed."""
        instance = stack_set.instances.get(place)
        if instance is None or self._is_suspended(place.account):
            return None
        try:
            if operation.action == IMPORT:
                self._stacks.adopt(stack_set, instance)
            elif operation.action != DELETE:
                self._stacks.bring(stack_set, instance)
            elif not operation.retain:
                self._stacks.remove(stack_set, instance)
        except InstanceFailed as error:
            return str(error)
        return None

    def _report(
        self, stack_set: StackSet, operation: Operation, place: Place, status: str, reason: str
    ) -> None:
        result = operation.results[place]
        result.status, result.reason = status, reason
        instance = stack_set.instances.get(place)
        if instance is None:
            return
        instance.detailed, instance.reason, instance.operation = status, reason, operation.id
        if status == "SUCCEEDED" and self._is_suspended(place.account):
            # What the operation's result says of it is not documented.
            instance.detailed = "SKIPPED_SUSPENDED_ACCOUNT"
        else:
            _enter(stack_set, operation, place, instance, status)


def _enter(
    stack_set: StackSet, operation: Operation, place: Place, instance: Instance, status: str
) -> None:
    """What became of an instance that an operation has tried."""
    if status == "SUCCEEDED" and operation.action == DELETE:
        del stack_set.instances[place]
    elif status == "SUCCEEDED":
        instance.status = "CURRENT"
    elif status == "FAILED" and operation.action == DELETE:
        instance.status, instance.detailed = "INOPERABLE", "INOPERABLE"
    elif status == "FAILED" and operation.action == IMPORT:
        instance.status, instance.detailed = "INOPERABLE", "FAILED_IMPORT"


def expect(stack_set: StackSet, targets: Targets, overrides: dict[str, str] | None) -> None:
    """Enter the instances that an operation is to make; those that exist are kept."""
    for place, unit in targets.items():
        instance = stack_set.instances.setdefault(place, Instance(*place, unit))
        if overrides is not None:
            instance.overrides = overrides
        instance.status = "OUTDATED"
