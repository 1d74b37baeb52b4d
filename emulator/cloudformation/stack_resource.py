"""DescribeStackResource of a resource that is being made, changed or deleted, or is gone.

The base has a record of a resource only between operations, and forgets it with the stack. On AWS
the status follows the events, and a deleted stack's resources are shown for 90 days by its id
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html).
"""

from __future__ import annotations

import calendar
import functools
import time
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
from botocore.model import OperationModel
from ministack.services import cloudformation

from ..wire import query as query_wire
from ..wire.query import Response

OPERATION = "DescribeStackResource"


def describe(body: bytes) -> Response | None:
    """The answer to a request that the base cannot answer; `None` for every other."""
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if form.get("Action") != OPERATION:
        return None
    name, logical_id = form.get("StackName", ""), form.get("LogicalResourceId", "")
    stack = _live(name)
    stack_id = str(stack["StackId"]) if stack else name
    record = stack.get("_resources", {}).get(logical_id, {}) if stack else {}
    event = _latest(stack_id, logical_id, record)
    if event is None or _is_at_rest(event["ResourceStatus"]):
        return None
    # A new resource has none until it is made.
    physical_id = event["PhysicalResourceId"] or record.get("PhysicalResourceId")
    detail = {
        "StackName": event["StackName"],
        "StackId": stack_id,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id or None,
        "ResourceType": event["ResourceType"],
        "LastUpdatedTimestamp": _seconds(event["Timestamp"]),
        "ResourceStatus": event["ResourceStatus"],
        "ResourceStatusReason": event["ResourceStatusReason"] or None,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    return query_wire.write(_model(), {"StackResourceDetail": detail})


def _live(name: str) -> dict[str, Any] | None:
    """The stack of a name or an id that has not been deleted."""
    for stack in cloudformation._stacks.values():
        if name in (stack["StackName"], stack["StackId"]):
            found: dict[str, Any] = stack
            return found if found["StackStatus"] != "DELETE_COMPLETE" else None
    return None


def _latest(stack_id: str, logical_id: str, record: dict[str, Any]) -> dict[str, Any] | None:
    """The resource's last event, but for the deletion of a physical resource that it replaced."""
    for event in reversed(cloudformation._stack_events.get(stack_id, [])):
        if event["LogicalResourceId"] != logical_id or event["PhysicalResourceId"] == stack_id:
            continue
        replaced = record and event["PhysicalResourceId"] != record["PhysicalResourceId"]
        if not (replaced and event["ResourceStatus"].startswith("DELETE_")):
            found: dict[str, Any] = event
            return found
    return None


def _is_at_rest(status: str) -> bool:
    """Whether the base has a record of a resource with this status."""
    return status.endswith("_COMPLETE") and not status.startswith("DELETE_")


def _seconds(text: str) -> int:
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


@functools.cache
def _model() -> OperationModel:
    service = botocore.session.Session().get_service_model("cloudformation")
    return service.operation_model(OPERATION)
