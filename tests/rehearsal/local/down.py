"""``python -m rehearsal.down``: stop what `make up` left running, and remove all of it."""

import argparse
import sys
from pathlib import Path

from kit.interruption import held

from ..guard import guarded
from . import running
from .running import FOLDER


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(prog="make down", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it was noted")
    arguments = parser.parse_args()
    return guarded("make down", lambda: run(arguments.folder.resolve()))


def run(folder):
    """Stop it; the exit status."""
    # Not half: it takes seconds at most.
    with held(), running.alone(folder):
        found = running.read(folder)
        if found is not None and found.is_alive():
            running.stop(found)
            printed = f"stopped what ran at {found.url}"
        elif found is not None:
            printed = f"what ran at {found.url} had ended already"
        else:
            printed = "nothing runs"
        running.clear(folder)
    print(f"{printed}; nothing of it is left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
