"""A rehearsal for a test: an emulator of its own, the packages in dist/, quiet unless it fails."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kit.emulator import Emulator  # noqa: E402
from kit.isolation import come_to_rest  # noqa: E402

from rehearsal.console.console import Console  # noqa: E402
from rehearsal.scene import prepare  # noqa: E402

# Not what these tests are about, and minutes of compiling: the rehearsal itself runs both.
NOT_RUN = ["^make validate-templates$", "^make plan-org-policy "]


@pytest.fixture
def rehearse(tmp_path):
    """A function that makes the story of a spoiled working copy, and the emulator."""
    emulators = []

    def make(spoil=lambda folder: None):
        emulator = Emulator()
        emulators.append(emulator)
        emulator.__enter__()
        return prepare(
            tmp_path, emulator, Console(verbose=True), True, 1800, spoil, NOT_RUN
        ), emulator

    yield make
    try:
        for emulator in emulators:
            emulator.mend()
            come_to_rest(emulator.control)
    finally:
        for emulator in emulators:
            emulator.__exit__()
