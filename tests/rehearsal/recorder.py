"""Runs the stages one after another, and keeps what the result needs."""

import time
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from .names import RehearsalFailed
from .report import gather
from .report.result import FAILED, LEFT_OUT, OK, Result, Snapshot, Stage

# What a stage may fail with: a promise that is not kept, or a call that AWS would refuse.
FAILURES = (RehearsalFailed, ClientError, BotoCoreError)


class Recorder:
    """Prints each stage as it goes, and takes a snapshot where it is asked to."""

    def __init__(self, console, look):
        """``look`` makes a snapshot of what there is."""
        self._console = console
        self._look = look
        self._began = time.monotonic()
        self._started = datetime.now(UTC)
        self._stages = []
        self._snapshot, self._seen = Snapshot(), ""

    def run(self, stages, after=lambda: None, look_before=None):
        """Run all stages until one fails; whether all of them held.

        ``after`` runs behind every stage. Before the one that does ``look_before``,
        and otherwise at the end, is looked around.
        """
        stages = list(stages)
        for number, (title, act) in enumerate(stages, 1):
            if act == look_before:
                self._look_around(f"before stage {number}")
            self._console.stage(number, len(stages), title)
            if not self._one(title, act, after):
                self._stages += [Stage(title, LEFT_OUT) for title, _ in stages[number:]]
                break
        if not self._seen:
            self._look_around("at the end")
        return all(stage.outcome == OK for stage in self._stages)

    def result(self, title, emulator, look):
        """The result, with ``look`` for whoever wants to look around."""
        calls = emulator.calls()
        return Result(
            title,
            f"{self._started:%Y-%m-%d %H:%M} UTC",
            time.monotonic() - self._began,
            tuple(self._stages),
            self._snapshot,
            self._seen,
            gather.not_run(emulator.builds()),
            gather.callers(calls),
            gather.root_calls(calls),
            gather.denials(emulator.denials()),
            look,
        )

    def _one(self, title, act, after):
        began = time.monotonic()
        try:
            with self._console.doing(title):
                act()
                after()
        except FAILURES as error:
            self._stages.append(Stage(title, FAILED, time.monotonic() - began, str(error)))
            self._console.failed(str(error))
            return False
        seconds = time.monotonic() - began
        self._stages.append(Stage(title, OK, seconds))
        self._console.kept(seconds)
        return True

    def _look_around(self, when):
        self._seen = when
        try:
            with self._console.doing("looking at what every account has"):
                self._snapshot = self._look()
        except FAILURES as error:
            # What a failed stage left cannot always be looked at; the stage's message counts.
            self._seen = f"could not be looked at: {error}"
