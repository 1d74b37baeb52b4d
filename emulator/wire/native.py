"""Calls from inside: what one AWS service does with another for its customer.

AWS Backup makes snapshots, volumes and tables, and the Resource Groups Tagging
API writes tags, through the services' own APIs. Here too: a call goes to the
base's handler, in the service's wire format, so there is one store of
everything and nothing can disagree. These calls are not in the call log.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from ministack import app as base_app
from ministack.core.responses import get_account_id, get_region, request_scope

from ..frame.faults import HARMLESS, Fault
from .calls import Call
from .error_formats import code_and_status

Answer = tuple[int, dict[str, str], Any]
Handler = Callable[..., Awaitable[Answer]]

# The base's name of a service where it is not botocore's.
_HANDLERS = {
    "docdb": "documentdb",
    "efs": "elasticfilesystem",
}


class NativeError(Exception):
    """A service refused a call; ``code`` is its own error code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Native:
    """The emulated services, called in the account and Region of the present request."""

    def __init__(self, handlers: dict[str, Handler]) -> None:
        """The handlers as the base has them: the plug-in's own rules do not bind AWS itself."""
        self._handlers = dict(handlers)
        # The fault that strikes a call which is made for a customer.
        self.strike: Callable[[Call], Fault | None] = lambda call: None

    async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation by botocore's names. Raises `NativeError`."""
        return _read(service, operation, await self._send(service, operation, parameters))

    def ask(
        self, place: tuple[str, str], service: str, operation: str, **parameters: Any
    ) -> dict[str, Any]:
        """The same at once and in a place, for who cannot wait. Raises `NativeError`.

        Of services whose handlers answer without waiting for anything, and most do.
        """
        with request_scope(*place):
            sending = self._send(service, operation, parameters)
            try:
                sending.send(None)
            except StopIteration as done:
                return _read(service, operation, done.value)
        sending.close()
        raise RuntimeError(f"the base waits before it answers {service} {operation}")

    def find(
        self, place: tuple[str, str], service: str, operation: str, **parameters: Any
    ) -> dict[str, Any] | None:
        """What a service answers at once; None when it refuses, for what is not there."""
        try:
            return self.ask(place, service, operation, **parameters)
        except NativeError:
            return None

    async def _send(self, service: str, operation: str, parameters: dict[str, Any]) -> Answer:
        serializer = _codec(service)[1]
        request = serializer.serialize_to_request(parameters, model(service, operation))
        path, _, query = request["url_path"].partition("?")
        queries = parse_qs(query, keep_blank_values=True)
        for name, value in (request["query_string"] or {}).items():
            queries[name] = value if isinstance(value, list) else [str(value)]
        body = request["body"]
        content = urlencode(body).encode() if isinstance(body, dict) else body
        headers = {name.lower(): value for name, value in request["headers"].items()}
        handler = self._handlers[_HANDLERS.get(service, service)]
        return await handler(request["method"], unquote(path), headers, content, queries)

    async def call_for_customer(
        self, service: str, operation: str, **parameters: Any
    ) -> dict[str, Any]:
        """The same, unless an injected fault for this operation strikes.

        Of the faults those without an effect can: the answer goes to the calling
        service, which does not lose it.
        """
        account = get_account_id()
        protocol = _codec(service)[0].resolved_protocol
        principal = f"arn:aws:iam::{account}:root"
        call = Call("", account, principal, service, operation, protocol, {}, get_region())
        fault = self.strike(call)
        if fault is not None and fault.kind not in HARMLESS:
            code, status = code_and_status(fault, call)
            raise NativeError(code, "the emulator was told to fail this call", status)
        return await self.call(service, operation, **parameters)


def _read(service: str, operation: str, answer: Answer) -> dict[str, Any]:
    status, headers, body = answer
    content = body.encode() if isinstance(body, str) else body
    if status < 300 and model(service, operation).has_streaming_output:
        # The parser would read bytes as text.
        content = bytearray(content)
    response = {"status_code": status, "headers": HeadersDict(headers), "body": content}
    shape = model(service, operation).output_shape
    parsed: dict[str, Any] = _codec(service)[2].parse(response, shape)
    if status >= 300:
        error = parsed.get("Error", {})
        raise NativeError(error.get("Code", f"{status}"), error.get("Message", ""), status)
    return parsed


def model(service: str, operation: str) -> OperationModel:
    """botocore's model of an operation."""
    return _codec(service)[0].operation_model(operation)


@functools.lru_cache
def _codec(service: str) -> tuple[Any, Any, Any]:
    """The model of a service, and what writes its requests and reads its responses."""
    found = botocore.session.Session().get_service_model(service)
    protocol = found.resolved_protocol
    return found, create_serializer(protocol, False), create_parser(protocol)


# The services as the base has them: made before the plug-in stands before any of them.
BASE = Native(base_app.SERVICE_HANDLERS)
