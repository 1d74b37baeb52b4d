"""What is remembered of the checks: denials, and which permission was decisive for what."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

from .documents import ALLOW, Policy

DECISIVE, MATCHED, UNUSED = "decisive", "matched", "unused"


@dataclass(frozen=True)
class Denial:
    """One refusal. ``via`` says who asked; ``reason`` is how AWS's sentence goes on."""

    principal: str
    action: str
    resource: str
    account: str
    region: str
    via: str
    reason: str

    @property
    def message(self) -> str:
        """AWS's sentence."""
        return (
            f"User: {self.principal} is not authorized to perform: {self.action} "
            f"on resource: {self.resource} {self.reason}"
        )


@dataclass(frozen=True)
class _Use:
    """A pattern of a statement of a role's policy."""

    role: str
    policy: str
    statement: str
    pattern: str


class Ledger:
    """Used from the event loop and from the threads of CloudFormation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._denials: list[Denial] = []
        self._roles: dict[str, dict[Policy, None]] = {}
        self._first: dict[tuple[_Use, bool], dict[str, str]] = {}
        self._actions: dict[str, int] = {}

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        with self._lock:
            self._denials.clear()
            self._roles.clear()
            self._first.clear()
            self._actions.clear()

    def take_denials(self) -> list[dict[str, str]]:
        """The denials, oldest first, which are forgotten: each is seen once, whenever it comes."""
        with self._lock:
            taken, self._denials = self._denials, []
        return [_shown(denial) for denial in taken]

    def refuse(self, denial: Denial) -> Denial:
        """Record a denial."""
        with self._lock:
            self._denials.append(denial)
        return denial

    def denials(self) -> list[dict[str, str]]:
        """The denials, oldest first."""
        with self._lock:
            return [_shown(denial) for denial in self._denials]

    def asked(self, action: str) -> None:
        """An action was evaluated."""
        with self._lock:
            self._actions[action] = self._actions.get(action, 0) + 1

    def has(self, role: str, policies: tuple[Policy, ...]) -> None:
        """A role asked, and these are its policies now."""
        with self._lock:
            self._roles.setdefault(role, {}).update(dict.fromkeys(policies))

    def is_known(self, role: str, policy: str, statement: str, pattern: str) -> bool:
        """Whether a pattern is known to be decisive already."""
        with self._lock:
            return (_Use(role, policy, statement, pattern), True) in self._first

    def used(
        self,
        role: str,
        policy: str,
        statement: str,
        pattern: str,
        decisive: bool,
        by: dict[str, str],
    ) -> None:
        """A pattern of a role's policy allowed something, alone or beside another."""
        with self._lock:
            self._first.setdefault((_Use(role, policy, statement, pattern), decisive), by)

    def show(self) -> dict[str, Any]:
        """Every role that asked, with its policies as written and what each pattern did."""
        with self._lock:
            roles = [self._role(arn, list(policies)) for arn, policies in self._roles.items()]
            return {"roles": roles, "actions": dict(sorted(self._actions.items()))}

    def _role(self, arn: str, policies: list[Policy]) -> dict[str, Any]:
        statements: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        # A policy that changed is there in each of its versions: what they have alike counts once.
        for policy in policies:
            for statement in policy.statements:
                if statement.effect != ALLOW:
                    continue
                patterns = statement.actions or ("not " + ", ".join(statement.not_actions),)
                rows = statements.setdefault((policy.name, statement.label), {})
                for pattern in patterns:
                    rows[pattern] = self._row(_Use(arn, policy.name, statement.label, pattern))
        return {
            "role": arn,
            "account": arn.split(":")[4],
            "statements": [
                {"policy": policy, "statement": statement, "actions": list(rows.values())}
                for (policy, statement), rows in statements.items()
            ],
        }

    def _row(self, use: _Use) -> dict[str, Any]:
        for state, decisive in ((DECISIVE, True), (MATCHED, False)):
            if first := self._first.get((use, decisive)):
                return {"action": use.pattern, "state": state, "first": first}
        return {"action": use.pattern, "state": UNUSED, "first": None}


def _shown(denial: Denial) -> dict[str, str]:
    return {**asdict(denial), "message": denial.message}
