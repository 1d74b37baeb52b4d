"""A rehearsal for a test: an emulator of its own, quiet unless it fails; and an emulator alone."""

import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kit.emulator import Emulator  # noqa: E402
from kit.isolation import come_to_rest  # noqa: E402

from rehearsal.console.console import Console  # noqa: E402
from rehearsal.scene import prepare  # noqa: E402

# Not what these tests are about, and minutes of compiling: the rehearsal itself runs it.
NOT_RUN = ["^make validate-templates$"]
# A recorded release has no sources to compile `backupctl` from.
OF_A_RELEASE = ["^make plan-org-policy "]


@contextlib.contextmanager
def rehearsal_in(folder, spoil=lambda folder: None, release=None):
    """The story of a working copy that may be spoiled, and its emulator, which ends in order."""
    with Emulator() as emulator:
        console = Console(verbose=True)
        not_run = [*NOT_RUN, *(OF_A_RELEASE if release else ())]
        story = prepare(folder, emulator, console, True, 1800, spoil, not_run, release)
        # The rehearsal itself is.
        story.is_thorough = False
        yield story, emulator
        emulator.mend()
        come_to_rest(emulator.control)


@pytest.fixture
def rehearsal(tmp_path):
    """A story and its emulator."""
    with rehearsal_in(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def emulator():
    """A local AWS for a module's tests."""
    with Emulator() as running:
        yield running


@pytest.fixture(autouse=True)
def rest(request):
    """Nothing that a test began goes on beside the next one."""
    yield
    if "emulator" in request.fixturenames:
        come_to_rest(request.getfixturevalue("emulator").control)
