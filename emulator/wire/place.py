"""Where something is or happens: one account's part of one Region."""

from __future__ import annotations

from typing import NamedTuple

from ministack.core.responses import get_account_id, get_region


class Place(NamedTuple):
    """An account and a Region."""

    account: str
    region: str


def here() -> Place:
    """Where the present request is answered."""
    return Place(get_account_id(), get_region())
