"""What a function printed in an invocation: all of it, and nothing of another's.

A function prints, then answers. The base's thread that reads the pipe may run after the answer has
been seen, and the base waits a few milliseconds for it: on a busy machine a line is then in the log
of the next invocation, or of none. Here whoever makes the log reads what is left in the pipe.
"""

from __future__ import annotations

import os
import queue
import select
import threading
from typing import Any, BinaryIO

from ministack.core import lambda_runtime

from ..base import patches

_CHUNK = 65536


class Output:
    """The pipe of one process, read by whoever comes first."""

    def __init__(self, stream: BinaryIO, lines: queue.Queue[str]) -> None:
        self.lines = lines
        self._stream = stream
        self._reading = threading.Lock()
        self._begun = b""
        self._ended = False
        os.set_blocking(stream.fileno(), False)

    def follow(self) -> None:
        """Read until the process ends, so that it never waits for a reader."""
        # Not `select`, which takes no descriptor above 1023.
        readable = select.poll()
        readable.register(self._stream, select.POLLIN)
        while not self._ended:
            readable.poll()
            self.take()
        self._stream.close()

    def take(self) -> None:
        """Read all that is there."""
        with self._reading:
            while not self._ended:
                try:
                    chunk = os.read(self._stream.fileno(), _CHUNK)
                except BlockingIOError:
                    return
                self._ended = not chunk
                *whole, self._begun = (self._begun + chunk).split(b"\n")
                if self._ended and self._begun:
                    whole.append(self._begun)
                for line in whole:
                    self._keep(line.decode("utf-8", errors="replace").rstrip("\r"))

    def _keep(self, line: str) -> None:
        while True:
            try:
                self.lines.put_nowait(line)
                return
            except queue.Full:
                # The oldest goes: a pipe that nobody reads would stop the process.
                self.lines.get_nowait()


class Worker(lambda_runtime.ProvidedWorker):  # type: ignore[misc]
    """The base's process of a function with a custom runtime; its output is read to the end."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._making = threading.Lock()
        self._output: Output | None = None

    def _of(self, stream: BinaryIO, lines: queue.Queue[str]) -> Output:
        with self._making:
            if self._output is None or self._output.lines is not lines:
                self._output = Output(stream, lines)
            return self._output

    def _pump_output(self, stream: Any, log_queue: queue.Queue[str]) -> None:
        self._of(stream, log_queue).follow()

    def _drain_stderr_bounded(self, *_waits: float, **_named: float) -> str:
        process = self._proc
        if process is not None:
            self._of(process.stdout, self._stderr_queue).take()
        return str(self._drain_stderr())


def install() -> None:
    """Take the base's place."""
    patches.replace("ministack.core.lambda_runtime", "ProvidedWorker", Worker)
