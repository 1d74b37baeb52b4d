"""The pipeline's first run, which begins as soon as the pipeline is made, before its stack is.

What a stack waits for on AWS, the emulator waits for too while the pipeline's stack is made.
"""

import json
import time
import urllib.request

import pytest
from conftest import HOME, HOME_REGION
from deploy import accounts, cloudformation, targets

STACK = "aws-backup-codepipeline"


def control(organization, name, body):
    request = urllib.request.Request(
        f"{organization.endpoint}/_emulator/{name}", json.dumps(body).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()


@pytest.fixture
def home(organization):
    yield organization
    control(organization, "reset", {})


def test_the_first_run_updates_its_stack_only_when_that_is_complete(home, monkeypatch):
    original = cloudformation.deploy

    def deploy(client, name, *more):
        control(home, "settings", {"role_seconds": 2 if name == STACK else 0})
        return original(client, name, *more)

    class Session:
        region_name = HOME_REGION

        def client(self, service, region_name=None):
            return home.client(service, HOME, region_name or HOME_REGION)

    monkeypatch.setattr(accounts, "require_committed", lambda: None)
    monkeypatch.setattr(cloudformation, "deploy", deploy)
    # Builds take no time here: nothing but the order of the stack's resources is of help.
    control(home, "build-machine", {"not_run": ["."]})
    accounts.deploy_home(Session(), targets.load(home.targets), lambda _: None)
    assert wait_for(home, "UpdatePipeline") == ("Succeeded", "")


def wait_for(organization, action):
    """Status and error of an action of the first run, once it has ended."""
    client = organization.client("codepipeline", HOME)
    deadline = time.monotonic() + 60
    while True:
        found = client.list_action_executions(pipelineName=accounts.REPOSITORY)
        for entry in found["actionExecutionDetails"]:
            if entry["actionName"] == action and entry["status"] != "InProgress":
                result = entry["output"]["executionResult"]
                return entry["status"], result.get("errorDetails", {}).get("message", "")
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
