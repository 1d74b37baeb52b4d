"""The table of what is replaced and relied on of the base, `points.txt`, and its fingerprints."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "points.txt"

_COLUMNS = re.compile(r"\s{2,}")


@dataclass(frozen=True)
class PatchPoint:
    """One name of the base.

    ``fingerprint`` is of the function's source, empty for data. ``why`` says
    what the plug-in wants with it.
    """

    module: str
    name: str
    replaced: bool
    fingerprint: str
    why: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def current(self) -> Any:
        """The object that the base has under this name."""
        return getattr(importlib.import_module(self.module), self.name)


def read(text: str) -> tuple[PatchPoint, ...]:
    """The points of a table: a line for each, below the line of its module."""
    found = []
    module = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            module = line.strip()
            continue
        name, use, digits, why = _COLUMNS.split(line.strip(), maxsplit=3)
        if use not in ("replaced", "used"):
            raise ValueError(f"{module}.{name} is neither replaced nor used, but {use}")
        found.append(PatchPoint(module, name, use == "replaced", digits.strip("-"), why))
    return tuple(found)


TABLE = read(FILE.read_text("utf-8"))


def fingerprint(function: Any) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a function's source; empty without one."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return ""
    # Versions of Python differ in the lines they count in at the end.
    return hashlib.sha256(source.strip().encode()).hexdigest()[:12]
