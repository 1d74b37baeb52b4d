"""The conditions of a policy statement, as far as the solution's policies use them.

Deliberately small. What it does not know never matches an Allow and always
matches a Deny, so a gap shows as a refusal and not as a silent pass.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any


def hold(statement: dict[str, Any], keys: Mapping[str, str]) -> bool:
    """Whether the statement's conditions hold; ``keys`` are in lower case."""
    unknown = statement.get("Effect") == "Deny"
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            values = [str(value) for value in as_list(wanted)]
            if not _test(operator, keys.get(key.lower()), values, unknown):
                return False
    return True


def like(text: str, pattern: str) -> bool:
    """AWS's matching: `*` and `?` only, so fnmatch's brackets are taken literally."""
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def as_list(value: Any) -> list[Any]:
    """What a policy may write as one value or as a list of them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


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


_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "stringequals": str.__eq__,
    "stringlike": like,
    "arnequals": like,
    "arnlike": like,
}
