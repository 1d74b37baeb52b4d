"""What is asked: an action on a resource, with the condition keys that come with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | list[str]


@dataclass(frozen=True)
class Need:
    """One permission that something needs: one action on one resource.

    ``resource`` is an ARN, "*" for an action that has no resource, or `UNKNOWN`; an action on two
    resources is two needs. ``context`` has condition keys in lower case, beside the global ones.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, Value] = field(default_factory=dict)


# The resource of a request that names one which nobody here can find out. A statement for all
# resources is evaluated all the same, one that limits them is `Unmapped`.
UNKNOWN = "unknown"


class Unmapped(Exception):
    """The emulator does not know what a policy or a request means; the text says what."""
