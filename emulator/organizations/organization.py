"""The organization: its tree, its policy types and the tags of its resources."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..frame.settings import Settings
from ..wire.errors import ApiError, invalid_input
from .landscape import REHEARSAL, Landscape
from .policies import PolicyStore

# The service principal of service-managed stack sets.
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"

POLICY_TYPES = (
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "BACKUP_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
)


class Organization:
    """All state of AWS Organizations. Not thread-safe: used on the event loop only."""

    def __init__(
        self, landscape: Landscape = REHEARSAL, clock: Callable[[], float] = time.time
    ) -> None:
        self.landscape = landscape
        self.settings = Settings()
        self.clock = clock
        self.created = clock()
        self.accounts = {account.id: account for account in landscape.accounts}
        self.units = {unit.id: unit for unit in landscape.units}
        self.policies = PolicyStore(self.settings, landscape)
        # Tags of roots, OUs and accounts; a policy carries its own.
        self.tags: dict[str, dict[str, str]] = {}
        # (policy type, account) -> the effective policy that somebody asked for last, since when.
        self.in_force: dict[tuple[str, str], tuple[Any, float]] = {}
        # What the management account delegates to members, as JSON text.
        self.resource_policy: str | None = None
        # AWS services with trusted access -> since when.
        self.service_access: dict[str, float] = {}
        # service -> its delegated administrators -> since when.
        self.delegated: dict[str, dict[str, float]] = {}
        # Whether CloudFormation's own call gave stack sets their trusted access.
        self.stack_sets_activated = False
        # Told when an account moved, joined or left.
        self.on_membership: Callable[[], None] = lambda: None
        # policy type -> (status, moment at which a pending change began)
        self._types: dict[str, tuple[str, float]] = {"SERVICE_CONTROL_POLICY": ("ENABLED", 0.0)}

    # -- the tree ---------------------------------------------------------

    def has_account(self, account: str) -> bool:
        """Whether the account belongs to the organization."""
        return account in self.accounts

    def has(self, target_id: str) -> bool:
        """Whether this is the id of the root, an OU or an account."""
        return target_id in (self.landscape.root_id, *self.units, *self.accounts)

    def target(self, target_id: str) -> dict[str, str]:
        """A root, OU or account as ListTargetsForPolicy shows it.

        Raises `TargetNotFoundException` for anything else.
        """
        if target_id == self.landscape.root_id:
            return self._target("root", target_id, "Root", "ROOT")
        if target_id in self.units:
            name = self.units[target_id].name
            return self._target("ou", target_id, name, "ORGANIZATIONAL_UNIT")
        if target_id in self.accounts:
            name = self.accounts[target_id].name
            return self._target("account", target_id, name, "ACCOUNT")
        raise ApiError("TargetNotFoundException", "You specified a target that does not exist.")

    def _target(self, resource: str, target_id: str, name: str, kind: str) -> dict[str, str]:
        arn = f"{self.landscape.arn}:{resource}/{self.landscape.organization_id}/{target_id}"
        return {"TargetId": target_id, "Arn": arn, "Name": name, "Type": kind}

    def parent_of(self, child: str) -> str | None:
        """The id of the OU or root above; None for the root itself."""
        if child in self.units:
            return self.units[child].parent
        if child in self.accounts:
            return self.accounts[child].parent
        return None

    def is_delegated(self, account: str, principal: str | None = None) -> bool:
        """Whether the account administers this service, or any, for the organization."""
        if principal is not None:
            return account in self.delegated.get(principal, {})
        return any(account in accounts for accounts in self.delegated.values())

    @property
    def stack_sets_active(self) -> bool:
        """Whether service-managed stack sets can be operated."""
        return self.stack_sets_activated and STACK_SETS in self.service_access

    def members_below(self, parent: str) -> list[str]:
        """The accounts in a root or OU and all OUs below it, without the management account."""
        return sorted(
            account
            for account in self.accounts
            if account != self.landscape.management and parent in self.parents_of(account)
        )

    def parents_of(self, child: str) -> list[str]:
        """The OUs and the root above, the nearest first."""
        above: list[str] = []
        parent = self.parent_of(child)
        while parent is not None:
            above.append(parent)
            parent = self.parent_of(parent)
        return above

    def path_of(self, account: str) -> str:
        """`o-.../r-.../ou-.../`: what `aws:PrincipalOrgPaths` holds for an account."""
        steps = reversed(self.parents_of(account))
        return "/".join([self.landscape.organization_id, *steps]) + "/"

    # -- policy types -----------------------------------------------------

    def policy_types(self) -> list[dict[str, str]]:
        """The policy types of the root as ListRoots shows them."""
        self._settle()
        return [{"Type": kind, "Status": status} for kind, (status, _) in self._types.items()]

    def is_enabled(self, policy_type: str) -> bool:
        """Whether policies of this type can be attached now."""
        self._settle()
        return self._types.get(policy_type, ("", 0.0))[0] == "ENABLED"

    def enable(self, policy_type: str) -> None:
        """EnablePolicyType: PENDING_ENABLE for a moment, then ENABLED."""
        status = self._status(policy_type)
        if status == "ENABLED":
            raise ApiError(
                "PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled."
            )
        if status is not None:
            raise _in_progress()
        self._types[policy_type] = ("PENDING_ENABLE", self.clock())

    def disable(self, policy_type: str) -> None:
        """DisablePolicyType: PENDING_DISABLE for a moment; detaches every policy of the type."""
        status = self._status(policy_type)
        if status is None:
            raise type_not_enabled()
        if status != "ENABLED":
            raise _in_progress()
        self._types[policy_type] = ("PENDING_DISABLE", self.clock())
        self.policies.detach_all(policy_type)

    def _status(self, policy_type: str) -> str | None:
        self._settle()
        return self._types.get(policy_type, (None, 0.0))[0]

    def _settle(self) -> None:
        """Let the pending changes whose time has come take effect."""
        began_by = self.clock() - self.settings.policy_type_delay
        for kind, (status, began) in list(self._types.items()):
            if status == "PENDING_ENABLE" and began <= began_by:
                self._types[kind] = ("ENABLED", 0.0)
            elif status == "PENDING_DISABLE" and began <= began_by:
                del self._types[kind]

    # -- the whole, for the control plane ---------------------------------

    def under_way(self) -> list[dict[str, str]]:
        """Policy types that are on their way to being enabled or disabled."""
        name = self.landscape.organization_id
        return [
            {"id": f"{name} {kind['Type']}", "what": f"{kind['Type']} of {name}: {kind['Status']}"}
            for kind in self.policy_types()
            if kind["Status"].startswith("PENDING_")
        ]

    def snapshot(self) -> dict[str, Any]:
        """Everything a test may want to compare, in a stable order."""
        return {
            "id": self.landscape.organization_id,
            "root": self.landscape.root_id,
            "policy_types": self.policy_types(),
            "units": [
                {"id": unit.id, "name": unit.name, "parent": unit.parent}
                for unit in self.units.values()
            ],
            "accounts": [
                {"id": account.id, "name": account.name, "parent": account.parent}
                for account in self.accounts.values()
            ],
            "policies": self.policies.snapshot(),
            "resource_policy": self.resource_policy,
            "service_access": sorted(self.service_access),
            "delegated_administrators": {
                principal: sorted(accounts) for principal, accounts in self.delegated.items()
            },
            "settings": self.settings.as_dict(),
        }


def known_type(policy_type: Any) -> str:
    """The policy type of a request; `InvalidInputException` when AWS knows no such type."""
    if policy_type not in POLICY_TYPES:
        raise invalid_input("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type.")
    return str(policy_type)


def type_not_enabled() -> ApiError:
    """The answer to an operation on a policy type that is not (yet) enabled."""
    return ApiError(
        "PolicyTypeNotEnabledException",
        "This operation can be performed only for enabled policy types.",
    )


def _in_progress() -> ApiError:
    return ApiError(
        "PolicyChangesInProgressException", "Policy changes are in progress. Try again later."
    )
