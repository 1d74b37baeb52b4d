"""The emulated organization, and the make targets as a person types them."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# At the end: `deploy` is the package of the tools, and a folder of tests, too.
sys.path.append(str(ROOT / "tests"))

from kit.isolation import SECONDS, come_to_rest  # noqa: E402

MANAGEMENT, HOME, CENTRAL = "111111111111", "222222222222", "333333333333"
HOME_REGION, CENTRAL_REGION = "eu-central-1", "eu-west-1"
VAULT = f"arn:aws:backup:{CENTRAL_REGION}:{CENTRAL}:backup-vault:AWSBackupSolutionCentralVault"
TARGETS = {
    "OrganizationId": "o-rehearsal01",
    "OrgManagementAccount": MANAGEMENT,
    "TargetHomeAccount": HOME,
    "CentralBackupVaultArn": VAULT,
    # Blanks after commas have to work.
    "TargetOUs": "ou-reh1-workloads, ou-reh1-sandboxes",
    "TargetRegions": f"{HOME_REGION}, {CENTRAL_REGION}",
    "TargetGlobalRegion": HOME_REGION,
}


class Organization:
    """The emulator, an account at a time."""

    def __init__(self, endpoint: str, targets: Path):
        self.endpoint = endpoint
        self.targets = targets

    def client(self, service: str, account: str, region: str = HOME_REGION, **keys: str):
        """Of the account's root, unless keys are given."""
        root = {"aws_access_key_id": account, "aws_secret_access_key": "unused"}
        return boto3.client(
            service, region_name=region, endpoint_url=self.endpoint, **(keys or root)
        )

    def fault(self, **fault: str) -> None:
        """Let a call fail; see the emulator's README."""
        self.control("POST", "faults", fault)

    def control(self, method: str, name: str, body: object = None):
        """A request to the emulator's control plane."""
        request = urllib.request.Request(
            f"{self.endpoint}/_emulator/{name}",
            None if body is None else json.dumps(body).encode(),
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def make(self, account: str, region: str, *arguments: str) -> subprocess.CompletedProcess:
        """A make target, with the account's credentials."""
        command = ["make", "--no-print-directory", *arguments]
        command += [f"REGION={region}", f"TARGETS={self.targets}"]
        environment = self.environment(account)
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    def build(self, account: str, region: str, spec: str, **variables: str) -> dict[str, str]:
        """A buildspec's build phase in a shell, as CodeBuild runs it; its exported variables."""
        document = yaml.safe_load((ROOT / "buildspecs" / spec).read_text())
        names = document.get("env", {}).get("exported-variables", [])
        commands = document["phases"]["build"]["commands"]
        shown = [f'echo "exported {name}=${name}"' for name in names]
        environment = self.environment(account) | document.get("env", {}).get("variables", {})
        result = subprocess.run(
            ["sh", "-e"],
            input="\n".join(commands + shown),
            cwd=ROOT,
            env=environment | variables | {"AWS_REGION": region},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        lines = [line for line in result.stdout.splitlines() if line.startswith("exported ")]
        return dict(line.removeprefix("exported ").split("=", 1) for line in lines)

    def environment(self, account: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "MAKE"))
        }
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture(scope="session")
def organization(tmp_path_factory):
    folder = tmp_path_factory.mktemp("emulator")
    targets = folder / "aws-backup-ssm-targets.json"
    targets.write_text(json.dumps({"Parameters": TARGETS}))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [".tools/emulator/bin/python", "-m", "emulator", "--port", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            ready = process.stdout.readline()
            while ready and not ready.startswith("ready "):
                ready = process.stdout.readline()
            assert ready.startswith("ready "), (folder / "log").read_text()
            yield Organization(ready.split()[1], targets)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=SECONDS)


@pytest.fixture(scope="module", autouse=True)
def fresh(organization):
    """The emulator as it starts; what the tests of a module build stays until its end."""
    yield
    organization.control("POST", "reset", {})


@pytest.fixture(autouse=True)
def rest(organization, fresh):
    """Nothing that a test began goes on beside the next one."""
    yield
    come_to_rest(organization.control)
