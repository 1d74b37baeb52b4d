"""Paging of AWS Organizations: MaxResults 1 to 20, opaque tokens, empty pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..frame.settings import Settings
from ..wire.errors import invalid_input

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a listing; ``next_token`` is None on the last one."""

    items: list[Item]
    next_token: str | None

    def answer(self, name: str) -> dict[str, Any]:
        """The answer in which the items stand below ``name``."""
        token = {} if self.next_token is None else {"NextToken": self.next_token}
        return {name: self.items, **token}


def paginate(
    listing: str,
    entries: Sequence[tuple[Any, Item]],
    request: dict[str, Any],
    settings: Settings,
) -> Page[Item]:
    """The page of ``entries`` that ``request`` asks for.

    ``entries`` are (cursor, item) pairs in ascending order of their cursor. A
    page starts after the last cursor seen and not at an offset, so changes
    between two pages neither repeat nor skip an item. ``listing`` names the
    operation and its filter: a token of another listing is refused.
    """
    size = min(_max_results(request), max(settings.page_size, 1))
    seen, filled = _read_token(listing, request.get("NextToken"))
    rest = [entry for entry in entries if seen is None or entry[0] > seen]
    if settings.empty_pages and rest and not filled:
        return Page([], _token(listing, seen, filled=True))
    page = rest[:size]
    if len(rest) <= size:
        return Page([item for _, item in page], None)
    return Page([item for _, item in page], _token(listing, page[-1][0], filled=False))


def _max_results(request: dict[str, Any]) -> int:
    value = request.get("MaxResults")
    if value is None:
        return 20
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid_input(
            "INVALID_PATTERN", "You provided a value that is not a number for MaxResults."
        )
    if value < 1:
        raise invalid_input(
            "MIN_VALUE_EXCEEDED", "You provided a value less than the minimum of 1 for MaxResults."
        )
    if value > 20:
        raise invalid_input(
            "MAX_VALUE_EXCEEDED",
            "You provided a value greater than the maximum of 20 for MaxResults.",
        )
    return value


def _token(listing: str, seen: Any, *, filled: bool) -> str:
    text = json.dumps([listing, seen, filled])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_token(listing: str, token: Any) -> tuple[Any, bool]:
    if token is None:
        return None, False
    try:
        of, seen, filled = json.loads(base64.urlsafe_b64decode(str(token).encode()))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError) as error:
        raise _bad_token() from error
    if of != listing:
        raise _bad_token()
    return seen, bool(filled)


def _bad_token() -> Exception:
    return invalid_input("INVALID_NEXT_TOKEN", "You provided an invalid NextToken value.")
