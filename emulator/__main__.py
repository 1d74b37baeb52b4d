"""The command line: ``python -m emulator --port N``."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from .base import pinned as base
from .frame.listener import listen
from .frame.parent import Parent

# Exit status when it cannot start: a port in use, a full disk, or a base that does not fit.
CANNOT_START = 2


def main() -> int:
    """Run the emulator; the exit status."""
    parser = argparse.ArgumentParser(prog="emulator", description="a local AWS for the tests")
    parser.add_argument(
        "--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument(
        "--tied",
        type=Path,
        metavar="FOLDER",
        help="end when standard input does, if nothing was in it, and remove this folder then",
    )
    parser.add_argument(
        "--log-level", default="WARNING", help="of the log on standard error (default: WARNING)"
    )
    options = parser.parse_args()
    level = options.log_level.upper()
    # Until the server takes the signals over; the files are removed on the way out.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    signal.signal(signal.SIGINT, lambda number, frame: sys.exit(0))
    parent = Parent(options.tied) if options.tied else None
    try:
        base.check_versions()
        return _run(options.port, level)
    except base.BaseMismatch as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{error.filename or 'its files'}: {error.strerror or error}")
    finally:
        if parent:
            parent.clear()


def _run(port: int, level: str) -> int:
    if not 0 <= port < 65536:
        return _complain(f"{port} is no port: a number from 0 to 65535 is one")
    directory = tempfile.mkdtemp(prefix="aws-emulator-")
    tempfile.tempdir = directory
    try:
        # The socket first: the base wants to know its port before it is imported.
        try:
            listener = listen(port)
        except OSError as error:
            return _complain(
                f"cannot listen on 127.0.0.1:{port}: {error.strerror}; "
                "stop what uses the port or choose another with --port"
            )
        base.configure(listener.getsockname()[1], directory, level)
        from .frame.server import run  # noqa: PLC0415  it imports the base, which must be configured before

        run(listener, level)
        return 0
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _complain(message: str) -> int:
    print(f"emulator: {message}", file=sys.stderr)
    return CANNOT_START


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the base that still wait for something must not hold the process.
    os._exit(status)
