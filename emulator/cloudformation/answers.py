"""Where custom resources answer: the pre-signed URL and what CloudFormation takes from it.

On AWS the ResponseURL is a pre-signed S3 PUT, so a wrong signature or a content
type that was not signed is refused by S3; anything else is stored and judged by
CloudFormation afterwards.
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ..wire.calls import Call

PATH = "/cloudformation-custom-resource-response-useast1/"
MAX_BYTES = 4096

# The name under which the call log and the faults know an answer.
SERVICE = "custom-resource"

Response = tuple[int, dict[str, str], bytes]


class AnswerError(Exception):
    """An answer that CloudFormation cannot use; the text is the event's reason."""


@dataclass
class Pending:
    """A request that was sent and the answers that came for it."""

    key: str
    url: str
    bodies: list[bytes] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    aborted: bool = False

    def abort(self) -> None:
        """Release who waits for the answer: it will not be taken any more."""
        self.aborted = True
        self.arrived.set()


class Answers:
    """The response objects of one run of the emulator."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, Pending] = {}
        self._aborted = False

    def expect(self, origin: str, stack_id: str, logical_id: str, request_id: str) -> Pending:
        """A URL for one request; further answers to it are kept and ignored."""
        key = f"{stack_id}|{logical_id}|{request_id}"
        signature = secrets.token_hex(32)
        query = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host"
            f"&X-Amz-Expires=7200&X-Amz-Credential=AKIAEMULATOR%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
            f"&X-Amz-Signature={signature}"
        )
        pending = Pending(key, f"{origin}{PATH}{quote(key, safe='')}?{query}")
        with self._lock:
            self._pending[key] = pending
            if self._aborted:
                pending.abort()
        return pending

    def put(self, path: str, query: str, content_type: str, body: bytes) -> Response:
        """S3's side of a PUT to a ResponseURL."""
        with self._lock:
            pending = self._pending.get(unquote(path.removeprefix(PATH)))
        if pending is None:
            return _s3_error(403, "AccessDenied", "Access Denied")
        if pending.url.partition("?")[2] != query or content_type:
            return _s3_error(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        pending.bodies.append(body)
        pending.arrived.set()
        return 200, {"ETag": '"0"'}, b""

    def abort(self) -> None:
        """Release everybody who waits now or will: the emulator stops or forgets."""
        with self._lock:
            self._aborted = True
            for pending in self._pending.values():
                pending.abort()


def as_call(path: str) -> Call | None:
    """An answer as a call of the account whose stack it is for; None without a stack's ARN."""
    stack_id, _, rest = unquote(path.removeprefix(PATH)).partition("|")
    logical_id, _, request_id = rest.partition("|")
    arn = stack_id.split(":")
    if len(arn) < 6:
        return None
    parameters = {
        "StackId": stack_id,
        "LogicalResourceId": logical_id,
        "RequestId": request_id,
    }
    return Call("", arn[4], "anonymous", SERVICE, "PutAnswer", "rest-xml", parameters, arn[3])


def read_answer(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """The first answer to ``request``, checked as CloudFormation checks it."""
    if len(body) > MAX_BYTES:
        raise AnswerError("Response object is too long.")
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise AnswerError(
            "Error occurred during operation: the response object is not JSON."
        ) from error
    if not isinstance(answer, dict):
        raise AnswerError(
            "Error occurred during operation: the response object is not a JSON object."
        )
    if answer.get("Status") not in ("SUCCESS", "FAILED"):
        raise AnswerError("Invalid Status in the response object: it must be SUCCESS or FAILED.")
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != request[name]:
            raise AnswerError(
                f"Invalid {name} in the response object: it must be that of the request."
            )
    if answer["Status"] == "FAILED" and not isinstance(answer.get("Reason"), str):
        raise AnswerError("Invalid response object: Reason is required when Status is FAILED.")
    physical_id = answer.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not 1 <= len(physical_id.encode()) <= 1024:
        raise AnswerError("Invalid PhysicalResourceId")
    if not isinstance(answer.get("Data") or {}, dict):
        raise AnswerError("Invalid response object: Data must be a map.")
    return answer


def _s3_error(status: int, code: str, message: str) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return status, {"Content-Type": "application/xml"}, body.encode()
