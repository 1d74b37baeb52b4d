"""One emulator for all tests, and the real binary."""

import os
import subprocess

import botocore.session
import pytest
from botocore.config import Config
from kit.emulator import Emulator
from kit.isolation import isolated
from kit.names import MANAGEMENT, ORGANIZATION_ROOT, REGION, ROOT

BINARY = os.environ.get("BACKUPCTL", str(ROOT / "target" / "debug" / "backupctl"))


class World:
    """The emulated organization, and `backupctl` with an account's credentials."""

    def __init__(self, emulator):
        self.emulator = emulator

    def client(self, service, account=MANAGEMENT, region=REGION):
        """A client that fails at once instead of trying again."""
        return botocore.session.Session().create_client(
            service,
            region_name=region,
            endpoint_url=self.emulator.url,
            aws_access_key_id=account,
            aws_secret_access_key="rehearsal",
            config=Config(proxies={}, retries={"max_attempts": 0}),
        )

    def run(self, *arguments, account=MANAGEMENT, **variables):
        """Run `backupctl` to its end."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = kept | {
            "AWS_ACCESS_KEY_ID": account,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        return subprocess.run(
            [BINARY, *map(str, arguments)],
            cwd=ROOT,
            env=environment | variables,
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
