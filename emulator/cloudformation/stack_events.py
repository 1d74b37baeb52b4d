"""The events of a stack update as a user of AWS sees them.

The base reports every resource of an update as updated. CloudFormation reports
a new one as created, says nothing of one that did not change, and shows the
cleanup (its own stack status, and the deletes of replaced and removed ones).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import cloudformation

AddEvent = Callable[..., None]
DeleteResource = Callable[..., None]
Key = tuple[str, str]

STACK = "AWS::CloudFormation::Stack"
CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"


class StackEvents:
    """Stands between the base's stack operations and its list of events."""

    def __init__(self, add_event: AddEvent, delete_resource: DeleteResource) -> None:
        self._add_event = add_event
        self._delete_resource = delete_resource
        self._lock = threading.Lock()
        # New resources whose creation is under way.
        self._creating: set[Key] = set()
        # (arguments, time, old record) of an UPDATE_IN_PROGRESS that may turn out untrue.
        self._held: dict[Key, tuple[tuple[str, ...], str, dict[str, Any]]] = {}

    def add(
        self,
        stack_id: str,
        stack_name: str,
        logical_id: str,
        resource_type: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        detailed_status: str = "",
    ) -> None:
        """Stands in for the base's `_add_event` and has its signature."""
        key = (stack_id, logical_id)
        resources = _resources(stack_name)
        if status == "UPDATE_IN_PROGRESS" and not (
            reason or physical_id or logical_id == stack_name
        ):
            if logical_id in resources:
                arguments = (stack_id, stack_name, logical_id, resource_type, status)
                with self._lock:
                    self._held[key] = (arguments, now_iso(), resources[logical_id])
                return
            self._creating.add(key)
        if key in self._creating:
            status = status.replace("UPDATE_", "CREATE_", 1)
            if status != "CREATE_IN_PROGRESS":
                self._creating.discard(key)
            if status == "CREATE_COMPLETE":
                resources[logical_id]["ResourceStatus"] = status
        elif status == "UPDATE_COMPLETE" and self._is_unchanged(key, resources.get(logical_id)):
            return
        else:
            self.changes(stack_id, logical_id)
        self._add_event(
            stack_id,
            stack_name,
            logical_id,
            resource_type,
            status,
            reason,
            physical_id,
            detailed_status,
        )

    def changes(self, stack_id: str, logical_id: str) -> None:
        """The resource does change: show the event that was held back, with its time."""
        with self._lock:
            held = self._held.pop((stack_id, logical_id), None)
        if held is not None:
            arguments, time, _ = held
            self._add_event(*arguments)
            cloudformation._stack_events[stack_id][-1]["Timestamp"] = time

    def delete(
        self,
        resource_type: str,
        physical_id: str,
        props: dict[str, Any],
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        """Stands in for the base's `_delete_resource`, which is silent in an update's cleanup."""
        stack = cloudformation._stacks.get(stack_name) if stack_name else None
        if stack is None or stack["StackStatus"] not in ("UPDATE_IN_PROGRESS", CLEANUP):
            self._delete_resource(resource_type, physical_id, props, stack_name, logical_id)
            return
        stack_id = stack["StackId"]
        if stack["StackStatus"] != CLEANUP:
            stack["StackStatus"] = CLEANUP
            self._add_event(stack_id, stack_name, stack_name, STACK, CLEANUP, "", stack_id)
        resource = (stack_id, stack_name, logical_id, resource_type)
        self._add_event(*resource, "DELETE_IN_PROGRESS", "", physical_id)
        self._delete_resource(resource_type, physical_id, props, stack_name, logical_id)
        self._add_event(*resource, "DELETE_COMPLETE", "", physical_id)

    def _is_unchanged(self, key: Key, record: dict[str, Any] | None) -> bool:
        """Whether a finished update did nothing; its held event is then forgotten."""
        with self._lock:
            held = self._held.get(key)
            if held is None or record is None:
                return False
            old = held[2]
            if any(
                record.get(name) != old.get(name) for name in ("Properties", "PhysicalResourceId")
            ):
                return False
            del self._held[key]
        record["ResourceStatus"], record["Timestamp"] = old["ResourceStatus"], old["Timestamp"]
        return True


def _resources(stack_name: str) -> dict[str, dict[str, Any]]:
    stack = cloudformation._stacks.get(stack_name)
    resources: dict[str, dict[str, Any]] = stack.get("_resources", {}) if stack else {}
    return resources
