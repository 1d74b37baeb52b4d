"""One emulator for the whole run, reset after each test: what is not to be ended fails that one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import PATIENCE, World

ROOT = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the emulator as a child, as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "emulator", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="session")
def served() -> Iterator[World]:
    """The running emulator."""
    # An AWS profile of the developer must not reach the clients.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    process = start("--port", "0", "--log-level", "CRITICAL")
    try:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], process.communicate(timeout=PATIENCE)
        yield World(ready[1], process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def world(served: World) -> Iterator[World]:
    """The running emulator in the state of a fresh start."""
    yield served
    served.control("POST", "reset", {})
