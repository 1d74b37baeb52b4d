"""The base is checked against the table of `points`, and what is replaced is put in.

ministack has no plug-in interface, so this plug-in replaces functions of it. A
replaced function must still be the one that was read when the replacement was
written: its source has a fingerprint in the table. `check` reports every mismatch
at once and nothing is patched.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from .pinned import BaseMismatch
from .points import TABLE, PatchPoint, fingerprint

# (module, name) of what has been replaced -> the module that the base defines it in.
_HOMES: dict[tuple[str, str], str] = {}


def check(table: tuple[PatchPoint, ...] = TABLE) -> None:
    """Raise `BaseMismatch` naming every patch point that is not as expected."""
    found = [text for point in table if (text := problem(point)) is not None]
    if found:
        raise BaseMismatch(
            "the base is not the one the emulator was written for: " + "; ".join(found)
        )


def replace(module: str, name: str, replacement: Callable[..., Any]) -> None:
    """Put ``replacement`` in the place of a name that the table lists as replaced.

    When the module defines it, modules of the base that import it by name get it, too.
    """
    if not any(point.module == module and point.name == name and point.replaced for point in TABLE):
        raise BaseMismatch(f"patch point {module}.{name} is not in the table")
    home = importlib.import_module(module)
    current = getattr(home, name)
    is_home = _HOMES.setdefault((module, name), getattr(current, "__module__", "")) == module
    for other in list(sys.modules.values()) if is_home else [home]:
        if other.__name__.startswith("ministack.") and vars(other).get(name) is current:
            setattr(other, name, replacement)


def problem(point: PatchPoint) -> str | None:
    """What of the installed base differs from the table."""
    try:
        current = point.current()
    except ImportError:
        return f"patch point {point}: no such module"
    except AttributeError:
        return f"patch point {point}: no such name"
    if point.fingerprint and fingerprint(current) != point.fingerprint:
        return f"patch point {point}: its source has changed"
    return None
