"""One emulator with both functions deployed for all tests; each test leaves it as it was."""

import pytest
from kit.emulator import Emulator
from kit.isolation import isolated

from .policies import home as policies
from .restores import member as restores


@pytest.fixture(scope="session")
def emulator():
    """A local AWS with the policy manager in the home account, TagOnRestore in a member account."""
    with Emulator() as running:
        policies.deploy(running)
        restores.deploy(running)
        yield running


@pytest.fixture
def home(emulator):
    """The home account, with backup policies enabled and none there."""
    home = policies.Home(emulator)
    home.enable_policy_type()
    emulator.forget_calls()
    with isolated(emulator.control, home.clean):
        yield home


@pytest.fixture
def member(emulator):
    """The member account, with no fault in force and nothing in the queues."""
    member = restores.Member(emulator)
    emulator.forget_calls()
    with isolated(emulator.control, member.clean):
        yield member
