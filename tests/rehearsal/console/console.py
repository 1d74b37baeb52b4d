"""What a rehearsal prints while it goes on: stages, commands, their output, and a line that moves.

In a terminal the line that moves says what is going on and for how long. In a
pipe and on CI machines there are whole lines only, without control characters.
"""

import contextlib
import os
import sys
import time

import rich.console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from .folding import fold


class Console:
    """Prints as it goes; ``verbose`` shows all that commands say, as they say it."""

    def __init__(self, out=None, verbose=False):
        out = out or sys.stdout
        # Said here, or a variable such as FORCE_COLOR would put control characters into a pipe.
        terminal = out.isatty()
        self._console = _Console(
            file=out, force_terminal=terminal, highlight=False, markup=False, emoji=False
        )
        self._moves = terminal and not self._console.is_dumb_terminal and "CI" not in os.environ
        self._verbose = verbose
        self._moving = None

    def say(self, line, style=None):
        """One line, at once."""
        self._console.print(Text(line, style or ""), soft_wrap=True)

    def stage(self, number, of, title):
        """The headline of a stage."""
        self.say("")
        self.say(f"{number}/{of} {title}", "bold")

    def kept(self, seconds):
        """A stage ended well."""
        self.say(f"   ok, {seconds:.1f} s", "green")

    def failed(self, message):
        """Why a stage did not."""
        for line in f"FAILED: {message}".splitlines():
            self.say("   " + line, "red")

    def command(self, command):
        """A command, just before it is run."""
        self.say(f"   $ {command}", "cyan")

    def heard(self, line):
        """A line that a command has just printed."""
        if self._verbose:
            self.say("     " + line)
        elif self._moving and line.strip():
            self._moving.what = line.strip()

    def output(self, lines, failed=False):
        """What a command has printed, once it has ended; all of it when it failed."""
        if self._verbose:
            return
        shown, hidden = (lines, 0) if failed else fold(lines)
        for line in shown:
            self.say("     " + line)
        if hidden:
            self.say(f"     ({hidden} lines more; VERBOSE=1 shows them)", "dim")

    @contextlib.contextmanager
    def doing(self, what):
        """While the block runs, say what goes on and for how long; `now` says it more closely."""
        if self._moving:
            before = self._moving.what
            self.now(what)
            yield
            self.now(before)
            return
        if not self._moves:
            yield
            return
        self._moving = _Moving(what, "dots" if self._console.encoding == "utf-8" else "line")
        try:
            with Live(self._moving, console=self._console, refresh_per_second=8, transient=True):
                yield
        finally:
            self._moving = None

    def now(self, what):
        """What goes on now, timed anew when it is something else."""
        if self._moving and self._moving.what != what:
            self._moving.begin(what)


class _Console(rich.console.Console):
    """One whose reader may go away: that is ours to end, in order."""

    def on_broken_pipe(self):
        """Called while the error is handled; the base would leave the program."""
        raise


class _Moving:
    """The line that moves."""

    def __init__(self, what, kind):
        self._spinner = Spinner(kind)
        self.begin(what)

    def begin(self, what):
        """Count the seconds of this from now on."""
        self.what, self._began = what, time.monotonic()

    def __rich_console__(self, console, options):
        self._spinner.text = Text(
            f"{time.monotonic() - self._began:4.0f} s  {self.what}",
            style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )
        yield self._spinner
