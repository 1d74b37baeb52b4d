"""Policy documents: their statements, and which of them speak of an action on a resource."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .needs import UNKNOWN, Unmapped

ALLOW, DENY = "Allow", "Deny"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy; ``label`` is its Sid, or its position when it has none."""

    label: str
    effect: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    # Operator -> key -> values, as written.
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    # What `Principal` says: None in an identity policy, "*" as {"AWS": ("*",)}.
    principals: Mapping[str, tuple[str, ...]] | None

    def patterns_for(self, action: str) -> tuple[str, ...]:
        """The patterns, as written, that match an action; ("not ...",) for a NotAction."""
        if self.not_actions:
            named = any(like(action.lower(), p.lower()) for p in self.not_actions)
            return () if named else ("not " + ", ".join(self.not_actions),)
        return tuple(p for p in self.actions if like(action.lower(), p.lower()))

    def covers(self, resource: str) -> bool:
        """Whether the statement speaks of the resource; a trust policy's always does."""
        if self.not_resources:
            return not any(_resource_like(resource, p) for p in self.not_resources)
        if self.resources:
            return any(_resource_like(resource, p) for p in self.resources)
        return self.principals is not None


@dataclass(frozen=True)
class Policy:
    """A policy and where it is: "inline NAME", a managed policy's ARN, "bucket policy" ..."""

    name: str
    statements: tuple[Statement, ...]

    def without(self, is_dropped: Callable[[str], bool]) -> Policy:
        """The same without what its Allow statements grant by these patterns."""
        kept = []
        for statement in self.statements:
            if statement.effect == ALLOW and statement.actions:
                actions = tuple(a for a in statement.actions if not is_dropped(a))
                if not actions:
                    continue
                kept.append(replace(statement, actions=actions))
            else:
                kept.append(statement)
        return replace(self, statements=tuple(kept))


def read(name: str, document: str | dict[str, Any] | None) -> Policy:
    """A policy from its document; an empty one from none."""
    if not document:
        return Policy(name, ())
    text = document if isinstance(document, str) else json.dumps(document, sort_keys=True)
    return _read(name, text)


@functools.lru_cache(maxsize=4096)
def _read(name: str, text: str) -> Policy:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Unmapped(f"{name} is not JSON") from error
    if not isinstance(document, dict):
        raise Unmapped(f"{name} is not a policy document")
    statements = [
        _statement(name, number, statement)
        for number, statement in enumerate(as_list(document.get("Statement")), 1)
    ]
    return Policy(name, tuple(statements))


def _statement(name: str, number: int, statement: Any) -> Statement:
    if not isinstance(statement, dict) or statement.get("Effect") not in (ALLOW, DENY):
        raise Unmapped(f"statement {number} of {name} has no Effect")
    if "NotPrincipal" in statement:
        raise Unmapped(f"statement {number} of {name} has a NotPrincipal")
    conditions = [
        (operator, key, tuple(str(value) for value in as_list(values)))
        for operator, tests in (statement.get("Condition") or {}).items()
        for key, values in tests.items()
    ]
    return Statement(
        statement.get("Sid") or f"statement {number}",
        statement["Effect"],
        _texts(statement.get("Action")),
        _texts(statement.get("NotAction")),
        _texts(statement.get("Resource")),
        _texts(statement.get("NotResource")),
        tuple(conditions),
        _principals(statement.get("Principal")),
    )


def _principals(principal: Any) -> dict[str, tuple[str, ...]] | None:
    if principal is None:
        return None
    if isinstance(principal, dict):
        return {kind: _texts(named) for kind, named in principal.items()}
    return {"AWS": _texts(principal)}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(entry) for entry in as_list(value))


def as_list(value: Any) -> list[Any]:
    """What a policy may write as one value or as a list of them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def like(text: str, pattern: str) -> bool:
    """AWS's matching: `*` is any text, `?` any character, everything else itself."""
    return pattern == "*" or _pattern(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _resource_like(resource: str, pattern: str) -> bool:
    if "${" in pattern:
        raise Unmapped(f"policy variable in `{pattern}`")
    if resource == UNKNOWN and pattern != "*":
        raise Unmapped("nobody here knows the resource of this request")
    return like(resource, pattern)
