"""Which accounts and Regions a request means."""

from __future__ import annotations

from typing import Any

from ..organizations.organization import Organization
from ..wire.errors import ApiError
from ..wire.place import Place
from .model import SELF_MANAGED, StackSet, Targets

Payload = dict[str, Any]


def wanted(stack_set: StackSet, organization: Organization, payload: Payload) -> Targets:
    """The places in which CreateStackInstances and its like want instances."""
    regions = _regions(payload)
    if stack_set.permission_model == SELF_MANAGED:
        return {Place(account, region): "" for region in regions for account in _accounts(payload)}
    chosen = _units(organization, payload)
    accounts, kind = _filter(payload)
    found: Targets = {}
    for region in regions:
        for unit in chosen:
            for account in organization.members_below(unit):
                if _passes(kind, account, accounts):
                    found.setdefault(Place(account, region), unit)
        if kind == "UNION":
            for account in accounts:
                found.setdefault(Place(account, region), _unit_of(organization, account))
    return found


def existing(stack_set: StackSet, organization: Organization, payload: Payload) -> Targets:
    """The instances that UpdateStackInstances, DeleteStackInstances and UpdateStackSet mean."""
    regions = _regions(payload)
    if stack_set.permission_model == SELF_MANAGED:
        named = {Place(account, region) for region in regions for account in _accounts(payload)}
        missing = sorted(named - set(stack_set.instances))
        if missing:
            account, region = missing[0]
            raise ApiError(
                "StackInstanceNotFoundException",
                f"Stack instance for stack set {stack_set.name}, account {account} and region "
                f"{region} not found",
            )
        return {place: "" for place in sorted(named)}
    chosen = _units(organization, payload)
    accounts, kind = _filter(payload)
    members = {account for unit in chosen for account in organization.members_below(unit)}
    found: Targets = {}
    for place, instance in sorted(stack_set.instances.items()):
        account, region = place
        below = instance.unit in chosen or account in members
        meant = (below and _passes(kind, account, accounts)) or (
            kind == "UNION" and account in accounts
        )
        if region in regions and meant:
            found[place] = instance.unit
    return found


def operable(stack_set: StackSet, places: Targets) -> Targets:
    """Those that updates reach: not what a failed deletion or import has left."""
    return {
        place: unit
        for place, unit in places.items()
        if stack_set.instances[place].status != "INOPERABLE"
    }


def joins_and_leaves(payload: Payload) -> tuple[list[str], list[str]]:
    """The OUs and Regions whose future accounts a request speaks about.

    None when it picks accounts: how AWS treats those who join later then is not documented.
    """
    targets = payload.get("DeploymentTargets") or {}
    if targets.get("AccountFilterType", "NONE") in ("INTERSECTION", "UNION"):
        return [], []
    return targets.get("OrganizationalUnitIds") or [], payload.get("Regions") or []


def _regions(payload: Payload) -> list[str]:
    regions = payload.get("Regions") or []
    if not regions:
        raise ApiError("ValidationError", "At least one Region must be specified.")
    return list(dict.fromkeys(regions))


def _accounts(payload: Payload) -> list[str]:
    targets = payload.get("DeploymentTargets") or {}
    if targets.get("OrganizationalUnitIds"):
        raise ApiError(
            "ValidationError",
            "OrganizationalUnitIds cannot be specified for a stack set with the SELF_MANAGED "
            "permission model.",
        )
    accounts = payload.get("Accounts") or targets.get("Accounts") or []
    if not accounts or (payload.get("Accounts") and targets.get("Accounts")):
        raise ApiError(
            "ValidationError", "You must specify either Accounts or DeploymentTargets, not both."
        )
    for account in accounts:
        if not (len(account) == 12 and account.isdecimal()):
            raise ApiError("ValidationError", f"Account {account} is invalid: twelve digits")
    return list(dict.fromkeys(accounts))


def _units(organization: Organization, payload: Payload) -> list[str]:
    if payload.get("Accounts"):
        raise ApiError(
            "ValidationError",
            "Accounts cannot be specified for a stack set with the SERVICE_MANAGED permission "
            "model; use DeploymentTargets.",
        )
    targets = payload.get("DeploymentTargets") or {}
    units = list(dict.fromkeys(targets.get("OrganizationalUnitIds") or []))
    if not units:
        raise ApiError(
            "ValidationError", "OrganizationalUnitIds must be specified in DeploymentTargets."
        )
    for unit in units:
        if unit != organization.landscape.root_id and unit not in organization.units:
            raise ApiError(
                "ValidationError", f"OrganizationalUnit {unit} is not in your organization."
            )
    return units


def _filter(payload: Payload) -> tuple[list[str], str]:
    targets = payload.get("DeploymentTargets") or {}
    kind = targets.get("AccountFilterType", "NONE")
    accounts = targets.get("Accounts") or []
    if bool(accounts) != (kind != "NONE"):
        raise ApiError(
            "ValidationError",
            "AccountFilterType other than NONE and Accounts must be specified together.",
        )
    return accounts, kind


def _passes(kind: str, account: str, accounts: list[str]) -> bool:
    if kind == "INTERSECTION":
        return account in accounts
    if kind == "DIFFERENCE":
        return account not in accounts
    return True


def _unit_of(organization: Organization, account: str) -> str:
    parent = organization.parent_of(account)
    if parent is None or account == organization.landscape.management:
        raise ApiError("ValidationError", f"Account {account} cannot be a deployment target.")
    return parent
