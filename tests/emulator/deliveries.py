"""From EventBridge and EventBridge Scheduler to a target, and from a queue to a function.

The base drops an event that a target does not take. Here, as on AWS: a queue
takes it if its policy says so, a function is invoked asynchronously with
Lambda's retries, and what is not taken goes to the target's dead-letter queue
with the reason in its attributes. And a function's answer to a batch is read as
Lambda reads it: what does not name messages of the batch fails the whole batch.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import uuid
from typing import Any

from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, sqs

_log = logging.getLogger(__name__)


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

    Only for queues and functions in the same account and Region; other targets are
    the base's. A refusal is final at once: AWS tries a target that is missing or
    forbidden no second time either.
    """
    spec = _spec(target.get("Arn", ""))
    if spec is None or spec.service not in ("sqs", "lambda"):
        original(target, event, rule, view)
        return
    source = str(rule.get("Arn", ""))
    try:
        if spec.service == "sqs":
            _check_queue(str(target["Arn"]), source)
            original(target, event, rule, view)
        else:
            _invoke_function(original, target, event, rule, view)
    except NotDelivered as refused:
        _bury(original, target, event, rule, view, refused)


def _check_queue(arn: str, source: str) -> None:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise NotDelivered("RESOURCE_NOT_FOUND", "The specified queue does not exist.")
    if not _may_send(queue, arn, source):
        raise NotDelivered("NO_PERMISSIONS", "The queue's policy does not allow the rule to send.")


def _may_send(queue: dict[str, Any], arn: str, source: str) -> bool:
    """Whether the queue's policy lets EventBridge send for this rule.

    A schedule acts as its role instead, whose permissions are not evaluated here.
    """
    if ":scheduler:" in source:
        return True
    policy = queue["attributes"].get("Policy")
    if not policy:
        return False
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sqs:SendMessage",
        resource_arn=arn,
        region=get_region(),
        service_context={"aws:sourcearn": source, "aws:sourceaccount": get_account_id()},
    )
    decision = evaluate_resource_policy(policy, context, service="events.amazonaws.com").decision
    return bool(decision == "Allow")


def _invoke_function(
    original: Any, target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any
) -> None:
    record, config, name = lambda_svc._get_func_record_for_ref(str(target["Arn"]))
    if record is None or config is None:
        raise NotDelivered("RESOURCE_NOT_FOUND", f"Function not found: {name}")
    original(target, event, rule, view)


def dispatch_to_lambda(arn: str, payload: str) -> None:
    """Invoke asynchronously, with Lambda's retries; stands in for the base's."""
    record, config, _ = lambda_svc._get_func_record_for_ref(arn)
    try:
        event = json.loads(payload)
    except ValueError:
        event = payload
    execution = lambda_svc._execution_record_for_config(record, config)
    lambda_svc.invoke_async_with_retry(execution, event)


def _bury(
    original: Any,
    target: dict[str, Any],
    event: dict[str, Any],
    rule: dict[str, Any],
    view: Any,
    refused: NotDelivered,
) -> None:
    """Send the event to the target's dead-letter queue with what went wrong."""
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    queue = sqs._queue_by_arn(str(dead_letters)) if dead_letters else None
    if queue is None or not _may_send(queue, str(dead_letters), str(rule.get("Arn"))):
        _log.warning("an event was dropped: %s: %s", target.get("Arn"), refused)
        return
    view = view or eventbridge._pattern_event_view(event)
    attributes = {
        "ERROR_CODE": refused.code,
        "ERROR_MESSAGE": str(refused),
        "EXHAUSTED_RETRY_CONDITION": None,
        "RETRY_ATTEMPTS": "0",
        "RULE_ARN": str(rule.get("Arn", "")),
        "TARGET_ARN": str(target.get("Arn", "")),
    }
    _put(queue, target.get("Input") or json.dumps(view.event_with_detail()), attributes)


def _put(queue: dict[str, Any], body: str, attributes: dict[str, str | None]) -> None:
    now = time.time()
    message = {
        "id": str(uuid.uuid4()),
        "body": body,
        "md5_body": hashlib.md5(body.encode()).hexdigest(),
        "receipt_handle": None,
        "sent_at": now,
        "visible_at": now,
        "receive_count": 0,
        "attributes": {},
        "message_attributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in attributes.items()
            if value is not None
        },
        "sys": {"SenderId": "AROAEXAMPLE", "SentTimestamp": str(int(now * 1000))},
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)


# Of a message, the receipt handle with which a function gave it back.
_GIVEN_BACK = "emulator_given_back"

# What `_execute_function` returns to the mapping of a queue, by thread.
_batches = threading.local()


def run_batch(
    original: Any, esm: dict[str, Any], record: Any, event: Any, batch: list[Any], *where: Any
) -> None:
    """Give a batch to the function; stands in for the base's `_run_sqs_batch`."""
    _batches.identifiers = {message["id"] for message in batch}
    try:
        original(esm, record, event, batch, *where)
    finally:
        del _batches.identifiers
        for message in batch:
            message[_GIVEN_BACK] = message["receipt_handle"]


def is_at_work(message: dict[str, Any]) -> bool:
    """Whether a function has received a message and not answered yet."""
    handle = message.get("receipt_handle")
    hidden = bool(message["visible_at"] > time.time())
    return hidden and handle is not None and message.get(_GIVEN_BACK) != handle


def execute_function(original: Any, record: Any, event: Any, *more: Any, **named: Any) -> Any:
    """The base's, with an answer to a batch that Lambda would not understand made a failure."""
    result = original(record, event, *more, **named)
    identifiers: set[str] | None = getattr(_batches, "identifiers", None)
    if identifiers is None or result.get("error"):
        return result
    reason = objection(result.get("body"), identifiers)
    if reason is None:
        return result
    body = {"errorType": "Lambda.InvalidBatchResponse", "errorMessage": reason}
    return {**result, "error": True, "body": body}


def objection(body: Any, identifiers: set[str]) -> str | None:
    """Why an answer to a batch fails all of it; None when it is understood.

    After "Implementing partial batch responses". That an identifier which is not
    of the batch fails all of it is not in the guide: it is the cautious reading.
    """
    if isinstance(body, (str, bytes)):
        try:
            body = json.loads(body) if body else None
        except ValueError:
            return "the answer is not JSON"
    if body is None or body == {}:
        return None
    if not isinstance(body, dict):
        return "the answer is no object"
    failures = body.get("batchItemFailures")
    if failures is None:
        return None
    if not isinstance(failures, list):
        return "batchItemFailures is no list"
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not identifier:
            return "an itemIdentifier is missing or empty"
        if identifier not in identifiers:
            return f"{identifier} is not in the batch"
    return None


def _spec(arn: str) -> Arn | None:
    try:
        spec = parse_arn(arn)
    except ArnParseError:
        return None
    here = spec.account_id == get_account_id() and spec.region == get_region()
    return spec if here else None
