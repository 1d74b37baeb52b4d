"""What the log of the policy manager has when somebody wants to read errors only."""

import json

import pytest
from kit import solution

from .world import client, resource

LOG_GROUP = "/aws/lambda/BackupOrgPolicyManager"


@pytest.fixture
def errors_only(world):
    """The function with the log level ERROR; afterwards it has the template's again."""
    world.home.update(solution.function(LogLevel="ERROR")).expect_complete()
    yield
    world.home.update(solution.function()).expect_complete()


def test_failures_are_logged_and_nothing_else(world, errors_only):
    assert world.create("good", Policy=resource()).complete
    assert not world.create("bad", Policy=resource(PolicyType="TAG_POLICY")).complete
    lines = [json.loads(line) for line in log(world, "/bad/") if line.startswith("{")]
    assert {line["level"] for line in lines} == {"ERROR"}
    assert "answering FAILED" in str(lines)
    assert not [line for line in log(world, "/good/") if line.startswith("{")]
    for stack in ("good", "bad"):
        world.delete(stack)


def log(world, stack):
    """The lines that name a stack."""
    events = client(world.emulator, "logs").filter_log_events(logGroupName=LOG_GROUP)["events"]
    return [line for e in events for line in e["message"].splitlines() if f":stack{stack}" in line]
