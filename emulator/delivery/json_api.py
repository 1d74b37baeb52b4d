"""The JSON 1.1 protocol for services that the base does not have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..wire.errors import ApiError

Payload = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Operations = dict[str, Callable[[Payload], Payload]]

CONTENT_TYPE = "application/x-amz-json-1.1"


def answer(service: str, operations: Operations, headers: dict[str, str], body: bytes) -> Response:
    """Answer one request; an operation that is not there is an error that says so."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        handler = operations.get(operation)
        if handler is None:
            raise ApiError(
                "UnknownOperationException", f"the emulator has no {service}:{operation}"
            )
        return write(200, handler(_payload(body)))
    except ApiError as error:
        return write(400, {"__type": error.code, "message": error.message})


def page(payload: Payload, member: str, entries: list[Any], size_member: str) -> Payload:
    """One page of a listing; the token is the number of the next entry."""
    token = str(payload.get("nextToken") or "0")
    if not token.isdecimal():
        raise ApiError("InvalidNextTokenException", "the next token is not one of this listing")
    begin, size = int(token), int(payload.get(size_member) or 100)
    found: Payload = {member: entries[begin : begin + size]}
    if begin + size < len(entries):
        found["nextToken"] = str(begin + size)
    return found


def write(status: int, value: Any) -> Response:
    """A JSON answer."""
    return status, {"Content-Type": CONTENT_TYPE}, json.dumps(value).encode()


def _payload(body: bytes) -> Payload:
    try:
        payload = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", "the request body is not JSON") from error
    if not isinstance(payload, dict):
        raise ApiError("SerializationException", "the request body is no object")
    return payload
