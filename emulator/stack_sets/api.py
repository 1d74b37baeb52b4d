"""The stack set operations of CloudFormation on the wire."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import botocore.session
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id

from ..organizations.organization import STACK_SETS, Organization
from ..wire import credentials
from ..wire import query as query_wire
from ..wire.errors import ApiError
from ..wire.loopback import Loopback
from ..wire.query import Response
from . import access, descriptions, imports, requests
from .auto_deployment import AutoDeployment
from .context import Context
from .model import StackSet, StackSets
from .operations import Operations
from .requests import Handle, Payload


async def activate_access(context: Context, payload: Payload) -> Payload:
    """ActivateOrganizationsAccess: trusted access, and a role for stack sets in every member."""
    organization = context.organization
    if context.caller != organization.landscape.management:
        raise ApiError(
            "InvalidOperationException",
            "Only the management account of an organization can activate organizations access",
        )
    organization.service_access.setdefault(STACK_SETS, organization.clock())
    organization.stack_sets_activated = True
    await access.prepare_members(organization)
    return {}


async def deactivate_access(context: Context, payload: Payload) -> Payload:
    """DeactivateOrganizationsAccess."""
    organization = context.organization
    if context.caller != organization.landscape.management:
        raise ApiError(
            "InvalidOperationException",
            "Only the management account of an organization can deactivate organizations access",
        )
    organization.service_access.pop(STACK_SETS, None)
    organization.stack_sets_activated = False
    return {}


async def describe_access(context: Context, payload: Payload) -> Payload:
    """DescribeOrganizationsAccess."""
    context.administrator(payload)
    return {"Status": "ENABLED" if context.organization.stack_sets_active else "DISABLED"}


OPERATIONS: dict[str, Handle] = {
    **requests.OPERATIONS,
    **descriptions.OPERATIONS,
    "ImportStacksToStackSet": imports.import_stacks,
    "ActivateOrganizationsAccess": activate_access,
    "DeactivateOrganizationsAccess": deactivate_access,
    "DescribeOrganizationsAccess": describe_access,
}

# Operations of AWS that this emulator lacks; the base would say that AWS does not know them.
MISSING = frozenset({"DetectStackSetDrift"})


class StackSetApi:
    """Everything about stack sets, for one run of the emulator."""

    def __init__(self, loopback: Loopback, is_suspended: Callable[[str], bool]) -> None:
        """``is_suspended``: is this account?"""
        self._loopback = loopback
        self._is_suspended = is_suspended
        self._model = botocore.session.Session().get_service_model("cloudformation")
        self.stack_sets = StackSets()
        self._operations = Operations(loopback, is_suspended)

    def forget(self) -> None:
        """Back to the state of a fresh start; what runs is stopped."""
        self._operations.abort()
        self._operations = Operations(self._loopback, self._is_suspended)
        self.stack_sets = StackSets()

    def stop(self) -> None:
        """Start nothing any more."""
        self._operations.abort()

    def find(self, administrator: str, region: str, name_or_id: str) -> StackSet | None:
        """The active stack set of an account with this name or id."""
        return self.stack_sets.find(administrator, region, name_or_id)

    async def membership_changed(self, organization: Organization) -> None:
        """An account moved, joined or left."""
        if organization.stack_sets_active:
            await access.prepare_members(organization)
        AutoDeployment(self.stack_sets, self._operations).follow(organization)

    async def answer(
        self, organization: Organization, headers: dict[str, str], body: bytes
    ) -> Response | None:
        """Answer a request about stack sets; None for any other."""
        form = parse_qs(body.decode("utf-8", "replace"))
        operation = (form.get("Action") or [""])[0]
        if operation not in OPERATIONS and operation not in MISSING:
            return None
        model = self._model.operation_model(operation)
        try:
            if operation in MISSING:
                raise ApiError("InvalidAction", f"the emulator has no cloudformation:{operation}")
            payload = query_wire.read(model, body)
            context = Context(
                get_account_id(),
                get_region(),
                credentials.of_caller(extract_access_key_id(headers)),
                organization,
                self.stack_sets,
                self._operations,
                self._loopback,
            )
            return query_wire.write(model, await OPERATIONS[operation](context, payload))
        except ApiError as error:
            return query_wire.write_error(model, error)
