"""Temporary folders that tell whether somebody still uses them.

A folder is in use while its maker holds a lock on a file in it. The system lets go of the lock when
the maker dies, however it dies, so what `kill -9` left behind is known from what another run uses.
"""

import contextlib
import fcntl
import shutil
import tempfile
import time
from pathlib import Path

LOCK = "in-use"
# A folder has no lock for a moment after it was made.
MOMENT_SECONDS = 60
_locks = []


def make(prefix):
    """A new folder, in use until this program ends."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    lock = (folder / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    _locks.append(lock)
    return folder


def clear_stale(prefix):
    """Remove the folders of this prefix that nobody uses any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        # Somebody else's, or gone meanwhile.
        with contextlib.suppress(OSError):
            if is_stale(folder):
                shutil.rmtree(folder, ignore_errors=True)


def is_stale(folder):
    """Whether a folder was made by `make` and its maker is gone."""
    with (folder / LOCK).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return time.time() - folder.stat().st_mtime > MOMENT_SECONDS
