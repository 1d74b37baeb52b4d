"""Ctrl-C and its like at any moment: status 130, one line, and nothing is left."""

import signal

import pytest

from rehearsal.tests.program import Program

SAID = "\nthe rehearsal was interrupted; nothing is left running\n"


@pytest.fixture
def start(tmp_path):
    """A function that starts the rehearsal or the demonstration, each in a folder of its own."""
    programs = []

    def start(module="rehearsal"):
        mark = tmp_path / str(len(programs))
        page = mark / "page.html"
        arguments = ["--prebuilt", "--page", page] if module == "rehearsal" else []
        programs.append(Program(mark, module, *arguments))
        return programs[-1]

    yield start
    for program in programs:
        program.clean_up()


def expect_clean_end(program, status):
    """What a person sees after Ctrl-C, and what they would find."""
    assert (status, program.complained) == (130, SAID)
    program.expect_nothing_left()
    assert "\x1b" not in program.printed


def test_ctrl_c_while_the_emulator_starts(start):
    program = start()
    program.until_runs("-m emulator")
    expect_clean_end(program, program.end())


def test_two_beside_each_other_end_each_for_itself_while_a_command_runs(start):
    first, second = start(), start()
    first.until_runs("-m deploy")
    expect_clean_end(first, first.end(signal.SIGTERM))
    second.until_said("$ make deploy-home")
    expect_clean_end(second, second.end(signal.SIGHUP))


def test_ctrl_c_in_a_terminal_while_a_build_runs(start):
    program = start()
    program.until_runs("make validate-templates")
    program.until_runs("-m pytest")
    expect_clean_end(program, program.end(signal.SIGINT, group=True))
    assert "6/" in program.printed


def test_ctrl_c_in_the_demonstration_while_the_aws_cli_runs(start):
    program = start("demo")
    program.until_runs("-m awscli cloudformation")
    assert program.end(signal.SIGINT, group=True) == 130
    assert program.complained == "\ninterrupted; nothing is left running\n"
    program.expect_nothing_left()
