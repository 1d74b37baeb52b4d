"""The type AWS::CloudFormation::StackSet: calls the API, as its published handler does.

https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-cloudformation:
creates the stack set, then the instances; updates in the order ManagedExecution,
instances that go, the stack set (always when it has a TemplateURL), instances
that come, other overrides; waits for each operation and fails with its reasons.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.responses import get_region

from ..cloudformation import deployers
from ..wire.loopback import Loopback
from . import properties
from .properties import Flat, Properties, StackSetFailure

TYPE = "AWS::CloudFormation::StackSet"


# A change of these makes another stack set.
_REPLACING = ("StackSetName", "PermissionModel", "CallAs")


class StackSetType:
    """Create, update and delete; each blocks until the stack set has settled."""

    def __init__(self, loopback: Loopback, aborted: Callable[[], threading.Event]) -> None:
        self._loopback = loopback
        self._aborted = aborted

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """As the base's table of types wants them."""
        return {"create": self.create, "update": self.update, "delete": self.delete}

    def create(self, logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        """Make the stack set, then its instances; undone when they fail."""
        client = self._client()
        settings = properties.settings(props)
        try:
            created = client.create_stack_set(StackSetName=props["StackSetName"], **settings)
        except ClientError as error:
            raise StackSetFailure(_handler_message(error)) from error
        stack_set_id = created["StackSetId"]
        try:
            for group in props.get("StackInstancesGroup") or []:
                self._instances(client.create_stack_instances, client, stack_set_id, props, group)
        except StackSetFailure:
            # CloudFormation deletes what a failed Create left, as part of the rollback.
            self._quietly_delete(stack_set_id, props)
            raise
        return stack_set_id, {"StackSetId": stack_set_id}

    def update(
        self,
        physical_id: str,
        old: Properties,
        new: Properties,
        stack_name: str,
        *more: Any,
    ) -> tuple[str, Properties]:
        """Bring the stack set from ``old`` to ``new``."""
        if any(old.get(name) != new.get(name) for name in _REPLACING):
            raise StackSetFailure(
                "the emulator does not replace stack sets: StackSetName, PermissionModel and "
                "CallAs must stay"
            )
        client = self._client()
        before, after = properties.flat(old), properties.flat(new)
        if properties.active(old) != properties.active(new):
            self._operation(
                client,
                new,
                physical_id,
                client.update_stack_set,
                UsePreviousTemplate=True,
                Parameters=[
                    {"ParameterKey": key, "UsePreviousValue": True}
                    for key in properties.values(old.get("Parameters"))
                ],
                Capabilities=old.get("Capabilities") or [],
                ManagedExecution={"Active": properties.active(new)},
            )
        self._each(
            client.delete_stack_instances, client, physical_id, old, properties.only(before, after)
        )
        if new.get("TemplateURL") or properties.configuration(old) != properties.configuration(new):
            self._operation(
                client, new, physical_id, client.update_stack_set, **properties.update_settings(new)
            )
        self._each(
            client.create_stack_instances, client, physical_id, new, properties.only(after, before)
        )
        changed = {
            place: overrides
            for place, overrides in after.items()
            if place in before and before[place] != overrides
        }
        self._each(client.update_stack_instances, client, physical_id, new, changed)
        return physical_id, {"StackSetId": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        """Delete the instances with their stacks, then the stack set."""
        client = self._client()
        try:
            client.describe_stack_set(StackSetName=physical_id, **properties.call_as(props))
        except ClientError as error:
            if error.response["Error"]["Code"] == "StackSetNotFoundException":
                return
            raise StackSetFailure(_handler_message(error)) from error
        for group in props.get("StackInstancesGroup") or []:
            self._instances(client.delete_stack_instances, client, physical_id, props, group)
        try:
            client.delete_stack_set(StackSetName=physical_id, **properties.call_as(props))
        except ClientError as error:
            raise StackSetFailure(_handler_message(error)) from error

    def _quietly_delete(self, stack_set_id: str, props: Properties) -> None:
        try:
            self.delete(stack_set_id, props)
        except StackSetFailure:
            # The failed creation is what is reported; what stays is seen in the stack set.
            return

    def _client(self) -> Any:
        return self._loopback.client("cloudformation", get_region(), deployers.current())

    def _each(
        self, call: Any, client: Any, stack_set_id: str, props: Properties, places: Flat
    ) -> None:
        """One operation for all targets with the same Regions and overrides."""
        by_target: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
        for (target, region), overrides in places.items():
            by_target.setdefault((target, overrides), []).append(region)
        groups: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], list[str]] = {}
        for (target, overrides), regions in by_target.items():
            groups.setdefault((tuple(sorted(regions)), overrides), []).append(target)
        kind = properties.target_kind(props)
        for (regions_, overrides), targets in groups.items():
            group = {
                "DeploymentTargets": {kind: targets},
                "Regions": list(regions_),
                "ParameterOverrides": [
                    {"ParameterKey": key, "ParameterValue": value} for key, value in overrides
                ],
            }
            self._instances(call, client, stack_set_id, props, group)

    def _instances(
        self, call: Any, client: Any, stack_set_id: str, props: Properties, group: Properties
    ) -> None:
        more: Properties = {}
        if call == client.delete_stack_instances:
            more["RetainStacks"] = False
        elif group.get("ParameterOverrides"):
            more["ParameterOverrides"] = group["ParameterOverrides"]
        self._operation(
            client,
            props,
            stack_set_id,
            call,
            DeploymentTargets=group["DeploymentTargets"],
            Regions=group["Regions"],
            **more,
            **properties.preferences(props),
        )

    def _operation(
        self, client: Any, props: Properties, stack_set_id: str, call: Any, **arguments: Any
    ) -> None:
        """Start an operation, again while another one is in its way, and wait for its end."""
        named = {"StackSetName": stack_set_id, **properties.call_as(props)}
        aborted = self._aborted()
        while True:
            try:
                operation = call(**named, **arguments)["OperationId"]
                break
            except ClientError as error:
                if error.response["Error"]["Code"] != "OperationInProgressException":
                    raise StackSetFailure(_handler_message(error)) from error
            _pause(aborted)
        while True:
            found = client.describe_stack_set_operation(**named, OperationId=operation)
            status = found["StackSetOperation"]["Status"]
            if status in ("SUCCEEDED", "FAILED", "STOPPED"):
                break
            _pause(aborted)
        if status == "SUCCEEDED":
            return
        results = client.get_paginator("list_stack_set_operation_results").paginate(
            **named, OperationId=operation
        )
        reasons = [
            f"[{result['Account']}/{result['Region']}: {result['StatusReason']}]"
            for page in results
            for result in page["Summaries"]
            if result["Status"] == "FAILED"
        ]
        raise StackSetFailure(
            f"Resource of type 'Stack set operation [{operation}] was unexpectedly stopped or "
            f"failed. status reason(s): {' '.join(reasons)}' with identifier '{stack_set_id}' "
            "did not stabilize."
        )


def _pause(aborted: threading.Event) -> None:
    if aborted.wait(0.2):
        raise StackSetFailure("the emulator stopped or was reset meanwhile")


def _handler_message(error: ClientError) -> str:
    """As the stack's events show what a handler's call was answered."""
    found = error.response["Error"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    codes = {
        "NameAlreadyExistsException": "AlreadyExists",
        "AccessDenied": "AccessDenied",
        "StackSetNotFoundException": "NotFound",
    }
    return (
        f'Resource handler returned message: "{found.get("Message")} (Service: CloudFormation, '
        f'Status Code: {status})" (HandlerErrorCode: '
        f"{codes.get(str(found.get('Code')), 'InvalidRequest')})"
    )
