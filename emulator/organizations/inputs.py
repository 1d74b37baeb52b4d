"""Reading the members of an Organizations request with AWS's limits."""

from __future__ import annotations

import re
from typing import Any

from ..wire.errors import invalid_input

POLICY_ID = re.compile(r"p-[0-9a-zA-Z_]{8,128}")
TARGET_ID = re.compile(r"r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")


def required_text(
    payload: dict[str, Any], name: str, shortest: int = 1, longest: int | None = None
) -> str:
    """A string member that must be there."""
    value = optional_text(payload, name, shortest, longest)
    if value is None:
        raise invalid_input("INPUT_REQUIRED", f"You must provide a value for {name}.")
    return value


def optional_text(
    payload: dict[str, Any], name: str, shortest: int = 1, longest: int | None = None
) -> str | None:
    """A string member within its length in characters, or None."""
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid_input(
            "INVALID_PATTERN", f"You provided a value for {name} that is not a string."
        )
    if len(value) < shortest:
        raise invalid_input(
            "MIN_LENGTH_EXCEEDED", f"You provided a value for {name} shorter than {shortest}."
        )
    if longest is not None and len(value) > longest:
        raise invalid_input(
            "MAX_LENGTH_EXCEEDED", f"You provided a value for {name} longer than {longest}."
        )
    return value


def policy_id(payload: dict[str, Any]) -> str:
    """The PolicyId of a request, of the form AWS demands."""
    value = required_text(payload, "PolicyId")
    if not POLICY_ID.fullmatch(value):
        raise invalid_input("INVALID_SYNTAX_POLICY_ID", "You specified an invalid policy ID.")
    return value


def target_id(payload: dict[str, Any], name: str = "TargetId") -> str:
    """The id of a root, OU or account, of the form AWS demands."""
    value = required_text(payload, name)
    if not TARGET_ID.fullmatch(value):
        raise invalid_input(
            "INVALID_PATTERN_TARGET_ID", f"You specified a {name} that does not match the pattern."
        )
    return value
