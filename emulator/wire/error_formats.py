"""An error in the wire format of the service that it is to come from."""

from __future__ import annotations

import html
import json
import uuid
from typing import Any

from ..frame.faults import Fault
from .calls import Call

Response = tuple[int, dict[str, str], bytes]

# Service -> kind -> (code, HTTP status). "" is for the services not named, by protocol below.
_CODES: dict[str, dict[str, tuple[str, int]]] = {
    "organizations": {
        "throttle": ("TooManyRequestsException", 400),
        "conflict": ("ConcurrentModificationException", 400),
        "server-error": ("ServiceException", 500),
        "refuse": ("AccessDeniedException", 400),
    },
    "s3": {
        "throttle": ("SlowDown", 503),
        "conflict": ("OperationAborted", 409),
        "server-error": ("InternalError", 500),
        "refuse": ("AccessDenied", 403),
    },
    "lambda": {
        "throttle": ("TooManyRequestsException", 429),
        "conflict": ("ResourceConflictException", 409),
        "server-error": ("ServiceException", 500),
        "refuse": ("AccessDeniedException", 403),
    },
    "ec2": {
        "throttle": ("RequestLimitExceeded", 503),
        "conflict": ("IncorrectState", 400),
        "server-error": ("InternalError", 500),
        "refuse": ("UnauthorizedOperation", 403),
    },
    "rds": {
        "throttle": ("Throttling", 400),
        "conflict": ("InvalidDBInstanceState", 400),
        "server-error": ("InternalFailure", 500),
        "refuse": ("AccessDenied", 403),
    },
    "dynamodb": {
        "throttle": ("ThrottlingException", 400),
        "conflict": ("ResourceInUseException", 400),
        "server-error": ("InternalServerError", 500),
        "refuse": ("AccessDeniedException", 400),
    },
    "backup": {
        "throttle": ("ThrottlingException", 429),
        "conflict": ("ConflictException", 400),
        "server-error": ("ServiceUnavailableException", 500),
        "refuse": ("AccessDeniedException", 403),
    },
    "resourcegroupstaggingapi": {
        "throttle": ("ThrottledException", 400),
        "conflict": ("ConflictException", 400),
        "server-error": ("InternalServiceException", 500),
        "refuse": ("AccessDeniedException", 400),
    },
    "ssm": {
        "throttle": ("ThrottlingException", 400),
        "conflict": ("TooManyUpdates", 400),
        "server-error": ("InternalServerError", 500),
        "refuse": ("AccessDeniedException", 400),
    },
}
_BY_PROTOCOL: dict[str, dict[str, tuple[str, int]]] = {
    "query": {
        "throttle": ("Throttling", 400),
        "conflict": ("OperationInProgressException", 409),
        "server-error": ("InternalFailure", 500),
        "refuse": ("AccessDenied", 403),
    },
    "json": {
        "throttle": ("ThrottlingException", 400),
        "conflict": ("ConflictException", 400),
        "server-error": ("InternalServerException", 500),
        "refuse": ("AccessDeniedException", 400),
    },
    "rest-json": {
        "throttle": ("ThrottlingException", 429),
        "conflict": ("ConflictException", 409),
        "server-error": ("InternalServerException", 500),
        "refuse": ("AccessDeniedException", 403),
    },
}
_BY_PROTOCOL["cbor"] = _BY_PROTOCOL["json"]
_BY_PROTOCOL["rest-xml"] = _CODES["s3"]
_BY_PROTOCOL["ec2"] = _BY_PROTOCOL["query"]

_MESSAGES = {
    "throttle": "Rate exceeded",
    "conflict": "The resource is being modified by a different request. Try again later.",
    "server-error": "An internal service error occurred. Try again later.",
    "refuse": "You don't have permissions to access this resource.",
}


def fault_response(fault: Fault, call: Call) -> Response:
    """The answer with which ``fault`` fails ``call``."""
    code, status = code_and_status(fault, call)
    return write(call, code, status, _MESSAGES[fault.kind])


def code_and_status(fault: Fault, call: Call) -> tuple[str, int]:
    """The error code with which ``fault`` fails ``call``, and its HTTP status."""
    code, status = _CODES.get(call.service, _BY_PROTOCOL[call.protocol])[fault.kind]
    if fault.code is not None:
        code = fault.code
        if fault.kind == "server-error" and code in (
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ):
            status = 503
        if code == "NotImplemented":  # S3's list of error codes
            status = 501
    return code, status


def write(call: Call, code: str, status: int, message: str) -> Response:
    """An error of ``call.service`` in its own format."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if call.protocol in ("query", "rest-xml"):
        headers["Content-Type"] = "text/xml" if call.protocol == "query" else "application/xml"
        return status, headers, _xml(call, code, message, request_id).encode()
    if call.protocol == "cbor":
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return status, headers, _cbor_map({"__type": code, "message": message})
    if call.protocol == "rest-json":
        headers |= {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return status, headers, json.dumps({"message": message}).encode()
    headers["Content-Type"] = "application/x-amz-json-1.1"
    member = "Message" if call.service == "organizations" else "message"
    body: dict[str, Any] = {"__type": code, member: message}
    if code == "TooManyRequestsException" and call.service == "organizations":
        body["Type"] = "RATE_LIMIT"
    return status, headers, json.dumps(body).encode()


def _xml(call: Call, code: str, message: str, request_id: str) -> str:
    error = f"<Code>{html.escape(code)}</Code><Message>{html.escape(message)}</Message>"
    if call.service == "s3":
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{error}'
            f"<RequestId>{request_id}</RequestId><HostId>emulator</HostId></Error>"
        )
    if call.service == "ec2":
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Response><Errors><Error>{error}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    return (
        f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _cbor_map(members: dict[str, str]) -> bytes:
    """A CBOR map of short texts: major type 5, then texts of major type 3."""
    return bytes([0xA0 | len(members)]) + b"".join(
        _cbor_text(text) for pair in members.items() for text in pair
    )


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    if len(data) < 24:
        return bytes([0x60 | len(data)]) + data
    return bytes([0x78, len(data)]) + data
