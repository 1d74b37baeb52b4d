"""`/_emulator/...`: what a test may see and change. It needs no credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from ..backup import control as restore_control
from ..cloudformation import stack_tasks
from ..events import elapse
from ..functions import functions
from ..organizations import membership
from ..organizations.regions import REGIONS
from ..permissions import control as permissions_control
from ..permissions.gate import GATE
from ..plugin import Emulator
from ..wire.calls import Request
from . import under_way
from .call_log import CallLog
from .faults import Faults, read_fault

PREFIX = "/_emulator/"

Response = tuple[int, dict[str, str], bytes]


class ControlPlane:
    """Routes the requests below `/_emulator/`."""

    def __init__(self, emulator: Emulator, calls: CallLog, faults: Faults) -> None:
        self._emulator = emulator
        self._calls = calls
        self._faults = faults

    async def answer(self, request: Request) -> Response:
        """Answer one request; 400 with a reason for one that makes no sense."""
        name = request.path.removeprefix(PREFIX).rstrip("/")
        try:
            if name in restore_control.NAMES:
                value = _body(request) if request.body else None
                restores = self._emulator.restores
                shown = await restore_control.answer(restores, request.method, name, value)
                if shown is not None:
                    return _json(200, shown)
            return await self._route(request.method, name, request)
        except ValueError as error:
            return _json(400, {"error": str(error)})

    async def _route(self, method: str, name: str, request: Request) -> Response:
        if method == "GET":
            return self._look(name, request)
        match (method, name):
            case ("DELETE", "calls"):
                self._calls.clear()
                return _json(200, [])
            case ("POST", "faults"):
                value = _body(request)
                self._faults.add(
                    [read_fault(item) for item in (value if isinstance(value, list) else [value])]
                )
                return _json(200, self._faults.show())
            case ("DELETE", "faults"):
                self._faults.clear()
                return _json(200, [])
            case ("DELETE", "denials"):
                return _json(200, GATE.ledger.take_denials())
            case ("POST", "permissions"):
                permissions_control.change(GATE, _object(request))
                return _json(200, permissions_control.show(GATE))
            case ("POST", "settings"):
                self._emulator.organization.settings.change(_object(request))
                return _json(200, self._emulator.organization.settings.as_dict())
            case ("POST", "regions"):
                value = _object(request)
                REGIONS.change(value.get("account"), value.get("region"), value.get("enabled"))
                return _json(200, REGIONS.show())
            case ("POST", "accounts"):
                return await self._accounts(_object(request))
            case ("POST", "build-machine"):
                self._emulator.delivery.builds.change_machine(_object(request))
                return _json(200, {})
            case ("POST", "resend"):
                return self._resend(_object(request))
            case ("POST", "reset"):
                self._faults.clear()
                await self._emulator.reset()
                self._calls.clear()
                return _json(200, {})
        return _unknown(request)

    async def _accounts(self, value: dict[str, Any]) -> Response:
        """An account joins, or is suspended or active again."""
        organization = self._emulator.organization
        if "suspended" in value:
            membership.suspend(organization, value.get("id"), bool(value["suspended"]))
        else:
            await self._emulator.join(value.get("id"), value.get("name"), value.get("parent"))
        return _json(200, organization.snapshot()["accounts"])

    def _look(self, name: str, request: Request) -> Response:
        organization, other = self._emulator.organization, self._emulator.other_organization
        shown: dict[str, Callable[[], Any]] = {
            "organization": organization.snapshot,
            "other-organization": other.snapshot,
            "regions": REGIONS.show,
            "calls": lambda: self._calls.show(dict(parse_qsl(request.query))),
            "faults": self._faults.show,
            "functions": functions.inventory,
            "settings": organization.settings.as_dict,
            "builds": self._emulator.delivery.builds.show,
            "denials": GATE.ledger.denials,
            "permissions": lambda: permissions_control.show(GATE),
            "letters": self._emulator.restores.letters.show,
            "stacks": stack_tasks.show,
            "under-way": self._under_way,
            "custom-resources": self._emulator.custom_resources.log,
        }
        return _json(200, shown[name]()) if name in shown else _unknown(request)

    def _under_way(self) -> list[dict[str, Any]]:
        """What goes on by itself, with an id, in words, and where it is known since when."""
        organizations = (self._emulator.organization, self._emulator.other_organization)
        pending = [entry for one in organizations for entry in one.under_way()]
        return under_way.show() + elapse.under_way() + pending

    def _resend(self, value: dict[str, Any]) -> Response:
        request_id = str(value.get("RequestId"))
        if not self._emulator.custom_resources.resend(request_id):
            raise ValueError(f"no custom resource request `{request_id}` was sent")
        return _json(200, {})


def _unknown(request: Request) -> Response:
    return _json(404, {"error": f"no such thing: {request.method} {request.path}"})


def _body(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}") from error


def _object(request: Request) -> dict[str, Any]:
    value = _body(request)
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _json(status: int, value: Any) -> Response:
    return (
        status,
        {"Content-Type": "application/json"},
        (json.dumps(value, indent=2) + "\n").encode(),
    )
