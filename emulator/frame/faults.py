"""Faults that a test injects into calls: which, how often, and in what form."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..wire.calls import Call

# The kinds after which the call takes effect, and of those the ones whose answer never arrives.
HARMLESS = frozenset({"slow"})
LOSING = frozenset({"lost-answer", "crash"})
KINDS = ("throttle", "conflict", "server-error", "slow", "lost-answer", "crash", "refuse")


@dataclass
class Fault:
    """A fault; ``times`` and ``after`` count down as calls match.

    ``account`` None means any, ``operation`` "*" means any. ``code`` replaces
    the error code that the kind has for the service; ``delay_ms`` is how long a
    slow call waits before it goes on, or any other before it fails. A crash is a
    lost answer whose caller, if it is a function, is killed too.
    """

    service: str
    operation: str
    kind: str
    times: int = 1
    account: str | None = None
    code: str | None = None
    delay_ms: int = 0
    after: int = 0

    def matches(self, call: Call) -> bool:
        """Whether the fault is meant for this call."""
        return (
            self.service == call.service
            and self.operation in ("*", call.operation)
            and self.account in (None, call.account)
        )


def read_fault(value: Any) -> Fault:
    """A fault from the control plane's JSON. Raises ``ValueError``."""
    if not isinstance(value, dict):
        raise ValueError("a fault must be an object")
    known = {field.name for field in fields(Fault)}
    if unknown := set(value) - known:
        raise ValueError(
            f"unknown member `{sorted(unknown)[0]}` of a fault; "
            f"known are {', '.join(sorted(known))}"
        )
    if missing := {"service", "operation", "kind"} - set(value):
        raise ValueError(f"a fault must have `{sorted(missing)[0]}`")
    if value["kind"] not in KINDS:
        raise ValueError(f"unknown kind `{value['kind']}` of a fault; known are {', '.join(KINDS)}")
    for name in ("times", "after", "delay_ms"):
        number = value.get(name, 0)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise ValueError(f"`{name}` of a fault must be an integer of at least 0")
    for name in known - {"times", "after", "delay_ms"}:
        if not isinstance(value.get(name), (str, type(None))):
            raise ValueError(f"`{name}` of a fault must be a string")
    return Fault(**value)


class Faults:
    """The faults in force, in the order in which they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._ended = asyncio.Event()

    def add(self, faults: list[Fault]) -> None:
        """Put more faults in force, behind the present ones."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """End every fault; calls that one delays go on."""
        with self._lock:
            self._faults.clear()
        self._ended.set()
        self._ended = asyncio.Event()

    async def delay(self, fault: Fault) -> None:
        """Wait as long as a fault says, or until faults are ended."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._ended.wait(), fault.delay_ms / 1000)

    def take(self, call: Call) -> Fault | None:
        """The fault that strikes this call, counted down; the first that matches wins."""
        with self._lock:
            for fault in self._faults:
                if fault.times == 0 or not fault.matches(call):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def show(self) -> list[dict[str, Any]]:
        """The faults with what is left of their counts."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
