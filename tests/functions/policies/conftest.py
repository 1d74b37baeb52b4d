"""One emulator with the deployed solution for all tests; each leaves it as it was."""

import pytest
from kit.emulator import Emulator
from kit.isolation import isolated

from .world import World, deploy


@pytest.fixture(scope="session")
def emulator():
    """A local AWS with the policy manager deployed."""
    with Emulator() as running:
        deploy(running)
        yield running


@pytest.fixture
def world(emulator):
    """The deployed solution, with backup policies enabled and none there."""
    world = World(emulator)
    world.enable_policy_type()
    emulator.forget_calls()
    with isolated(emulator.control, world.clean):
        yield world
