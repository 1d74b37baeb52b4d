"""The process that started the emulator: when it dies, however it dies, nothing is left.

Standard input is a pipe that only the parent writes to. Its end of file is the parent's death, on
every system and also after ``kill -9``. A parent that wants to leave the emulator running writes
something before it ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path

# An orderly end takes less; a part of the base that hangs must not outlive it.
END_SECONDS = 10


class Parent:
    """Watches the parent from its making on; ``folder`` is removed when it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended = threading.Event()
        self._is_gone = threading.Event()
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def _watch(self) -> None:
        # Not by way of sys.stdin: its lock would be held at the interpreter's end.
        if os.read(0, 1):
            return
        self._is_gone.set()
        # As everybody ends the emulator: its functions stop and its files go.
        os.kill(os.getpid(), signal.SIGTERM)
        self._ended.wait(END_SECONDS)
        self.clear()

    def clear(self) -> None:
        """The last act of the process, if the parent is gone: nothing is left of either."""
        self._ended.set()
        if not self._is_gone.is_set():
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        # What leads a session takes along what it started.
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
