"""The building blocks of a policy's grammar: leaves with operators, maps, objects.

A node is a function that says whether a part of a document is accepted. Fixed
keys and operators are matched without regard to case, as AWS does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Node = Callable[[Any], bool]
Check = Callable[[str], bool]
# Fixed key in lower case -> the part below it.
Parts = dict[str, Any]
Rule = Callable[[Parts], bool]

CHILD_CONTROL = "@@operators_allowed_for_child_policies"
_CONTROLS = ("@@all", "@@assign", "@@append", "@@remove", "@@none")


def scalar(check: Check) -> Node:
    """A leaf with one value: only `@@assign`; numbers and booleans count as their text."""

    def accepts(part: Any) -> bool:
        return _leaf(part, {"@@assign": lambda value: _is_scalar(value) and check(text(value))})

    return accepts


def several(check: Check, shortest: int = 0) -> Node:
    """A leaf with a list of values, to assign, append or remove."""

    def values(value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) >= shortest
            and all(_is_scalar(item) and check(text(item)) for item in value)
        )

    return lambda part: _leaf(part, {"@@assign": values, "@@append": values, "@@remove": values})


def mapping(name: str, node: Node, rule: Callable[[str, Parts], bool] | None = None) -> Node:
    """A map from names of one's own, which match the pattern ``name``, to nodes."""
    pattern = re.compile(name)

    def is_entry(key: str, value: Any) -> bool:
        if key.lower() == CHILD_CONTROL:
            return is_control(value)
        if pattern.fullmatch(key) is None or not node(value):
            return False
        return rule is None or rule(key, _parts(value))

    return lambda part: isinstance(part, dict) and all(is_entry(*entry) for entry in part.items())


def fixed(nodes: Mapping[str, Node], rule: Rule | None = None) -> Node:
    """An object with fixed keys, each at most once, and a rule about it as a whole."""

    def accepts(part: Any) -> bool:
        if not isinstance(part, dict) or len(_parts(part)) != len(part):
            return False
        for key, value in _parts(part).items():
            node = is_control if key == CHILD_CONTROL else nodes.get(key)
            if node is None or not node(value):
                return False
        return rule is None or rule(_parts(part))

    return accepts


def needs(*keys: str) -> Rule:
    """The rule that all of these keys are there."""
    return lambda parts: all(key in parts for key in keys)


def needs_one_of(*keys: str) -> Rule:
    """The rule that at least one of these keys is there."""
    return lambda parts: any(key in parts for key in keys)


def assigned(parts: Parts, *path: str) -> str | None:
    """The text that the leaf at ``path`` assigns, None when it assigns none."""
    part: Any = parts
    for key in (*path, "@@assign"):
        part = _parts(part).get(key)
    return text(part) if _is_scalar(part) else None


def text(value: Any) -> str:
    """A scalar as AWS turns it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _leaf(part: Any, operators: Mapping[str, Node]) -> bool:
    if not isinstance(part, dict) or len(_parts(part)) != len(part):
        return False
    known = {**operators, CHILD_CONTROL: is_control}
    return all(key in known and known[key](value) for key, value in _parts(part).items())


def is_control(value: Any) -> bool:
    """A list of allowed operators: not empty, none twice, `@@none` alone."""
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        return False
    names = [name.lower() for name in value]
    if len(set(names)) != len(names) or not set(names) <= set(_CONTROLS):
        return False
    return "@@none" not in names or len(names) == 1


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def _parts(part: Any) -> Parts:
    return {key.lower(): value for key, value in part.items()} if isinstance(part, dict) else {}
