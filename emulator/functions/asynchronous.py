"""Lambda's asynchronous invocations: tried again when they fail, and under way until the last try.

Stands in for the base's, whose tries nobody can ask about. After Lambda's guide ("How Lambda
handles errors and retries with asynchronous invocation"): two more tries, unless the function's
configuration says otherwise or the event gets too old; what failed in all of them goes to the
destination.
"""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from ..frame import under_way
from ..wire.native import BASE
from ..wire.place import here
from . import functions

_RETRIES = 2
# Before the first of them, and twice that before the second: a minute on AWS.
RETRY_SECONDS = 0.5
_OLDEST_SECONDS = 21600


def send(function: str, event: Any) -> None:
    """Hand an event to a function by its ARN, as a service does; returns at once."""
    BASE.ask(
        here(),
        "lambda",
        "Invoke",
        FunctionName=function,
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )


def invoke(function: dict[str, Any], event: Any) -> None:
    """Take an event for a function; returns at once."""
    name = (function.get("config") or function)["FunctionName"]
    what = f"an event for the function {name}{_of_custom_resource(event)}"
    under_way.thread(what, _attempts, function, event)


def _attempts(function: dict[str, Any], event: Any) -> None:
    config = function.get("config") or function
    settings = _settings(function)
    retries = settings.get("MaximumRetryAttempts")
    expires = time.monotonic() + int(settings.get("MaximumEventAgeInSeconds", _OLDEST_SECONDS))
    region, account = config["FunctionArn"].split(":")[3:5]
    with request_scope(account, region):
        result = lambda_svc._execute_function(function, event)
        for number in range(_RETRIES if retries is None else int(retries)):
            pause = RETRY_SECONDS * 2**number
            if not result.get("error") or time.monotonic() + pause > expires:
                break
            if functions.stopped_within(pause):
                return
            result = lambda_svc._execute_function(function, event)
        if result.get("error") and (destination := _destination(config, settings)):
            lambda_svc._route_async_failure(destination, config["FunctionName"], event, result)


def _settings(function: dict[str, Any]) -> dict[str, Any]:
    """The function's configuration for asynchronous invocation."""
    by_qualifier = function.get("event_invoke_configs") or {}
    return function.get("event_invoke_config") or by_qualifier.get("$LATEST") or {}


def _destination(config: dict[str, Any], settings: dict[str, Any]) -> str:
    """Where an event goes that failed in every try; empty for nowhere."""
    on_failure = (settings.get("DestinationConfig") or {}).get("OnFailure") or {}
    letters = config.get("DeadLetterConfig") or {}
    return str(on_failure.get("Destination") or letters.get("TargetArn") or "")


def _of_custom_resource(event: Any) -> str:
    if not isinstance(event, dict) or "ResponseURL" not in event:
        return ""
    request, resource, stack = (
        event.get(name) for name in ("RequestType", "LogicalResourceId", "StackId")
    )
    return f": {request} of {resource} in {stack}"
