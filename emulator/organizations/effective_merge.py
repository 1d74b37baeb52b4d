"""Merges the policies that reach an account, level by level, as AWS Organizations documents it.

Written from AWS's guide ("Policy inheritance") and recorded answers, and after nothing that is
tested with it. What AWS withholds is judged for missing keys and continuous backups alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Fragment = dict[str, Any]

ALL = frozenset({"assign", "append", "remove"})
CONTROL = "@@operators_allowed_for_child_policies"
LONGEST_CONTINUOUS = 35


@dataclass
class Node:
    """A key of the merged policy."""

    name: str
    value: str | list[str] | None = None
    children: dict[str, Node] = field(default_factory=dict)
    # What lower levels may still do here.
    allowed: frozenset[str] = ALL


def merged(levels: Iterable[list[Fragment]]) -> Node:
    """The policies of the root, of each OU and of the account, each in order of attachment."""
    root = Node("")
    for fragments in levels:
        _level(root, [fragment for fragment in fragments if fragment])
    return root


def document(node: Node) -> dict[str, Any]:
    """The merged policy as AWS shows it: without operators and without empty fragments."""
    shown: dict[str, Any] = {}
    for child in node.children.values():
        content = child.value if child.value is not None else document(child)
        if content != {}:
            shown[child.name] = content
    return shown


def errors(content: dict[str, Any]) -> list[dict[str, Any]]:
    """What AWS finds wrong, as `ListEffectivePolicyValidationErrors` answers it."""
    found = []
    for name, plan in content.get("plans", {}).items():
        place = f"plans/{name}"
        found += [
            _missing(place, key) for key in ("regions", "rules", "selections") if key not in plan
        ]
        for rule_name, rule in plan.get("rules", {}).items():
            below = f"{place}/rules/{rule_name}"
            if "target_backup_vault_name" not in rule:
                found.append(_missing(below, "target_backup_vault_name"))
            kept = rule.get("lifecycle", {}).get("delete_after_days")
            continuous = rule.get("enable_continuous_backup") == "true"
            if continuous and (kept is None or int(kept) > LONGEST_CONTINUOUS):
                fields = f"enable_continuous_backup=true,delete_after_days={kept}"
                message = (
                    f"Dependent fields {fields} in policy block {rule_name} are invalid when used "
                    "together"
                )
                found.append(_error("CROSS_ATTRIBUTE_VALIDATION", below, message))
    return found


def _level(node: Node, fragments: list[Fragment]) -> None:
    _operate(node, fragments)
    keys: dict[str, str] = {}
    for fragment in fragments:
        for key, value in fragment.items():
            if not key.startswith("@@") and isinstance(value, dict):
                keys.setdefault(key.lower(), key)
    for lower, written in keys.items():
        if lower not in node.children:
            # A key that is new below needs the right to append to what holds it.
            if "append" not in node.allowed:
                continue
            # AWS shows the names of plans as they are written, everything else in lower case.
            node.children[lower] = Node(written if node.name == "plans" else lower)
        below = [
            value
            for fragment in fragments
            for key, value in fragment.items()
            if key.lower() == lower and isinstance(value, dict)
        ]
        _level(node.children[lower], below)
    for fragment in fragments:
        control = _operator(fragment, CONTROL)
        if control is not None:
            names = {str(name).lower().removeprefix("@@") for name in control}
            node.allowed &= ALL if "all" in names else frozenset(names - {"none"})


def _operate(node: Node, fragments: list[Fragment]) -> None:
    """The first assignment of a level counts, then all additions, then all removals."""
    for fragment in fragments:
        assigned = _operator(fragment, "@@assign")
        if assigned is not None and "assign" in node.allowed:
            node.value = _texts(assigned) if isinstance(assigned, list) else _text(assigned)
            break
    for operator, name in (("@@append", "append"), ("@@remove", "remove")):
        for fragment in fragments:
            given = _operator(fragment, operator)
            if given is None or name not in node.allowed:
                continue
            values = _texts(given if isinstance(given, list) else [given])
            held = node.value if isinstance(node.value, list) else []
            if name == "append":
                node.value = held + [value for value in values if value not in held]
            elif node.value is not None:
                node.value = [value for value in held if value not in values]


def _operator(fragment: Fragment, name: str) -> Any:
    return next((value for key, value in fragment.items() if key.lower() == name), None)


def _texts(values: list[Any]) -> list[str]:
    return list(dict.fromkeys(_text(value) for value in values))


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _missing(place: str, key: str) -> dict[str, Any]:
    return _error("KEY_REQUIRED", place, f"'{key}' is missing")


def _error(code: str, place: str, message: str) -> dict[str, Any]:
    return {
        "ErrorCode": code,
        "ErrorMessage": message,
        "PathToError": place,
        "ContributingPolicies": [],
    }
