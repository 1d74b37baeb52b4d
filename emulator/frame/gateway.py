"""The ASGI application in front of the base: faults, call log, answers, control plane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.protocol.events import StreamClosed
from ministack import app as base_app
from ministack.services import sts

from ..cloudformation import answers
from ..delivery.repositories import git_http
from ..functions import processes
from ..organizations import regions
from ..permissions.requests import enforcement
from ..plugin import Emulator
from ..wire.calls import Call, Request, recognise
from ..wire.error_formats import fault_response
from . import control_plane, under_way
from .call_log import CallLog, error_code
from .faults import HARMLESS, LOSING, Faults

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Perform = Callable[[Send], Awaitable[None]]
Response = tuple[int, dict[str, str], bytes]


class Gateway:
    """Everything that reaches the port goes through here."""

    def __init__(self, emulator: Emulator, ready: Callable[[], None]) -> None:
        self._emulator = emulator
        self._ready = ready
        self._calls = CallLog()
        self._faults = Faults()
        emulator.restores.native.strike = self._faults.take
        self._control = control_plane.ControlPlane(emulator, self._calls, self._faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry point."""
        if scope["type"] == "lifespan":
            await base_app.app(scope, receive, self._announcing(send))
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await base_app.app(scope, receive, send)

    def _announcing(self, send: Send) -> Send:
        async def announce(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._ready()

        return announce

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        if request is None:
            return
        if request.path.startswith(control_plane.PREFIX):
            await _respond(send, await self._control.answer(request))
        elif request.path == "/_ministack/reset":
            # It would leave the plug-in's own state behind.
            await _respond(send, (404, {}, b"use POST /_emulator/reset\n"))
        elif request.path.startswith(git_http.PATH):
            await _respond(send, await self._emulator.delivery.git.answer(request))
        elif request.path.startswith(answers.PATH) and request.method == "PUT":
            await self._put_answer(scope, request, send)
        else:
            call = recognise(request, sts._sessions)

            async def base(answer: Send) -> None:
                enforcement.listen()
                refused = call and regions.refusal(call, request)
                if call and refused is None:
                    refused = await self._emulator.restores.refusal(call, request)
                if refused:
                    await _respond(answer, refused)
                else:
                    await base_app.app(scope, _replaying(request.body, receive), answer)

            await (base(send) if call is None else self._call(call, base, send))

    async def _put_answer(self, scope: Scope, request: Request, send: Send) -> None:
        # The raw path: a presigned key is percent-encoded and must stay one segment.
        path = scope["raw_path"].decode("ascii").partition("?")[0]
        content_type = request.headers.get("content-type", "")
        store = self._emulator.custom_resources.answers

        async def put(answer: Send) -> None:
            response = store.put(path, request.query, content_type, request.body)
            await _respond(answer, response)

        call = answers.as_call(path)
        await (put(send) if call is None else self._call(call, put, send))

    async def _call(self, call: Call, perform: Perform, send: Send) -> None:
        """Perform a call, unless and as far as a fault lets it, and log it."""
        with under_way.going(f"{call.service} {call.operation} of {call.principal}"):
            await self._perform(call, perform, send)

    async def _perform(self, call: Call, perform: Perform, send: Send) -> None:
        fault = self._faults.take(call)
        if fault is not None and fault.delay_ms:
            await self._faults.delay(fault)
        entry = self._calls.begin(call, fault.kind if fault else None)
        loses_answer = fault is not None and fault.kind in LOSING
        if fault is not None and fault.kind not in HARMLESS and not loses_answer:
            response = fault_response(fault, call)
            entry["error"] = error_code(response[0], _lower(response[1]), response[2])
            await _respond(send, response)
            return
        recorder = _Recorder(None if loses_answer else send)
        await perform(recorder)
        entry["error"] = recorder.error_code()
        if entry["error"] is None and call.service != answers.SERVICE:
            enforcement.expect_question(call)
        if fault is not None and fault.kind == "crash":
            processes.kill_caller(call.access_key)
        if loses_answer:
            await _drop_connection(send)


class _Recorder:
    """Passes a response on (or swallows it) and remembers what its error code needs."""

    def __init__(self, send: Send | None) -> None:
        self._send = send
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message["headers"]
            }
        elif (
            message["type"] == "http.response.body"
            and self._status >= 400
            and len(self._body) < 65536
        ):
            self._body += message.get("body", b"")
        if self._send is not None:
            await self._send(message)

    def error_code(self) -> str | None:
        """The error code of the response, None for a success."""
        return error_code(self._status, self._headers, self._body)


async def _drop_connection(send: Send) -> None:
    """Close the connection without a byte of an answer.

    ASGI has no word for this, so it reaches into hypercorn's stream, of which
    ``send`` is a method (see `base/points.txt`).
    """
    stream = send.__self__  # type: ignore[attr-defined]
    stream.closed = True
    await stream.send(StreamClosed(stream_id=stream.stream_id))


async def _read(scope: Scope, receive: Receive) -> Request | None:
    """The whole request, None when the client went away first."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {
        key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]
    }
    query = scope.get("query_string", b"").decode("latin-1")
    return Request(scope["method"], scope["path"], query, headers, bytes(body))


def _replaying(body: bytes, receive: Receive) -> Receive:
    """The request once more for the base; afterwards what the connection says."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _respond(send: Send, response: Response) -> None:
    status, headers, body = response
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
