"""Ctrl-C, SIGTERM and a closed terminal: an orderly end at any moment, and nothing half made.

`listen` turns the first of them into `Interrupted`, which unwinds the program as
an error would. What must not be cut in two (a process that starts and the note
that it runs, a folder and its removal) stands in `held`.
"""

import contextlib
import os
import shutil
import signal
import subprocess

from .folders import clear_stale, make

STOP_SECONDS = 5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_depth = 0
_waiting = False


class Interrupted(KeyboardInterrupt):
    """Somebody wants this program to end."""


def listen():
    """From now on these signals raise `Interrupted`, except those that are ignored already."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _hear)


def deaf():
    """From now on these signals do nothing: all is done, and nothing is undone any more."""
    global _waiting
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    _waiting = False


def _hear(*_):
    global _waiting
    if _depth:
        _waiting = True
    else:
        raise Interrupted


@contextlib.contextmanager
def held():
    """Signals wait until the end of the block."""
    global _depth, _waiting
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth and _waiting:
            _waiting = False
            raise Interrupted


@contextlib.contextmanager
def temporary_folder(prefix):
    """A folder that is gone at the end of the block, whatever ends it.

    One that `kill -9` left goes when the next is made.
    """
    folder = None
    try:
        with held():
            clear_stale(prefix)
            folder = make(prefix)
        yield folder
    finally:
        with held():
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def start(*arguments, **more):
    """A process in a session of its own: Ctrl-C reaches only us, and we stop it with `stop`."""
    return subprocess.Popen(*arguments, start_new_session=True, **more)


def stop(process, seconds=STOP_SECONDS):
    """End a process, politely first, and all that is in its session; fine when it has ended."""
    with held():
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        # What it left behind goes with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
