"""How the demonstration is printed: chapters, commands, what was seen, and promises kept or not."""

import os
import re
import sys
import textwrap
import time

from kit.names import ACCOUNTS

WIDTH = 100


def foldable(command):
    """A command cut where a line may end: before options and long values, but for their first."""
    parts = []
    for part in re.split(r" (?=--|s3:|arn:|'?(?:ParameterKey|Key|DeviceName)=)", command):
        if parts and re.fullmatch(r"--[\w-]+", parts[-1]) and not part.startswith("--"):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


class Story:
    """Prints as it goes and remembers which promises held."""

    def __init__(self, out=sys.stdout):
        self._out = out
        self._colour = out.isatty() and "NO_COLOR" not in os.environ
        self._started = time.monotonic()
        self._chapters = 0
        self.kept = 0
        self.broken = []

    def chapter(self, title):
        """Begin a chapter."""
        self._chapters += 1
        self._print("")
        self._print(self._paint("1", f"{self._chapters}. {title}"))

    def say(self, text):
        """A paragraph."""
        self._print(textwrap.fill(text, WIDTH, initial_indent="   ", subsequent_indent="   "))

    def command(self, account, command):
        """A command just before it runs."""
        lines = [f"   {ACCOUNTS[account]}$ "]
        for part in foldable(command):
            if len(lines[-1]) + len(part) > WIDTH - 2 and lines[-1].strip():
                lines[-1] += "\\"
                lines.append("       ")
            lines[-1] += part + " "
        for line in lines:
            self._print(self._paint("2", line.rstrip()))

    def show(self, *lines):
        """Output as it was seen."""
        for line in lines:
            self._print("     " + line)

    def quote(self, text):
        """A long message as it was seen, folded."""
        for paragraph in text.splitlines():
            for line in textwrap.wrap(paragraph, WIDTH - 7, break_long_words=False):
                self._print(self._paint("33", "     | ") + line)

    def promise(self, promise, held, observed):
        """A promise, and what was observed of it."""
        if held:
            self.kept += 1
            mark = self._paint("32", "✓")
        else:
            self.broken.append(promise)
            mark = self._paint("31", "✗ NOT KEPT:")
        self._print(f"   {mark} {promise}")
        self._print(f"     seen: {observed}")

    def end(self):
        """The last line; whether every promise held."""
        seconds = time.monotonic() - self._started
        self._print("")
        if self.broken:
            self._print(
                self._paint("31", f"{len(self.broken)} of {self.kept + len(self.broken)} promises")
                + f" did not hold ({seconds:.0f} s): "
                + "; ".join(self.broken)
            )
        else:
            self._print(
                self._paint("32", f"All {self.kept} promises held") + f" ({seconds:.0f} s)."
            )
        return not self.broken

    def _paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def _print(self, line):
        print(line, file=self._out, flush=True)
