"""``python -m demo``: the demonstration from start to clean end."""

import argparse
import contextlib
import importlib.util
import os
import signal
import sys
import time

from kit.cli import Cli, CommandFailed
from kit.emulator import CannotStart, Emulator, trouble
from kit.interruption import Interrupted, listen
from kit.names import HOME, MANAGEMENT, REGION, ROOT
from kit.solution import ORG_POLICY, ORG_POLICY_TEMPLATE, Package
from kit.stacks import DeploymentFailed

from .chapters import tell
from .story import Story

UNKEPT, CANNOT_RUN, INTERRUPTED = 1, 2, 130


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="Deploy the solution in an emulated organization, see what it does.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="the emulator's port; default: a free one"
    )
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    arguments = parser.parse_args()
    listen()
    # A terminal without the check mark shows another character for it.
    sys.stdout.reconfigure(errors="replace")
    try:
        return run(arguments)
    except Interrupted:
        print("\ninterrupted; nothing is left running", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except (CannotStart, CommandFailed, DeploymentFailed, TimeoutError) as error:
        print(f"the demo cannot go on: {error}", file=sys.stderr)
        return CANNOT_RUN
    except OSError as error:  # a full disk, or a folder that is read-only
        print(f"the demo cannot go on: {trouble(error)}", file=sys.stderr)
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
    if arguments.keep:
        print("\nstopped; nothing is left running")
    print(
        "Next: `make rehearsal` deploys the whole solution by the guide's commands and its "
        "pipeline; `make up` leaves it running, to look around with `make shell`."
    )
    return 0 if held else UNKEPT


def keep(emulator):
    """Wait for Ctrl-C, saying how to look around meanwhile."""
    print(
        f"\nStill running, until Ctrl-C. To act as the home account in another terminal:\n"
        f"  export AWS_ENDPOINT_URL={emulator.url} AWS_DEFAULT_REGION={REGION}"
        f" AWS_ACCESS_KEY_ID={HOME} AWS_SECRET_ACCESS_KEY=x\n"
        f"  .tools/demo/bin/aws cloudformation create-stack --stack-name {ORG_POLICY}"
        f" --template-body file://{ORG_POLICY_TEMPLATE.relative_to(ROOT)}\n"
        f"  curl {emulator.url}/_emulator/organization\n"
        f"The management account is AWS_ACCESS_KEY_ID={MANAGEMENT}.",
        flush=True,
    )
    with contextlib.suppress(Interrupted):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
