"""``python -m rehearsal.up``: the whole solution deployed, and left running in the background."""

import argparse
import contextlib
import os
import sys
from datetime import datetime
from pathlib import Path

from kit.emulator import CannotStart, Emulator, is_taken, port_of
from kit.interruption import deaf, held

from ..console.console import Console
from ..grants.permissions import checked
from ..guard import FAILED, guarded
from ..names import PYTHON, ROOT
from ..recorder import Recorder
from ..report.outcome import finish, look_with
from ..scene import prepare
from ..stages.story import FIRST_REGIONS
from . import profiles, running
from .running import FOLDER, Running

PORT = 4566
# Checks that change nothing of what is deployed, with minutes of compiling. The rehearsal has them.
NOT_RUN = ["^make validate-templates$", "^make plan-org-policy "]


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--port", help=f"default: {PORT}")
    parser.add_argument("--verbose", action="store_true", help="show all that commands say")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="what is kept while it runs")
    arguments = parser.parse_args()
    return guarded("make up", lambda: run(arguments))


def run(arguments):
    """Deploy and leave it running; the exit status."""
    folder, console = arguments.folder.resolve(), Console(verbose=arguments.verbose)
    port = None if arguments.port is None else port_of(arguments.port)
    with running.alone(folder):
        found = running.read(folder)
        if found is not None and found.is_alive():
            if found.complete and port not in (None, found.port):
                raise CannotStart(
                    f"it runs on port {found.port} since {found.since} already: `make down` first, "
                    f"then `make up PORT={port}`"
                )
            if found.complete:
                tell_where(console, folder, found, f"It is running since {found.since} already:")
                return 0
            console.say("clearing away what was left when `make up` was cut short")
            running.stop(found)
        running.clear(folder)
        port = port or PORT
        if is_taken(port):
            raise CannotStart(
                f"port {port} is in use: stop what listens there, or choose another with "
                f"`make up PORT={port + 1 if port < 65535 else port - 1}`"
            )
        return deploy(folder, port, console)


def deploy(folder, port, console):
    """Everything up to the first look at it; gone again unless all of it held."""
    with contextlib.ExitStack() as stack:
        with held():
            folder.mkdir(parents=True)
            stack.callback(running.clear, folder)
        emulator = stack.enter_context(Emulator(port, folder / "emulator"))
        since = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        process = emulator.process_id
        here = Running(process, running.identity(process), port, since)
        running.write(folder, here)
        story = prepare(folder, emulator, console, prebuilt=True, not_run=NOT_RUN)
        story.keeps_sources = False
        after = checked(emulator, story.watch.roll_outs.tell)
        recorder = Recorder(console, look_with(story, emulator, FIRST_REGIONS))
        if not recorder.run(until(story.stages(), story.see_first), after):
            console.say("\nnothing is left running; `make rehearsal` shows more", "bold")
            return FAILED
        accounts = [(found["id"], found["name"]) for found in emulator.organization()["accounts"]]
        profiles.write(folder / "config", story.administrators, accounts)
        write_programs(folder)
        result = recorder.result("The demonstration", emulator, ())
        finish(console, result, folder / "page.html", brief=True)
        with held():
            complete = Running(process, here.identity, port, since, complete=True)
            running.write(folder, complete)
            # From here on nothing is undone at the end of the block, nor by a signal.
            emulator.stay()
            stack.pop_all()
            deaf()
    tell_where(console, folder, complete, "It keeps running:")
    return 0


def until(stages, last):
    """The stages up to the one that does ``last``."""
    for title, act in stages:
        yield title, act
        if act == last:
            return


# As an option: for SQS the CLI prefers an address of its own to the environment's.
_AWS = """\
#!/bin/sh
exec "{python}" -m awscli --endpoint-url "$AWS_ENDPOINT_URL" "$@"
"""
# One that is compiled with the commands that call AWS, or else the repository's own, compiled once.
_BACKUPCTL = """\
#!/bin/sh
for program in "{given}" "{target}/release/backupctl" "{target}/debug/backupctl"; do
  ! "$program" doctor --help >/dev/null 2>&1 || exec "$program" "$@"
done
echo "backupctl is compiled first, once: some minutes" >&2
exec cargo run --locked --manifest-path "{root}/Cargo.toml" --package backupctl -- "$@"
"""


def write_programs(folder):
    """An `aws` that calls the emulator, whatever the command, and `backupctl`."""
    (folder / "bin").mkdir()
    given = os.environ.get("BACKUPCTL", "")
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    for name, text in (
        ("aws", _AWS.format(python=PYTHON)),
        ("backupctl", _BACKUPCTL.format(given=given, target=target, root=ROOT)),
    ):
        program = folder / "bin" / name
        program.write_text(text)
        program.chmod(0o755)


def tell_where(console, folder, found, headline):
    """How to look around, and how to stop it."""
    console.say("")
    console.say(headline, "bold")
    for what, where in (
        ("endpoint", f"{found.url} (process {found.process_id})"),
        ("profiles", f"export AWS_ENDPOINT_URL={found.url} AWS_CONFIG_FILE={folder / 'config'}"),
        ("page", str(folder / "page.html")),
        ("look around", "make shell, or make shell COMMAND='aws ... --profile member-1'"),
        ("stop it", "make down"),
    ):
        console.say(f"   {what:<11}  {where}")


if __name__ == "__main__":
    sys.exit(main())
