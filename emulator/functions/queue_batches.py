"""From a queue to a function: batches, their answers, and who gave which message back.

A function's answer to a batch is read as Lambda reads it: what does not name messages of
the batch fails the whole batch. Nothing is taken from a queue that the function's role may
not read.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from ministack.services import lambda_svc

from ..frame import under_way
from ..permissions.gate import Denial
from ..permissions.services import execution_role
from . import functions

# How long a mapping that may not read its queue waits before it tries again.
_PAUSE_SECONDS = 2.0
_NO_PERMISSION = (
    "The provided execution role does not have permissions to call {operation} on {service}"
)


class CannotPoll(ValueError):
    """A mapping that its function's role does not allow; the text is Lambda's."""


def check_mapping(function: str, queue: str) -> None:
    """Raise `CannotPoll` unless a function's role may read a queue; for other sources nothing."""
    config = functions.config_of(function)
    if config is not None and queue.startswith("arn:aws:sqs:"):
        denial = execution_role.polling_refused(config, queue)
        if denial is not None:
            raise CannotPoll(no_permission(denial))


def no_permission(denial: Denial) -> str:
    """What Lambda says of a role that lacks a permission for another service."""
    service, _, operation = denial.action.partition(":")
    return _NO_PERMISSION.format(operation=operation, service=service.upper())


def concurrency(
    original: Any, esm: dict[str, Any], record: Any, config: Any, queue: Any = None
) -> int:
    """How many batches may be under way, asked before each poll; none that may not be read.

    Stands in for the base's `_sqs_esm_concurrency`. Asked only when there is something to
    take, so that a queue that is empty leaves no trace.
    """
    allowed: int = original(esm, record, config, queue)
    now = time.time()
    waiting = queue is not None and any(m["visible_at"] <= now for m in list(queue["messages"]))
    if allowed and waiting:
        denial = execution_role.polling_refused(config, str(esm["EventSourceArn"]))
        if denial is not None:
            esm["LastProcessingResult"] = f"PROBLEM: {no_permission(denial)}"
            lambda_svc._esm_backoff_until[esm["UUID"]] = now + _PAUSE_SECONDS
            return 0
    return allowed


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
    config = record.get("config") or record
    with under_way.going(f"the function {config.get('FunctionName')} is at work"):
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
