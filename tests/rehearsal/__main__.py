"""``python -m rehearsal``: from nothing to a deployed solution, and to a clean end."""

import argparse
import sys
from pathlib import Path

from kit.emulator import Emulator
from kit.interruption import temporary_folder

from .console.console import Console
from .grants.granted import Granted, tell
from .grants.permissions import checked
from .guard import FAILED, guarded
from .names import ROOT
from .recorder import Recorder
from .report.outcome import finish, look_with
from .scene import prepare
from .stages.story import ALL_REGIONS

PAGE = ROOT / "target" / "rehearsal.html"


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(prog="make rehearsal", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the emulator's; default: a free one")
    parser.add_argument(
        "--prebuilt", action="store_true", help="publish the packages in dist/, do not build them"
    )
    parser.add_argument("--seconds", type=int, default=3600, help="longest time of a pipeline run")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the HTML page")
    parser.add_argument(
        "--permissions", action="store_true", help="which granted action was needed, and which not"
    )
    parser.add_argument("--verbose", action="store_true", help="show all that commands say")
    arguments = parser.parse_args()
    return guarded("the rehearsal", lambda: run(arguments))


def run(arguments):
    """The rehearsal itself; its exit status."""
    console = Console(verbose=arguments.verbose)
    page = arguments.page.resolve()
    with temporary_folder("rehearsal-") as folder, Emulator(arguments.port) as emulator:
        story = prepare(folder, emulator, console, arguments.prebuilt, arguments.seconds)
        granted = Granted(story.administrators, emulator)
        look_around = look_with(story, emulator, ALL_REGIONS)

        def look():
            granted.look()
            return look_around()

        recorder = Recorder(console, look)
        after = checked(emulator, story.watch.roll_outs.tell)
        held = recorder.run(story.stages(), after, story.destroy)
        where = (("page", str(page)), ("the same, left running", "make up"))
        finish(console, recorder.result("The rehearsal", emulator, where), page)
        if held and arguments.permissions:
            held = tell(granted, console)
        return 0 if held else FAILED


if __name__ == "__main__":
    sys.exit(main())
