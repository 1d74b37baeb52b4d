"""The log of every AWS call, in the order in which the calls took effect."""

from __future__ import annotations

import collections
import itertools
import json
import re
import time
from typing import Any

from ..wire.calls import Call

# Enough for any test; a forgotten emulator does not grow without bound.
LIMIT = 100_000

_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


class CallLog:
    """Entries are plain dictionaries, ready for the control plane."""

    def __init__(self) -> None:
        self._entries: collections.deque[dict[str, Any]] = collections.deque(maxlen=LIMIT)
        self._sequence = itertools.count(1)

    def begin(self, call: Call, fault: str | None) -> dict[str, Any]:
        """Enter a call at the moment it is let through or failed."""
        entry = {
            "sequence": next(self._sequence),
            "time": time.time(),
            "account": call.account,
            "principal": call.principal,
            "service": call.service,
            "operation": call.operation,
            "parameters": call.parameters,
            "error": None,
            "fault": fault,
        }
        self._entries.append(entry)
        return entry

    def show(self, wanted: dict[str, str]) -> list[dict[str, Any]]:
        """The entries whose members equal those of ``wanted``."""
        return [
            entry
            for entry in list(self._entries)
            if all(str(entry.get(k)) == v for k, v in wanted.items())
        ]

    def clear(self) -> None:
        """Forget every call; the sequence goes on."""
        self._entries.clear()


def error_code(status: int, headers: dict[str, str], body: bytes) -> str | None:
    """The AWS error code of a response, from whichever place its format has for it."""
    if status < 400:
        return None
    if kind := headers.get("x-amzn-errortype"):
        return kind.partition(":")[0]
    try:
        payload = json.loads(body)
    except ValueError:
        payload = None
    if isinstance(payload, dict):
        kind = payload.get("__type") or payload.get("code") or payload.get("Code")
        if isinstance(kind, str):
            return kind.rpartition("#")[2]
    found = _XML_CODE.search(body)
    return found.group(1).decode() if found else f"HTTP {status}"
