"""Waiting for a state, and not for ever."""

import time

# Longer than anything here takes: a limit, no measure, for a machine may be slow. A custom resource
# that nobody answers is given up by then.
SECONDS = 180
PAUSE = 0.02


class NotInTime(TimeoutError):
    """What was waited for did not happen."""


def eventually(condition, what, seconds=SECONDS, pause=PAUSE, error=NotInTime):
    """Wait until ``condition()`` is true; its value.

    After ``seconds`` it fails with ``what`` as the message: a text, or a function that makes it.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise error(f"{what() if callable(what) else what} ({seconds} s)")
        time.sleep(pause)
    return value
