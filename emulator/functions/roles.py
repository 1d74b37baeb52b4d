"""What Lambda does with a function's role, put in front of the base, which asks nobody."""

from __future__ import annotations

import functools
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from ..base import patches
from ..events import bus
from ..permissions.services import execution_role
from ..wire import rest_routes
from ..wire.native import BASE
from ..wire.place import Place, here
from . import functions, queue_batches
from . import logs as function_logs

Refusal = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Put the questions in front of the base."""
    module = "ministack.services.lambda_svc"
    for name, asking in (
        ("_emit_lambda_logs", emit_logs),
        ("_route_async_failure", route_failure),
        ("_put_event_invoke_config", put_invoke_config),
    ):
        patches.replace(module, name, functools.partial(asking, getattr(lambda_svc, name)))
    mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    mapping["create"] = checked_mapping(mapping["create"])


def emit_logs(
    original: Any,
    func: dict[str, Any],
    request_id: str,
    log_text: str,
    error: bool,
    duration_ms: int,
    **more: Any,
) -> None:
    """Write what a function printed, if its log level and its role allow; instead of the base's.

    A function whose role may not runs all the same, and nobody sees its lines.
    """
    config = func.get("config") or func
    name = str(config["FunctionName"])
    logging = config.get("LoggingConfig") or {}
    group = str(logging.get("LogGroup") or f"/aws/lambda/{name}")
    stream = functions.log_stream(str(config.get("Version", "$LATEST")))
    groups = BASE.ask(here(), "logs", "DescribeLogGroups", logGroupNamePrefix=group)
    new = group not in [found["logGroupName"] for found in groups["logGroups"]]
    if execution_role.logs_refused(config, group, stream, new) is None:
        passed = function_logs.passed(logging, log_text)
        original(func, request_id, passed, error, duration_ms, **more)


def route_failure(
    original: Any, destination: str, name: str, event: dict[str, Any], result: dict[str, Any]
) -> None:
    """Send what failed in every attempt to its destination, if the function's role may."""
    config = functions.config_of(name)
    if config is not None and execution_role.destination_refused(config, destination) is not None:
        return
    if config is not None and destination.startswith("arn:") and ":event-bus/" in destination:
        _put_on_bus(config, destination, event, result)
    else:
        original(destination, name, event, result)


def _put_on_bus(
    config: Mapping[str, Any], destination: str, event: dict[str, Any], result: dict[str, Any]
) -> None:
    """As in Lambda's guide, "Capturing records of Lambda asynchronous invocations".

    The base knows no bus as a destination.
    """
    function = f"{config['FunctionArn']}:$LATEST"
    record = {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": result.get("function_error") or "Unhandled",
        },
        "responsePayload": result.get("body"),
    }
    region, account = destination.split(":")[3:5]
    place = Place(account, region)
    kind = "Lambda Function Invocation Result - Failure"
    sent = bus.event(place, "lambda", kind, [destination, function], record)
    bus.dispatch(place, {**sent, "EventBusName": destination.rpartition("/")[2]})


def put_invoke_config(original: Any, name: str, qualifier: str | None, data: dict[str, Any]) -> Any:
    """Refuse a destination that the function's role may not send to, as Lambda does.

    That it is refused here already is what users of CloudFormation report, not the guide.
    """
    config = functions.config_of(name)
    wanted = data.get("DestinationConfig") or {}
    for outcome in ("OnSuccess", "OnFailure"):
        destination = str((wanted.get(outcome) or {}).get("Destination") or "")
        denial = destination and config and execution_role.destination_refused(config, destination)
        if denial:
            return refused_by_role(queue_batches.no_permission(denial))
    return original(name, qualifier, data)


def mapping_refused(
    method: str, path: str, body: bytes
) -> tuple[int, dict[str, str], bytes] | None:
    """Why Lambda makes no mapping of a queue that the function's role may not read."""
    if rest_routes.match("lambda", method, path, {}, {})[0] != "CreateEventSourceMapping":
        return None
    try:
        data = json.loads(body)
        queue_batches.check_mapping(
            str(data.get("FunctionName", "")), str(data.get("EventSourceArn", ""))
        )
    except queue_batches.CannotPoll as error:
        return refused_by_role(str(error))
    return None


def refused_by_role(message: str) -> tuple[int, dict[str, str], bytes]:
    """Lambda's answer to a request that the role which it names does not allow."""
    headers = {
        "Content-Type": "application/json",
        "x-amzn-errortype": "InvalidParameterValueException",
    }
    return 400, headers, json.dumps({"Type": "User", "message": message}).encode()


def checked_mapping(create: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a mapping of a stack: its type's handler writes past Lambda's API."""

    def create_mapping_of_stack(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        queue_batches.check_mapping(
            str(props.get("FunctionName", "")), str(props.get("EventSourceArn", ""))
        )
        return create(logical_id, props, stack_name)

    return create_mapping_of_stack
