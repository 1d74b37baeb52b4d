"""CloudFormation's side of custom resources.

Replaces the base's, which invokes the function synchronously, forgets the
resource after a failed Create and believes any answer. Here, as on AWS: the
function is invoked asynchronously (and so retried by Lambda when it fails), the
first answer counts and is checked, and a failed Create is followed by a Delete.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope

from ..functions import asynchronous, functions
from . import failed_creates
from .answers import AnswerError, Answers, Pending, read_answer

Properties = dict[str, Any]

DEFAULT_TIMEOUT = 3600


class CustomResourceFailure(Exception):
    """What the stack event says of a failed custom resource."""


@dataclass
class Sent:
    """A request that was sent to a function, for the control plane."""

    account: str
    region: str
    event: dict[str, Any]
    function: str
    pending: Pending
    time: float = field(default_factory=time.time)


class CustomResources:
    """Sends requests to functions and waits for their answers."""

    def __init__(self, origin: str) -> None:
        self.answers = Answers()
        self.sent: list[Sent] = []
        self._origin = origin
        # Told the stack id and the logical id of every Update before it is sent.
        self.on_update: Callable[[str, str], None] = lambda stack_id, logical_id: None
        # (stack id, logical id) of Updates that were refused and await their rollback.
        self._refused: set[tuple[str, str]] = set()

    def request(
        self,
        request_type: str,
        logical_id: str,
        props: Properties,
        stack_name: str,
        stack_id: str,
        resource_type: str,
        physical_id: str | None = None,
        old_props: Properties | None = None,
    ) -> tuple[str, Properties]:
        """Send one request and wait for its answer; (physical id, attributes).

        Stands in for the base's `invoke_custom_resource` and has its signature.
        Runs on a worker thread: it blocks for up to `ServiceTimeout` seconds.
        """
        if request_type == "Update" and self._token_changed(
            stack_id, logical_id, props, old_props or {}
        ):
            return str(physical_id), {}
        timeout = _service_timeout(props)
        function = _function(props.get("ServiceToken"))
        event = _event(
            request_type, logical_id, props, stack_id, resource_type, physical_id, old_props
        )
        pending = self.answers.expect(self._origin, stack_id, logical_id, event["RequestId"])
        event["ResponseURL"] = pending.url
        if request_type == "Update":
            self.on_update(stack_id, logical_id)
        self.sent.append(Sent(get_account_id(), get_region(), event, function, pending))
        if not pending.aborted:
            asynchronous.send(function, event)
        answered_id: str | None = None
        try:
            answer = _await(pending, event, timeout)
            answered_id = answer["PhysicalResourceId"]
            if answer["Status"] == "FAILED":
                raise CustomResourceFailure(
                    "Received response status [FAILED] from custom resource. "
                    f"Message returned: {answer['Reason']} (RequestId: {event['RequestId']})"
                )
        except CustomResourceFailure:
            if request_type == "Create":
                failed_creates.keep(stack_name, logical_id, resource_type, props, answered_id)
            raise
        return answered_id, answer.get("Data") or {}

    def _token_changed(
        self, stack_id: str, logical_id: str, props: Properties, old_props: Properties
    ) -> bool:
        """Refuse an Update with another ServiceToken, as AWS does.

        True when this is the rollback of a refused one: nothing was sent, so
        there is nothing to send back.
        """
        key = (stack_id, logical_id)
        if key in self._refused:
            self._refused.remove(key)
            return True
        if props.get("ServiceToken") != old_props.get("ServiceToken"):
            self._refused.add(key)
            raise CustomResourceFailure("Modifying service token is not allowed.")
        return False

    def resend(self, request_id: str) -> bool:
        """Invoke the function again with an event it has had, as Lambda may do.

        False when no such request was sent.
        """
        for sent in self.sent:
            if sent.event["RequestId"] == request_id:
                with request_scope(sent.account, sent.region):
                    asynchronous.send(sent.function, sent.event)
                return True
        return False

    def stop(self) -> None:
        """End every wait and send nothing more."""
        self.answers.abort()

    def forget(self) -> None:
        """Back to the state of a fresh start; who still waits is stopped."""
        self.answers.abort()
        self.answers = Answers()
        self.sent.clear()
        self._refused.clear()

    def log(self) -> list[dict[str, Any]]:
        """Every request with the answers to it, oldest first, without the signed URL."""
        return [
            {
                "account": sent.account,
                "region": sent.region,
                "time": sent.time,
                "request": {
                    key: value for key, value in sent.event.items() if key != "ResponseURL"
                },
                "answers": [body.decode("utf-8", "replace") for body in sent.pending.bodies],
            }
            for sent in list(self.sent)
        ]


def _await(pending: Pending, event: dict[str, Any], timeout: int) -> dict[str, Any]:
    if not pending.arrived.wait(timeout):
        raise CustomResourceFailure(
            "CloudFormation did not receive a response from your Custom Resource. "
            f"Please check your logs for requestId [{event['RequestId']}]. "
            "If you are using the Python cfn-response module, you may need to update your Lambda "
            "function so that CloudFormation can attach the updated version."
        )
    if pending.aborted:
        raise CustomResourceFailure(
            "the emulator stopped or was reset while it waited for the answer"
        )
    try:
        return read_answer(pending.bodies[0], event)
    except AnswerError as error:
        raise CustomResourceFailure(str(error)) from error


def _event(
    request_type: str,
    logical_id: str,
    props: Properties,
    stack_id: str,
    resource_type: str,
    physical_id: str | None,
    old_props: Properties | None,
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "RequestType": request_type,
        "ServiceToken": props["ServiceToken"],
        "StackId": stack_id,
        "RequestId": str(uuid.uuid4()),
        "LogicalResourceId": logical_id,
        "ResourceType": resource_type,
        "ResourceProperties": as_text(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = as_text(old_props)
    return event


def as_text(value: Any) -> Any:
    """Properties as CloudFormation sends them: every number and boolean is a string."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _service_timeout(props: Properties) -> int:
    text = str(props.get("ServiceTimeout", DEFAULT_TIMEOUT))
    if not text.isdecimal() or not 1 <= int(text) <= DEFAULT_TIMEOUT:
        raise CustomResourceFailure(
            f"Properties validation failed: ServiceTimeout is `{text}`, "
            "it must be an integer from 1 to 3600."
        )
    return int(text)


def _function(token: Any) -> str:
    """The ARN of the function that the ServiceToken names."""
    try:
        arn = parse_arn(str(token))
    except ArnParseError as error:
        raise CustomResourceFailure(f"Invalid service token: {token}") from error
    if arn.service != "lambda":
        raise CustomResourceFailure(
            f"Invalid service token: the emulator knows Lambda functions only, not {token}"
        )
    if arn.region != get_region():
        raise CustomResourceFailure(
            f"Invalid service token: {token} is not in the stack's Region {get_region()}"
        )
    if arn.account_id != get_account_id() or functions.config_of(str(token)) is None:
        raise CustomResourceFailure(
            f"Function not found: {token} (Service: Lambda, Status Code: 404)"
        )
    return str(token)
