"""The real commands as child processes of a test, and what they leave behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from kit.names import ROOT
from kit.wait import eventually

# The one that is compiled already.
BACKUPCTL = os.environ.get("BACKUPCTL", str(ROOT / "target" / "debug" / "backupctl"))
TESTS = Path(__file__).resolve().parents[2]
# A limit, no measure: a machine may be slow.
SECONDS = 600


def hear_signals():
    """Ignore none of the signals that end a program."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Program:
    """``python -m MODULE`` as a person starts it; all of it has ``mark`` in its variables."""

    def __init__(self, mark, module, *arguments):
        self.mark = mark
        self.temporary = mark / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._out, self._err = mark / "out", mark / "err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                cwd=TESTS,
                env=os.environ
                | {
                    "TMPDIR": str(self.temporary),
                    "CARGO_TARGET_DIR": str(mark / "target"),
                    "BACKUPCTL": BACKUPCTL,
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                # As a shell starts it: a group of its own, which Ctrl-C reaches as a whole, and no
                # signal ignored, as they are for what runs in the background.
                start_new_session=True,
                preexec_fn=hear_signals,
            )

    @property
    def printed(self):
        """What it has printed so far."""
        return self._out.read_text()

    @property
    def complained(self):
        """What it has printed on standard error."""
        return self._err.read_text()

    def until(self, condition):
        """Wait until something is so, and not for ever."""

        def happened():
            if condition():
                return True
            assert self.process.poll() is None, f"it ended: {self.printed}{self.complained}"
            return False

        eventually(happened, lambda: f"it took too long: {self.printed}", SECONDS)

    def until_said(self, words):
        """Wait until it has printed this."""
        self.until(lambda: words in self.printed)

    def until_runs(self, words):
        """Wait until it has started, itself or through others, a command with these words."""
        self.until(lambda: any(words in command for command in self.processes().values()))

    def end(self, number=signal.SIGINT, group=False):
        """Send a signal, to it alone or to its group; its exit status."""
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self.process.wait(SECONDS)

    def processes(self):
        """Process id -> command line of everything that it started and that still runs."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                variables = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if f"{self.mark}/".encode() in variables:
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    def expect_nothing_left(self):
        """Neither processes nor files."""
        assert self.processes() == {}
        assert list(self.temporary.iterdir()) == []

    def clean_up(self):
        """Whatever a failed test left, so that the next one does not meet it."""
        for process in self.processes():
            if process != os.getpid():
                os.kill(process, signal.SIGKILL)
