"""The operations that read the organization's tree. The tree itself is fixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..wire.errors import ApiError
from .inputs import required_text, target_id
from .organization import Organization
from .paging import paginate

Payload = dict[str, Any]


def describe_organization(organization: Organization, payload: Payload) -> Payload:
    """DescribeOrganization: the only operation a member may call."""
    landscape = organization.landscape
    owner = organization.accounts[landscape.management]
    return {
        "Organization": {
            "Id": landscape.organization_id,
            "Arn": f"{landscape.arn}:organization/{landscape.organization_id}",
            "FeatureSet": "ALL",
            "MasterAccountArn": organization.target(owner.id)["Arn"],
            "MasterAccountId": owner.id,
            "MasterAccountEmail": owner.email,
            # AWS documents this member as unreliable: ListRoots has the truth.
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    }


def list_accounts(organization: Organization, payload: Payload) -> Payload:
    """ListAccounts."""
    accounts = [
        (account, _account(organization, account)) for account in sorted(organization.accounts)
    ]
    return paginate("ListAccounts", accounts, payload, organization.settings).answer("Accounts")


def describe_account(organization: Organization, payload: Payload) -> Payload:
    """DescribeAccount."""
    account = required_text(payload, "AccountId")
    if not organization.has_account(account):
        raise ApiError(
            "AccountNotFoundException",
            "You specified an account that doesn't exist.",
        )
    return {"Account": _account(organization, account)}


def list_accounts_for_parent(organization: Organization, payload: Payload) -> Payload:
    """ListAccountsForParent: direct children only."""
    parent = _parent(organization, payload)
    accounts = [
        (account.id, _account(organization, account.id))
        for account in sorted(organization.accounts.values(), key=lambda account: account.id)
        if account.parent == parent
    ]
    return paginate(
        f"ListAccountsForParent/{parent}", accounts, payload, organization.settings
    ).answer("Accounts")


def list_units_for_parent(organization: Organization, payload: Payload) -> Payload:
    """ListOrganizationalUnitsForParent: direct children only."""
    parent = _parent(organization, payload)
    units = [
        (unit.id, _unit(organization, unit.id))
        for unit in sorted(organization.units.values(), key=lambda unit: unit.id)
        if unit.parent == parent
    ]
    listing = f"ListOrganizationalUnitsForParent/{parent}"
    return paginate(listing, units, payload, organization.settings).answer("OrganizationalUnits")


def list_children(organization: Organization, payload: Payload) -> Payload:
    """ListChildren: ids and types only."""
    parent = _parent(organization, payload)
    kind = required_text(payload, "ChildType")
    ids = organization.accounts if kind == "ACCOUNT" else organization.units
    children = [
        (child, {"Id": child, "Type": kind})
        for child in sorted(ids)
        if organization.parent_of(child) == parent
    ]
    return paginate(
        f"ListChildren/{parent}/{kind}", children, payload, organization.settings
    ).answer("Children")


def list_parents(organization: Organization, payload: Payload) -> Payload:
    """ListParents: a child has exactly one."""
    parent = organization.parent_of(required_text(payload, "ChildId"))
    if parent is None:
        raise ApiError(
            "ChildNotFoundException",
            "We can't find an organizational unit (OU) or account with the ChildId that you "
            "specified.",
        )
    kind = "ROOT" if parent == organization.landscape.root_id else "ORGANIZATIONAL_UNIT"
    return {"Parents": [{"Id": parent, "Type": kind}]}


def describe_unit(organization: Organization, payload: Payload) -> Payload:
    """DescribeOrganizationalUnit."""
    unit = target_id(payload, "OrganizationalUnitId")
    if unit not in organization.units:
        raise ApiError(
            "OrganizationalUnitNotFoundException",
            "We can't find an OU with the OrganizationalUnitId that you specified.",
        )
    return {"OrganizationalUnit": _unit(organization, unit)}


def _parent(organization: Organization, payload: Payload) -> str:
    parent = required_text(payload, "ParentId")
    if parent != organization.landscape.root_id and parent not in organization.units:
        raise ApiError(
            "ParentNotFoundException",
            "We can't find a root or OU with the ParentId that you specified.",
        )
    return parent


def _account(organization: Organization, account_id: str) -> Payload:
    account = organization.accounts[account_id]
    landscape = organization.landscape
    state = "SUSPENDED" if account.is_suspended else "ACTIVE"
    return {
        "Id": account.id,
        "Arn": organization.target(account.id)["Arn"],
        "Email": account.email,
        "Name": account.name,
        "Status": state,
        "State": state,
        "JoinedMethod": "INVITED" if account.id == landscape.management else "CREATED",
        "JoinedTimestamp": organization.created,
    }


def _unit(organization: Organization, unit_id: str) -> Payload:
    target = organization.target(unit_id)
    return {"Id": unit_id, "Arn": target["Arn"], "Name": target["Name"]}


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "DescribeOrganization": describe_organization,
    "ListAccounts": list_accounts,
    "DescribeAccount": describe_account,
    "ListAccountsForParent": list_accounts_for_parent,
    "ListOrganizationalUnitsForParent": list_units_for_parent,
    "ListChildren": list_children,
    "ListParents": list_parents,
    "DescribeOrganizationalUnit": describe_unit,
}
