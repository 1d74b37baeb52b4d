"""What a run came to, as plain values: for the file, the page and the terminal."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from deploy.stacks import ROOT

from .anonymous import Names
from .outcome import FAILED, HELD, LEFT_OUT, MISSING, NOT_ASKED, NOT_YET
from .page import page
from .run import Result, status
from .scene import CENTRAL, HOME, MANAGEMENT, MEMBER, Scene

MARKS = {
    HELD: "held    ",
    NOT_YET: "not yet ",
    FAILED: "FAILED  ",
    MISSING: "to do   ",
    LEFT_OUT: "waits   ",
    NOT_ASKED: "-       ",
}
_ENDS = {
    0: "everything held",
    1: "something did not hold",
    3: "not everything is there yet",
}


def gather(scene: Scene, results: list[Result], stays: list[str]) -> dict:
    """The report."""
    targets = scene.targets
    return {
        "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": commit(),
        "run": scene.state.run,
        "outcome": _ENDS[status(results)],
        "organization": targets.organization,
        "accounts": accounts(scene),
        "callers": scene.callers,
        "regions": list(targets.regions),
        "resources in": scene.region,
        "steps": [
            {
                "name": result.step.name,
                "title": result.step.title,
                "with": result.step.who,
                "outcome": result.outcome.kind,
                "seen": list(result.outcome.seen),
                "words": result.outcome.words,
                "remedy": result.remedy,
                "again": result.outcome.again,
            }
            for result in results
        ],
        "denied": scene.state.data.get("denied", []),
        "stack instances": [list(row) for row in scene.instances],
        "stays": stays,
    }


def accounts(scene: Scene) -> dict[str, str]:
    """The accounts by what they are."""
    found = {
        MANAGEMENT: scene.targets.management_account,
        HOME: scene.targets.home_account,
        CENTRAL: scene.targets.central_account,
        MEMBER: scene.member,
    }
    joiner = scene.options.joiner or scene.state.part("joiner").get("account")
    return found | ({"joiner": joiner} if joiner else {})


def commit() -> str:
    """The commit of this working copy, if git knows it."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--tags"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return found.stdout.strip() or "unknown"


def tell(result: Result, say: Callable[[str], None]) -> None:
    """A step's lines in the terminal."""
    outcome = result.outcome
    say(f"{MARKS[outcome.kind]} {result.step.title}")
    if outcome.words:
        say(f"           {outcome.words}")
    if result.remedy:
        say(f"           remedy: {result.remedy}")
    if outcome.kind in (MISSING, NOT_YET, LEFT_OUT, NOT_ASKED):
        for line in outcome.seen:
            say(f"           {line}")
    if outcome.again:
        say(f"           look again {outcome.again}")


def write(report: dict, folder: Path, anonymous: bool) -> list[Path]:
    """Both files, whole or not at all; where they are."""
    name = "report"
    if anonymous:
        report = Names({id: kind for kind, id in report["accounts"].items()}).replaced(report)
        name = "report-anonymous"
    written = []
    for suffix, text in (("json", json.dumps(report, indent=2) + "\n"), ("html", page(report))):
        file = folder / f"{name}.{suffix}"
        new = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as open_file:
            open_file.write(text)
        new.replace(file)
        written.append(file)
    return written
