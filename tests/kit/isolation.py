"""Tests that share an emulator: each waits for what it caused, and leaves nothing to the next one.

``control`` is the emulator's control plane: a function of a method, a name and a body.
"""

import contextlib
import json

from .wait import SECONDS, eventually

# What of the emulator's state a test leaves as it found it. Resources of tests' own do no harm.
STATE = ("faults", "organization", "other-organization", "queues", "restore-settings", "stacks")


class NotIsolated(AssertionError):
    """A test whose late events would meet the next one, or that left something behind."""


@contextlib.contextmanager
def isolated(control, clean=lambda: None):
    """What the block causes has ended afterwards, and after ``clean`` the state is as before."""
    already = going(control)
    before = state(control)
    yield
    control("DELETE", "faults")
    come_to_rest(control, already)
    clean()
    come_to_rest(control, already)
    after = state(control)
    left = [f"+ {line}" for line in after - before] + [f"- {line}" for line in before - after]
    if left:
        raise NotIsolated("this test left behind:\n" + "\n".join(sorted(left)))


def going(control):
    """What is under way, by id: each in words."""
    return {entry["id"]: entry["what"] for entry in control("GET", "under-way")}


def come_to_rest(control, besides=()):
    """Wait until nothing is under way, or nothing but what already was."""
    left = []

    def nothing_left():
        left[:] = [what for entry, what in going(control).items() if entry not in besides]
        return not left

    def still_under_way():
        return "still under way: " + "; ".join(left)

    eventually(nothing_left, still_under_way, SECONDS, error=NotIsolated)


def state(control):
    """What is there, a line each."""
    found = {name: control("GET", name) for name in STATE}
    for stack in found["stacks"]:
        del stack["status"]
    permissions = control("GET", "permissions")
    found["permissions"] = {key: permissions[key] for key in ("roots", "without")}
    return set(_lines(found))


def _lines(value, name=""):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _lines(part, f"{name} {key}".strip())
    else:
        for part in value if isinstance(value, list) else [value]:
            yield f"{name}: {json.dumps(part)}"
