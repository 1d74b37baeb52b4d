"""What is shown while it goes on: readable in a terminal, plain in a pipe."""

import io
import re
from datetime import datetime

import pytest

from rehearsal.console.console import Console
from rehearsal.console.folding import fold
from rehearsal.stages.roll_outs import sentence

DEPLOYED = [
    *(f"{line}" for name in range(12) for line in (f"stack-{name}: created", "  + Role (IAM)")),
    "watch it with",
    "  aws codepipeline list-pipeline-executions",
]


class Terminal(io.StringIO):
    """A terminal, as far as a program can tell."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def plain_environment(monkeypatch):
    """No variable says how to print, but that the terminal is a good one."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return monkeypatch


def tell(out, verbose=False):
    """A stage with a command that says much."""
    console = Console(out, verbose)
    console.stage(2, 12, "deploy")
    console.command("make deploy-home")
    with console.doing("make deploy-home"):
        for line in DEPLOYED:
            console.heard(line)
    console.output(DEPLOYED)
    console.kept(1.25)
    return out.getvalue()


def test_a_pipe_gets_whole_lines_without_control_characters(plain_environment):
    plain_environment.setenv("FORCE_COLOR", "1")
    printed = tell(io.StringIO())
    assert printed.splitlines()[:4] == [
        "",
        "2/12 deploy",
        "   $ make deploy-home",
        "     stack-0: created",
    ]
    assert printed.splitlines()[-1] == "   ok, 1.2 s"
    assert [c for c in printed if ord(c) < 32 and c != "\n"] == []


def test_a_terminal_sees_a_line_that_moves_and_is_gone_in_the_end(plain_environment):
    printed = tell(Terminal())
    assert re.search(r"\d s  aws codepipeline list-pipeline-executions", printed)
    # Erased: the cursor goes back, and the line is cleared.
    assert "\x1b[2K" in printed


def test_a_ci_machine_with_a_terminal_gets_no_line_that_moves(plain_environment):
    plain_environment.setenv("CI", "true")
    assert "\x1b[2K" not in tell(Terminal())


def test_no_colour_where_none_is_wanted(plain_environment):
    assert "\x1b[36m" in tell(Terminal())
    plain_environment.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in tell(Terminal())


def test_what_a_command_says_is_folded_and_the_rest_counted():
    printed = tell(io.StringIO())
    assert "stack-11: created" in printed
    assert "+ Role" not in printed
    # The last line is what a person is to do next.
    assert "       aws codepipeline list-pipeline-executions\n" in printed
    assert "     (12 lines more; VERBOSE=1 shows them)" in printed


def test_everything_is_shown_at_once_when_it_is_wanted():
    printed = tell(io.StringIO(), verbose=True)
    assert printed.count("+ Role") == 12
    assert "lines more" not in printed


def test_everything_is_shown_when_a_command_fails():
    out = io.StringIO()
    Console(out).output(DEPLOYED, failed=True)
    assert len(out.getvalue().splitlines()) == len(DEPLOYED)


def test_short_output_is_not_folded():
    lines = [f"  {number}" for number in range(18)]
    assert fold(lines) == (lines, 0)


def test_output_of_details_alone_keeps_its_end():
    lines = [f"  {number}" for number in range(40)]
    assert fold(lines) == (lines[-18:], 22)


@pytest.mark.parametrize("text", ["[bold]no markup[/]", ":smile:", "a" * 300])
def test_lines_are_printed_as_they_are(text):
    out = io.StringIO()
    Console(out).say(text)
    assert out.getvalue() == text + "\n"


def test_a_reader_who_has_gone_is_an_error_that_we_end_with():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Console(Gone()).say("anything")


def test_a_roll_out_is_told_in_one_sentence():
    operation = {
        "Action": "CREATE",
        "Status": "FAILED",
        "CreationTimestamp": datetime(2026, 11, 23, 3, 0, 0),
        "EndTimestamp": datetime(2026, 11, 23, 3, 0, 2),
    }
    results = [
        {"Account": account, "Region": region, "Status": status}
        for account, status in (("1", "SUCCEEDED"), ("2", "FAILED"))
        for region in ("eu-west-1", "eu-north-1")
    ]
    assert sentence("roles", operation, results) == (
        "stack set roles: create failed in 2 accounts, 2 Regions, 2 of 4 instances failed (2 s)"
    )
