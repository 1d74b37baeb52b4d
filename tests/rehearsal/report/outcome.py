"""What is done with a result: the page, and the report."""

import os

from ..names import CannotRehearse
from . import gather
from .page import page
from .report import report


def look_with(story, emulator, regions):
    """A function that looks at everything there is in these Regions."""
    return lambda: gather.snapshot(story.administrators, emulator, story.expectations, regions)


def finish(console, result, file, brief=False):
    """Write the page and print the report, or what matters most of it."""
    write_page(file, result)
    for line, is_heading in report(result, brief):
        console.say(line, "bold" if is_heading else None)


def write_page(file, result):
    """Write the page, whole or not at all: another rehearsal may write the same file."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(page(result), encoding="utf-8")
        new.replace(file)
    except OSError as error:
        raise CannotRehearse(f"the page cannot be written: `{file}`: {error.strerror}") from error
