"""``python -m rehearsal``: from nothing to a deployed solution, and to a clean end."""

import argparse
import sys
from pathlib import Path

from demo.emulator import Emulator
from demo.interruption import temporary_folder

from .guard import FAILED, guarded
from .names import ROOT
from .outcome import finish, look_with
from .permissions import checked
from .recorder import Recorder
from .scene import prepare
from .story import ALL_REGIONS
from .telling import Teller

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
    parser.add_argument("--verbose", action="store_true", help="show all that commands say")
    arguments = parser.parse_args()
    return guarded("the rehearsal", lambda: run(arguments))


def run(arguments):
    """The rehearsal itself; its exit status."""
    teller = Teller(verbose=arguments.verbose)
    page = arguments.page.resolve()
    with temporary_folder("rehearsal-") as folder, Emulator(arguments.port) as emulator:
        story = prepare(folder, emulator, teller, arguments.prebuilt, arguments.seconds)
        after = checked(emulator, story.watch.roll_outs.tell)
        recorder = Recorder(teller, look_with(story, emulator, ALL_REGIONS))
        held = recorder.run(story.stages(), after, story.destroy)
        look = (("page", str(page)), ("the same, left running", "make demo-up"))
        finish(teller, recorder.result("The rehearsal", emulator, look), page)
        return 0 if held else FAILED


if __name__ == "__main__":
    sys.exit(main())
