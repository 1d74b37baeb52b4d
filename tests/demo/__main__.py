"""``python -m demo``: the demonstration from start to clean end."""

import argparse
import importlib.util
import os
import signal
import sys
import time

from .chapters import tell
from .cli import Cli, CommandFailed
from .emulator import CannotStart, Emulator
from .names import HOME, MANAGEMENT, REGION
from .solution import Package
from .stacks import DeploymentFailed
from .story import Story

UNKEPT, CANNOT_RUN, INTERRUPTED = 1, 2, 130


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="Deploy the policy manager in an emulated organization, see what it does.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="the emulator's port; default: a free one"
    )
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    arguments = parser.parse_args()
    # A polite end from outside leaves nothing running either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    # A terminal without the check mark shows another character for it.
    sys.stdout.reconfigure(errors="replace")
    try:
        return run(arguments)
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left running", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except (CannotStart, CommandFailed, DeploymentFailed, TimeoutError) as error:
        print(f"the demo cannot go on: {error}", file=sys.stderr)
        return CANNOT_RUN


def run(arguments):
    """The demonstration itself; its exit status."""
    if importlib.util.find_spec("awscli") is None:
        raise CannotStart("the Python module `awscli` is missing: `make demo` installs it")
    package = Package()
    story = Story()
    started = time.monotonic()
    with Emulator(arguments.port) as emulator:
        cli = Cli(emulator.url, story.command)
        story.say(
            f"A local AWS is ready at {emulator.url} after {time.monotonic() - started:.1f} s "
            f"({cli.version().split()[0]}). Its organization:"
        )
        tell(story, emulator, cli, package)
        held = story.end()
        if arguments.keep:
            keep(emulator)
    return 0 if held else UNKEPT


def keep(emulator):
    """Wait for Ctrl-C, saying how to look around meanwhile."""
    print(
        f"\nStill running, until Ctrl-C. The home account ({HOME}) is reached with\n"
        f"  export AWS_ENDPOINT_URL={emulator.url} AWS_DEFAULT_REGION={REGION}"
        f" AWS_ACCESS_KEY_ID={HOME} AWS_SECRET_ACCESS_KEY=x\n"
        f"and the management account with AWS_ACCESS_KEY_ID={MANAGEMENT}."
        f" The organization: curl {emulator.url}/_emulator/organization",
        flush=True,
    )
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
