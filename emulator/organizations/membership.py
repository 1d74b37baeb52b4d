"""Who belongs to the organization, and where: accounts move, leave and join."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from ..wire.errors import ApiError, constraint_violation
from .inputs import required_text
from .landscape import Account
from .organization import Organization

Payload = dict[str, Any]

_ID = re.compile(r"\d{12}")


def move_account(organization: Organization, payload: Payload) -> Payload:
    """MoveAccount."""
    account = _account(organization, payload)
    source = required_text(payload, "SourceParentId")
    destination = required_text(payload, "DestinationParentId")
    if not is_parent(organization, destination):
        raise ApiError(
            "DestinationParentNotFoundException",
            "We can't find the destination container (a root or OU) with the ParentId that you "
            "specified.",
        )
    if account.parent == destination:
        raise ApiError(
            "DuplicateAccountException",
            "That account is already present in the specified destination.",
        )
    if account.parent != source:
        raise ApiError(
            "SourceParentNotFoundException",
            "We can't find a source root or OU with the ParentId that you specified.",
        )
    organization.accounts[account.id] = dataclasses.replace(account, parent=destination)
    organization.on_membership()
    return {}


def remove_account(organization: Organization, payload: Payload) -> Payload:
    """RemoveAccountFromOrganization: what is attached to the account is detached."""
    account = _account(organization, payload)
    if account.id == organization.landscape.management:
        raise ApiError(
            "MasterCannotLeaveOrganizationException",
            "You can't remove a management account from an organization.",
        )
    if any(account.id in accounts for accounts in organization.delegated.values()):
        raise constraint_violation(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You must deregister the account as a delegated administrator first.",
        )
    organization.policies.detach_from(account.id)
    del organization.accounts[account.id]
    organization.tags.pop(account.id, None)
    organization.on_membership()
    return {}


def join(organization: Organization, account_id: Any, name: Any, parent: Any) -> Account:
    """An account accepts an invitation, or is created; not an operation of the API.

    Raises ``ValueError`` for what cannot be.
    """
    if not isinstance(account_id, str) or not _ID.fullmatch(account_id):
        raise ValueError(f"`{account_id}` is no account id: twelve digits as text")
    if organization.has_account(account_id):
        raise ValueError(f"account {account_id} is in the organization already")
    if not isinstance(name, str) or not name:
        raise ValueError("the account needs a name")
    place = parent or organization.landscape.root_id
    if not is_parent(organization, place):
        raise ValueError(f"`{place}` is neither the root nor an OU of the organization")
    account = Account(account_id, name, place)
    organization.accounts[account_id] = account
    return account


def suspend(organization: Organization, account_id: Any, suspended: bool) -> None:
    """An account is closed, or opened again; not an operation of the API. Raises ``ValueError``."""
    account = organization.accounts.get(account_id)
    if account is None:
        raise ValueError(f"account {account_id} is not in the organization")
    organization.accounts[account.id] = dataclasses.replace(account, is_suspended=suspended)


def is_parent(organization: Organization, parent: str) -> bool:
    """Whether accounts can be in it."""
    return parent == organization.landscape.root_id or parent in organization.units


def _account(organization: Organization, payload: Payload) -> Account:
    account_id = required_text(payload, "AccountId")
    if account_id not in organization.accounts:
        raise ApiError(
            "AccountNotFoundException",
            "We can't find an AWS account with the AccountId that you specified.",
        )
    return organization.accounts[account_id]


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "MoveAccount": move_account,
    "RemoveAccountFromOrganization": remove_account,
}
