"""What the log of the policy manager has when somebody wants to read errors only."""

import json

import pytest
from kit import solution
from kit.clients import client

from .home import resource

LOG_GROUP = "/aws/lambda/BackupOrgPolicyManager"


@pytest.fixture
def errors_only(home):
    """The function with the log level ERROR; afterwards it has the template's again."""
    home.stacks.update(solution.function(LogLevel="ERROR")).expect_complete()
    yield
    home.stacks.update(solution.function()).expect_complete()


def test_failures_are_logged_and_nothing_else(home, errors_only):
    assert home.create("good", Policy=resource()).complete
    assert not home.create("bad", Policy=resource(PolicyType="TAG_POLICY")).complete
    lines = [json.loads(line) for line in log(home, "/bad/") if line.startswith("{")]
    assert {line["level"] for line in lines} == {"ERROR"}
    assert "answering FAILED" in str(lines)
    assert not [line for line in log(home, "/good/") if line.startswith("{")]
    for stack in ("good", "bad"):
        home.delete(stack)


def log(home, stack):
    """The lines that name a stack."""
    events = client(home.emulator.url, "logs").filter_log_events(logGroupName=LOG_GROUP)["events"]
    return [line for e in events for line in e["message"].splitlines() if f":stack{stack}" in line]
