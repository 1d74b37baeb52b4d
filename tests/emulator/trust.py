"""Whether a role's trust policy lets a caller assume it.

Deliberately small: principals of kind AWS, and the conditions that the
solution's roles use. What it does not know never matches an Allow and always
matches a Deny, so a gap shows as a refusal and not as a silent pass.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ACTION = "sts:assumerole"


@dataclass(frozen=True)
class Caller:
    """Who asks: ``arn`` is the role's or user's ARN, ``session`` that of an assumed role."""

    account: str
    arn: str
    session: str

    def is_named_by(self, principal: str) -> bool:
        """Whether an entry of `Principal.AWS` means this caller."""
        root = f"arn:aws:iam::{self.account}:root"
        return principal in ("*", self.account, root, self.arn, self.session)


def allows(document: str | dict[str, Any], caller: Caller, keys: Mapping[str, str]) -> bool:
    """Evaluate a trust policy; ``keys`` are the condition keys in lower case."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = [s for s in _list(policy.get("Statement")) if _concerns(s, caller)]
    if any(s.get("Effect") == "Deny" and _holds(s, keys, unknown=True) for s in statements):
        return False
    return any(s.get("Effect") == "Allow" and _holds(s, keys, unknown=False) for s in statements)


def _concerns(statement: dict[str, Any], caller: Caller) -> bool:
    actions = [str(action).lower() for action in _list(statement.get("Action"))]
    if not any(fnmatch.fnmatchcase(ACTION, action) for action in actions):
        return False
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return any(caller.is_named_by(str(entry)) for entry in _list(named))


def _holds(statement: dict[str, Any], keys: Mapping[str, str], *, unknown: bool) -> bool:
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            if not _test(operator, keys.get(key.lower()), [str(w) for w in _list(wanted)], unknown):
                return False
    return True


def _test(operator: str, actual: str | None, wanted: list[str], unknown: bool) -> bool:
    name = operator.lower().removeprefix("foranyvalue:")
    if name.endswith("ifexists"):
        if actual is None:
            return True
        name = name.removesuffix("ifexists")
    if name == "null":
        return wanted == ["true" if actual is None else "false"]
    matches = _MATCHES.get(name)
    if matches is None:
        return unknown
    return actual is not None and any(matches(actual, pattern) for pattern in wanted)


def _like(actual: str, pattern: str) -> bool:
    # AWS knows * and ? only; fnmatch's brackets are taken literally.
    return fnmatch.fnmatchcase(actual, pattern.replace("[", "[[]"))


_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "stringequals": str.__eq__,
    "stringlike": _like,
    "arnequals": _like,
    "arnlike": _like,
}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
