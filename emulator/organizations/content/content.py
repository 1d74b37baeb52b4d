"""What CreatePolicy and UpdatePolicy accept as the content of a backup policy.

Written from AWS's documented behaviour and shares nothing with the product's
own validator, so that the one can contradict the other.
"""

from __future__ import annotations

import json
from typing import Any

from ...frame.settings import Settings
from ...wire.errors import ApiError, constraint_violation
from .admission import CHILD_CONTROL, is_control
from .grammar import PLANS

ROOT_KEY = "plans"
VALUE_OPERATORS = ("@@assign", "@@append", "@@remove")


def check_content(content: str, settings: Settings) -> None:
    """Raise the error with which AWS refuses ``content``, if it does."""
    if len(content) > settings.policy_characters:
        raise constraint_violation(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            "You have exceeded the maximum allowed policy size of "
            f"{settings.policy_characters} characters.",
        )
    try:
        document = json.loads(content, object_pairs_hook=_unique_keys, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not isinstance(document, dict) or not _is_backup_policy(document):
        raise _malformed()


def _is_backup_policy(document: dict[str, Any]) -> bool:
    """Whether `plans` is there once, and nothing else that AWS would mind."""
    plans = 0
    for key, value in document.items():
        name = key.lower()
        if name == ROOT_KEY:
            plans += 1
            accepted = PLANS(value)
        elif name == CHILD_CONTROL:
            accepted = is_control(value)
        else:
            # AWS accepts a stray operator at the root, and ignores it.
            accepted = name in VALUE_OPERATORS and not isinstance(value, dict)
        if not accepted:
            return False
    return plans == 1


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has a key twice")
    return result


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _malformed() -> ApiError:
    return ApiError(
        "MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.",
    )
