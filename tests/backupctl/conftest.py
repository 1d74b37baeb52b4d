"""One emulator for all tests, and the real binary."""

import os
import subprocess

import pytest
from kit.clients import client
from kit.emulator import Emulator
from kit.environment import as_root, environment
from kit.isolation import isolated
from kit.names import MANAGEMENT, ORGANIZATION_ROOT, REGION, ROOT

BINARY = os.environ.get("BACKUPCTL", str(ROOT / "target" / "debug" / "backupctl"))


class World:
    """The emulated organization, and `backupctl` with an account's credentials."""

    def __init__(self, emulator):
        self.emulator = emulator

    def client(self, service, account=MANAGEMENT, region=REGION):
        """A client of an account's root."""
        return client(self.emulator.url, service, account, region)

    def run(self, *arguments, account=MANAGEMENT, **variables):
        """Run `backupctl` to its end."""
        return subprocess.run(
            [BINARY, *map(str, arguments)],
            cwd=ROOT,
            env=environment(**(as_root(self.emulator.url, account) | variables)),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def calls(self):
        """The calls of AWS's services since they were last forgotten, in order, without errors."""
        return [f"{call['service']}:{call['operation']}" for call in self.emulator.calls()]


@pytest.fixture(scope="session")
def emulator():
    """A local AWS."""
    with Emulator() as running:
        yield running


@pytest.fixture
def world(emulator):
    """The organization as on the first day, with backup policies enabled at once."""
    with isolated(emulator.control, emulator.reset):
        emulator.control("POST", "settings", {"policy_type_delay": 0})
        world = World(emulator)
        organizations = world.client("organizations")
        organizations.enable_policy_type(RootId=ORGANIZATION_ROOT, PolicyType="BACKUP_POLICY")
        emulator.forget_calls()
        yield world
