"""``python -m rehearsal``: from nothing to a deployed solution, and to a clean end."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from demo.emulator import CannotStart, Emulator

from .names import CannotRehearse, RehearsalFailed
from .report import Report
from .scene import prepare

FAILED, CANNOT_RUN, INTERRUPTED = 1, 2, 130


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(prog="make rehearsal", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the emulator's; default: a free one")
    parser.add_argument(
        "--prebuilt", action="store_true", help="publish the packages in dist/, do not build them"
    )
    parser.add_argument("--seconds", type=int, default=3600, help="longest time of a pipeline run")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    sys.stdout.reconfigure(errors="replace")
    report = Report()
    try:
        return run(arguments, report)
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left running", file=sys.stderr)
        return INTERRUPTED
    except (CannotStart, CannotRehearse) as error:
        print(f"the rehearsal cannot run: {error}", file=sys.stderr)
        return CANNOT_RUN


def run(arguments, report):
    """The rehearsal itself; its exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="rehearsal-") as name,
        Emulator(arguments.port) as emulator,
    ):
        folder = Path(name)
        story = prepare(folder, emulator, report.say, arguments.prebuilt, arguments.seconds)
        status = 0
        try:
            for title, act in story.stages():
                report.stage(title, act)
        except (RehearsalFailed, ClientError, BotoCoreError) as error:
            report.say(f"   FAILED: {error}")
            status = FAILED
        report.summary(story.rows, emulator.builds(), emulator.calls())
        return status


if __name__ == "__main__":
    sys.exit(main())
