"""Who sends a request about stack sets, and what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..organizations.organization import Organization
from ..wire.credentials import Credentials
from ..wire.errors import ApiError
from ..wire.loopback import Loopback
from . import access
from .model import StackSet, StackSets
from .operations import Operations

Payload = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """Who asks, and what there is."""

    caller: str
    region: str
    credentials: Credentials
    organization: Organization
    stack_sets: StackSets
    operations: Operations
    loopback: Loopback

    def call_as(self, payload: Payload) -> str:
        """In which capacity the caller acts."""
        return str(payload.get("CallAs", "SELF"))

    def administrator(self, payload: Payload) -> str:
        """The account whose stack sets the request is about."""
        return access.administrator(self.organization, self.caller, self.call_as(payload))

    def find(self, payload: Payload) -> StackSet:
        """The stack set of a request; `StackSetNotFoundException`."""
        owner = self.administrator(payload)
        found = self.stack_sets.find(owner, self.region, payload["StackSetName"])
        if found is None or not access.is_visible(found, self.call_as(payload)):
            raise ApiError(
                "StackSetNotFoundException", f"StackSet {payload['StackSetName']} not found"
            )
        return found

    def operable(self, payload: Payload) -> StackSet:
        """The same, for who wants to change it."""
        found = self.find(payload)
        call_as = self.call_as(payload)
        access.check_model(self.organization, self.caller, call_as, found.permission_model)
        return found
