"""One emulator with the deployed function for all tests; each has resources of its own."""

import pytest
from kit.emulator import Emulator
from kit.isolation import isolated

from .world import World, deploy


@pytest.fixture(scope="session")
def emulator():
    """A local AWS with TagOnRestore in a member account."""
    with Emulator() as running:
        deploy(running)
        yield running


@pytest.fixture
def world(emulator):
    """The member account, with no fault in force and nothing in the queues."""
    world = World(emulator)
    emulator.forget_calls()
    with isolated(emulator.control, world.clean):
        yield world
