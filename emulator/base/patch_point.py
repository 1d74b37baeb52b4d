"""One name of the base that is replaced or relied on, and the fingerprint of its source."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PatchPoint:
    """One private name of the base.

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


def fingerprint(function: Any) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a function's source; empty without one."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return ""
    # Versions of Python differ in the lines they count in at the end.
    return hashlib.sha256(source.strip().encode()).hexdigest()[:12]
