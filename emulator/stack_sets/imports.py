"""ImportStacksToStackSet: stacks that exist become instances of a stack set.

From the guide's pages on service-managed stack import: a stack belongs to one stack set, is in a
member account below one of the OUs that the request names, and is mapped to the nearest of them,
which is a deployment target from then on; accounts of the OU that have no stack get none. A
stack's own parameter values stay, as overrides of its instance.

The guide says neither what is compared nor which errors follow. The target account has to allow
GetTemplate, and AWS's own migration script for landing zones expects imports to fail for tags that
differ: so here a stack must have the stack set's template and tags.
"""

from __future__ import annotations

import re
from typing import Any

from ministack.services import cloudformation

from ..organizations.organization import Organization
from ..wire.errors import ApiError
from ..wire.place import Place
from .context import Context
from .model import SERVICE_MANAGED, Instance, StackSet, StackSets, Targets
from .operations import IMPORT

Payload = dict[str, Any]

# "You can import up to 10 stacks per StackSet at a time"
AT_ONCE = 10
_STACK = re.compile(r"arn:aws:cloudformation:([a-z0-9-]+):(\d{12}):stack/([^/]+)/[^/]+")


async def import_stacks(context: Context, payload: Payload) -> Payload:
    """ImportStacksToStackSet, with the ids of stacks in the request."""
    stack_set = context.operable(payload)
    ids = _ids(payload)
    units = _units(stack_set, context.organization, payload)
    found: dict[Place, str] = {}
    places: Targets = {}
    for stack_id in ids:
        region, account = _existing(stack_id)
        unit = _nearest(context.organization, account, units) if units else ""
        if unit is None:
            raise _not_found(stack_id)
        place = Place(account, region)
        _check_free(context.stack_sets, stack_set, place, stack_id)
        found[place] = stack_id
        places[place] = unit

    def prepare() -> None:
        for place, unit in places.items():
            stack_set.instances[place] = Instance(*place, unit, stack_id=found[place])

    operation = context.operations.start(
        stack_set,
        IMPORT,
        places,
        preferences=payload.get("OperationPreferences"),
        operation_id=payload.get("OperationId"),
        prepare=prepare,
    )
    for (_, region), unit in places.items():
        if unit:
            stack_set.units.setdefault(unit, set()).add(region)
    return {"OperationId": operation.id}


def _ids(payload: Payload) -> list[str]:
    ids, url = payload.get("StackIds") or [], payload.get("StackIdsUrl")
    if url and not ids:
        raise ApiError("ValidationError", "the emulator takes StackIds only, no StackIdsUrl")
    if bool(ids) == bool(url):
        raise ApiError("ValidationError", "Specify either StackIds or StackIdsUrl.")
    if len(ids) > AT_ONCE:
        raise ApiError("ValidationError", f"Up to {AT_ONCE} stacks can be imported at a time.")
    return list(dict.fromkeys(ids))


def _units(stack_set: StackSet, organization: Organization, payload: Payload) -> list[str]:
    units = payload.get("OrganizationalUnitIds") or []
    if stack_set.permission_model != SERVICE_MANAGED:
        if units:
            raise ApiError(
                "ValidationError",
                "OrganizationalUnitIds cannot be specified for a stack set with the SELF_MANAGED "
                "permission model.",
            )
        return []
    if not units:
        raise ApiError("ValidationError", "At least one OrganizationalUnitId must be specified.")
    for unit in units:
        if unit != organization.landscape.root_id and unit not in organization.units:
            raise ApiError(
                "ValidationError", f"OrganizationalUnit {unit} is not in your organization."
            )
    return list(units)


def _existing(stack_id: str) -> tuple[str, str]:
    """Region and account of a stack that is there."""
    matched = _STACK.fullmatch(stack_id)
    if matched is None:
        raise _not_found(stack_id)
    region, account, name = matched.groups()
    stack = cloudformation._stacks.get_scoped(account, region, name)
    if (
        stack is None
        or stack["StackId"] != stack_id
        or stack["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
    ):
        raise _not_found(stack_id)
    return region, account


def _nearest(organization: Organization, account: str, units: list[str]) -> str | None:
    """The first of these units above an account; None for the management account, too."""
    if account == organization.landscape.management or not organization.has_account(account):
        return None
    return next((unit for unit in organization.parents_of(account) if unit in units), None)


def _check_free(stack_sets: StackSets, stack_set: StackSet, place: Place, stack_id: str) -> None:
    for other in stack_sets.everything():
        for instance in other.instances.values():
            retried = other is stack_set and instance.detailed == "FAILED_IMPORT"
            if instance.stack_id == stack_id and not retried:
                raise ApiError(
                    "InvalidOperationException",
                    f"Stack {stack_id} belongs to the stack set {other.name} already",
                )
    there = stack_set.instances.get(place)
    if there is not None and there.stack_id != stack_id:
        account, region = place
        raise ApiError(
            "InvalidOperationException",
            f"StackSet {stack_set.name} has a stack instance in account {account} and region "
            f"{region} already",
        )


def _not_found(stack_id: str) -> ApiError:
    return ApiError("StackNotFoundException", f"Stack {stack_id} not found")
