"""``python -m rehearsal``: from nothing to a deployed solution, and to a clean end."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from demo.emulator import CannotStart, Emulator

from .checkout import Checkout
from .landscape import Landscape
from .names import CannotRehearse, RehearsalFailed
from .people import People
from .report import Report
from .story import Story, copy_packages
from .typed import Typed
from .watch import Watch

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
        prebuilt = folder / "dist" if arguments.prebuilt else None
        if prebuilt:
            prebuilt.mkdir()
            copy_packages(prebuilt)
        (folder / "checkout").mkdir()
        checkout = Checkout(folder / "checkout")
        people = People(emulator.url)
        people.bootstrap()
        people.write_profiles(folder / "profiles")
        report.say(f"an emulated organization is ready at {emulator.url}")
        typed = Typed(checkout.folder, emulator.url, folder / "profiles", report.say)
        landscape = Landscape(people, emulator)
        watch = Watch(people, report.say, arguments.seconds)
        story = Story(emulator, people, checkout, typed, watch, landscape, prebuilt)
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
