"""What goes on although nobody waits for its answer: threads, tasks and requests, by name.

A test that ends while something of it is under way meets the next one on the same emulator.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

PAUSE = 0.01


@dataclass(frozen=True)
class Entry:
    """One thing that goes on."""

    what: str
    id: int = field(default_factory=itertools.count(1).__next__)
    since: float = field(default_factory=time.monotonic)


_entries: dict[int, Entry] = {}
# The event loop holds tasks only weakly: one that nobody else holds may vanish before its end.
_tasks: set[asyncio.Task[Any]] = set()


@contextlib.contextmanager
def going(what: str) -> Iterator[None]:
    """What the block does is under way."""
    entry = _enter(what)
    try:
        yield
    finally:
        _leave(entry)


def thread(what: str, target: Callable[..., Any], *args: Any) -> None:
    """Start a thread; it is under way until it ends."""
    entry = _enter(what)

    def run() -> None:
        try:
            target(*args)
        finally:
            _leave(entry)

    threading.Thread(target=run, daemon=True, name=what).start()


def task(what: str, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start a task of the event loop; it is under way until it ends."""
    entry = _enter(what)
    started = asyncio.get_running_loop().create_task(coroutine)
    _tasks.add(started)

    def ended(over: asyncio.Task[None]) -> None:
        _tasks.discard(over)
        _leave(entry)

    started.add_done_callback(ended)
    return started


def show() -> list[dict[str, Any]]:
    """Everything that is under way, oldest first."""
    now = time.monotonic()
    return [
        {"id": str(entry.id), "what": entry.what, "seconds": round(now - entry.since, 3)}
        for entry in list(_entries.values())
    ]


async def rest(seconds: float) -> list[str]:
    """Wait until nothing is under way; what still is after so many seconds."""
    deadline = time.monotonic() + seconds
    while _entries and time.monotonic() < deadline:
        await asyncio.sleep(PAUSE)
    return [entry.what for entry in list(_entries.values())]


def _enter(what: str) -> Entry:
    entry = Entry(what)
    _entries[entry.id] = entry
    return entry


def _leave(entry: Entry) -> None:
    del _entries[entry.id]
