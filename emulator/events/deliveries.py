"""From EventBridge and EventBridge Scheduler to a target.

The base drops an event that a target does not take, and asks nobody. Here, as on AWS: a
target takes an event if `permissions.event_targets` finds everybody willing, a function is
invoked asynchronously with Lambda's retries, a bus of another account is reached, and what
is not taken goes to the target's dead-letter queue with the reason in its attributes.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region

from ..functions import asynchronous, functions
from ..permissions.services import event_targets
from ..permissions.services.event_targets import Source
from ..permissions.services.execution_role import attributes_of
from ..wire.native import BASE
from ..wire.place import Place, here
from . import bus

_log = logging.getLogger(__name__)

# What is delivered here; other targets are the base's.
_SERVICES = ("events", "lambda", "sns", "sqs")


class NotDelivered(Exception):
    """A target did not take an event; ``code`` is EventBridge's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def invoke_target(
    original: Any,
    target: dict[str, Any],
    event: dict[str, Any],
    rule: dict[str, Any],
    view: Any = None,
) -> None:
    """Deliver one event to one target; stands in for the base's `_invoke_target`.

    Queues, functions and topics in the same account and Region, buses in any account. A
    refusal is final at once: AWS tries a target that is missing or forbidden no second
    time either.
    """
    spec = _spec(target.get("Arn", ""))
    if spec is None:
        original(target, event, rule, view)
        return
    try:
        _check_exists(spec, str(target["Arn"]))
        check_permission(target, rule)
        if spec.service == "events" and spec.account_id != get_account_id():
            _forward(spec, target, event, rule, view)
        else:
            original(target, event, rule, view)
    except NotDelivered as refused:
        bury(target, event, rule, refused, view)


def check_permission(target: dict[str, Any], rule: dict[str, Any]) -> None:
    """Raise `NotDelivered` unless the rule or the schedule may hand events to the target."""
    denial = event_targets.denial(source_of(target, rule), str(target["Arn"]))
    if denial is not None:
        raise NotDelivered("NO_PERMISSIONS", denial.message)


def source_of(target: dict[str, Any], rule: dict[str, Any]) -> Source:
    """Who sends to a target, for the question whether it may."""
    place = here()
    return Source(str(rule.get("Arn", "")), str(target.get("RoleArn") or ""), place)


def _check_exists(spec: Arn, arn: str) -> None:
    if spec.service == "sqs" and attributes_of(arn) is None:
        raise NotDelivered("RESOURCE_NOT_FOUND", "The specified queue does not exist.")
    if spec.service == "sns" and attributes_of(arn) is None:
        raise NotDelivered("RESOURCE_NOT_FOUND", "The specified topic does not exist.")
    if spec.service == "lambda" and functions.config_of(arn) is None:
        raise NotDelivered("RESOURCE_NOT_FOUND", f"Function not found: {arn}")
    if spec.service == "events":
        name = spec.resource.partition("/")[2]
        place = Place(spec.account_id, spec.region)
        if BASE.find(place, "events", "DescribeEventBus", Name=name) is None:
            raise NotDelivered("RESOURCE_NOT_FOUND", f"Event bus {name} does not exist.")


def _forward(
    spec: Arn, target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any
) -> None:
    """Put an event on a bus of another account, where it keeps account, Region and content."""
    if any(target.get(name) for name in ("Input", "InputPath", "InputTransformer")):
        raise NotDelivered("SDK_CLIENT_ERROR", "the emulator changes no events between accounts")
    passed = [*(event.get("_DispatchPath") or []), str(rule.get("Arn"))]
    if passed.count(passed[-1]) > 1:
        raise NotDelivered("SDK_CLIENT_ERROR", "the event goes in a circle")
    forwarded = {**event, "EventBusName": spec.resource.partition("/")[2], "_DispatchPath": passed}
    bus.dispatch(Place(spec.account_id, spec.region), forwarded)


def dispatch_to_lambda(arn: str, payload: str) -> None:
    """Invoke asynchronously, with Lambda's retries; stands in for the base's."""
    try:
        event = json.loads(payload)
    except ValueError:
        event = payload
    asynchronous.send(arn, event)


def bury(
    target: dict[str, Any],
    event: dict[str, Any],
    rule: dict[str, Any],
    refused: NotDelivered,
    view: Any = None,
) -> None:
    """Send an event to the target's dead-letter queue with what went wrong."""
    letters = str((target.get("DeadLetterConfig") or {}).get("Arn") or "")
    attributes = attributes_of(letters) if letters else None
    if attributes is None or event_targets.denial(source_of(target, rule), letters) is not None:
        _log.warning("an event was dropped: %s: %s", target.get("Arn"), refused)
        return
    content = view.event_with_detail() if view else bus.envelope(event)
    body = target.get("Input") or json.dumps(content)
    reasons = {
        "ERROR_CODE": refused.code,
        "ERROR_MESSAGE": str(refused),
        "RETRY_ATTEMPTS": "0",
        "RULE_ARN": str(rule.get("Arn", "")),
        "TARGET_ARN": str(target.get("Arn", "")),
    }
    _, _, _, region, account, name = letters.split(":", 5)
    place = Place(account, region)
    BASE.ask(
        place,
        "sqs",
        "SendMessage",
        QueueUrl=BASE.ask(place, "sqs", "GetQueueUrl", QueueName=name)["QueueUrl"],
        MessageBody=body,
        MessageAttributes={
            reason: {"DataType": "String", "StringValue": text} for reason, text in reasons.items()
        },
    )


def _spec(arn: str) -> Arn | None:
    """The parts of a target that is delivered here; None for one that is the base's."""
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return None
    if spec.service not in _SERVICES:
        return None
    if spec.service == "events":
        return spec if spec.resource.startswith("event-bus/") else None
    here = spec.account_id == get_account_id() and spec.region == get_region()
    return spec if here else None
