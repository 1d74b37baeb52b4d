"""A rehearsal for a test: an emulator of its own, the packages in dist/, quiet unless it fails."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
# At the end: `deploy` is the package of the tools, and a folder of tests, too.
sys.path.append(str(Path(__file__).resolve().parents[3] / "tools"))

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


@pytest.fixture(scope="module")
def emulator():
    """A local AWS for a module's tests, which see what the ones before them have made."""
    with Emulator() as running:
        yield running


@pytest.fixture(autouse=True)
def rest(request):
    """Nothing that a test began goes on beside the next one."""
    yield
    if "emulator" in request.fixturenames:
        come_to_rest(request.getfixturevalue("emulator").control)
