"""What every command here does around its work: signals, proxies, and one line when it cannot."""

import os
import sys

from kit.emulator import CannotStart, trouble
from kit.environment import is_proxy
from kit.interruption import Interrupted, listen

from .names import CannotRehearse

FAILED, CANNOT_RUN, INTERRUPTED = 1, 2, 130


def guarded(name, act, left="nothing is left running"):
    """What ``act`` returns; an interruption and what makes it impossible become one line.

    ``left`` says what is so after an interruption.
    """
    listen()
    sys.stdout.reconfigure(errors="replace")
    # Everything is on this machine: a proxy could only be in the way.
    for variable in filter(is_proxy, list(os.environ)):
        del os.environ[variable]
    try:
        return act()
    except Interrupted:
        print(f"\n{name} was interrupted; {left}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except (CannotStart, CannotRehearse) as error:
        print(f"{name} cannot run: {error}", file=sys.stderr)
        return CANNOT_RUN
    except OSError as error:  # a full disk, or a folder that is read-only
        print(f"{name} cannot go on: {trouble(error)}", file=sys.stderr)
        return CANNOT_RUN
