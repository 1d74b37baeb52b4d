"""Tags of the organization's resources and AWS's rules for them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from ..frame.settings import Settings
from ..wire.errors import constraint_violation, invalid_input

_SYMBOLS = frozenset("_.:/=+-@")
_SYSTEM_PREFIX = re.compile(r"aws:", re.IGNORECASE)


def read_tags(tags: Any) -> dict[str, str]:
    """The tags of a request (a list of Key and Value), checked as AWS does."""
    if not isinstance(tags, list):
        raise invalid_input("INPUT_REQUIRED", "You must provide a list of tags.")
    result: dict[str, str] = {}
    for tag in tags:
        key, value = (tag.get("Key"), tag.get("Value")) if isinstance(tag, dict) else (None, None)
        if not isinstance(key, str) or not isinstance(value, str):
            raise invalid_input(
                "INPUT_REQUIRED", "You must provide a Key and a Value for each tag."
            )
        _check_key(key)
        _check_text(value, "tag value", 0, 256)
        if key in result:
            raise invalid_input(
                "DUPLICATE_TAG_KEY", "You provided the same tag key more than once."
            )
        result[key] = value
    return result


def read_keys(keys: Any) -> list[str]:
    """The keys of an UntagResource request, checked as AWS does."""
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise invalid_input("INPUT_REQUIRED", "You must provide a list of tag keys.")
    for key in keys:
        _check_key(key)
    return keys


def merged(old: dict[str, str], new: dict[str, str], settings: Settings) -> dict[str, str]:
    """``old`` with ``new`` put over it, unless that is more than a resource may bear."""
    result = {**old, **new}
    if len(result) > settings.tags_per_resource:
        raise constraint_violation(
            "MAX_TAG_LIMIT_EXCEEDED",
            "You have exceeded the number of tags allowed on this resource: "
            f"{settings.tags_per_resource}.",
        )
    return result


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """The tags as the wire carries them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _check_key(key: str) -> None:
    _check_text(key, "tag key", 1, 128)
    if _SYSTEM_PREFIX.match(key):
        raise invalid_input(
            "INVALID_SYSTEM_TAGS_PARAMETER",
            "You specified a tag key that is a system tag. The prefix `aws:` is reserved.",
        )


def _check_text(text: str, name: str, shortest: int, longest: int) -> None:
    if len(text) < shortest:
        raise invalid_input(
            "MIN_LENGTH_EXCEEDED", f"You provided a {name} shorter than {shortest}."
        )
    if len(text) > longest:
        raise invalid_input("MAX_LENGTH_EXCEEDED", f"You provided a {name} longer than {longest}.")
    if not all(_is_tag_character(character) for character in text):
        raise invalid_input(
            "INVALID_PATTERN", f"You provided a {name} with characters that are not allowed."
        )


def _is_tag_character(character: str) -> bool:
    """Letters, separators, numbers (Unicode L, Z, N) and `_.:/=+-@`."""
    return character in _SYMBOLS or unicodedata.category(character)[0] in "LZN"
