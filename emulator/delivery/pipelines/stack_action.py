"""The CloudFormation action: creates, updates or deletes a stack and waits for its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from ministack.services import cloudformation

from ..repositories.model import Files
from . import artifacts

_UNDEPLOYABLE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# What the emulator would leave undone without a word.
_NOT_DONE = ("OutputFileName", "ChangeSetName")


class StackActionFailed(Exception):
    """What the action's error details say."""


@dataclass(frozen=True)
class Waiting:
    """Where the stack is, and how to wait."""

    account: str
    region: str
    pause: Callable[[], None]

    def until_idle(self, stack_id: str) -> None:
        """Looks into the base: asking by API all the time would drown the call log."""
        name = stack_id.split("/")[1]
        while True:
            stack = cloudformation._stacks.get_scoped(self.account, self.region, name)
            busy = stack is not None and stack["StackStatus"].endswith("_IN_PROGRESS")
            if not busy or stack["StackId"] != stack_id:
                return
            self.pause()


def perform(
    client: Any, configuration: dict[str, str], files: dict[str, Files], waiting: Waiting
) -> dict[str, str]:
    """Bring the stack to what the configuration says; its outputs."""
    for name in _NOT_DONE:
        if configuration.get(name):
            raise StackActionFailed(f"the emulator's CloudFormation action has no {name}")
    name, mode = configuration["StackName"], configuration["ActionMode"]
    found = _describe(client, name)
    if mode == "DELETE_ONLY" or (
        mode == "REPLACE_ON_FAILURE" and found and found["StackStatus"] in _UNDEPLOYABLE
    ):
        _delete(client, found, waiting)
        found = None
    if mode == "DELETE_ONLY":
        return {}
    request = _request(configuration, files)
    try:
        if found is None:
            stack_id = client.create_stack(**request)["StackId"]
        else:
            stack_id = client.update_stack(**request)["StackId"]
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
        return _outputs(found or {})
    waiting.until_idle(stack_id)
    stack = _describe(client, name) or {"StackStatus": "DELETE_COMPLETE"}
    if stack["StackStatus"] not in _GOOD:
        raise StackActionFailed(_first_failure(client, stack_id, stack["StackStatus"]))
    return _outputs(stack)


def _request(configuration: dict[str, str], files: dict[str, Files]) -> dict[str, Any]:
    template = artifacts.text(files, configuration["TemplatePath"], "TemplatePath")
    settings: dict[str, Any] = {}
    if (path := configuration.get("TemplateConfiguration")) is not None:
        settings = json.loads(artifacts.text(files, path, "TemplateConfiguration"))
    if unknown := set(settings) - {"Parameters", "Tags"}:
        raise StackActionFailed(f"the template configuration has {', '.join(sorted(unknown))}")
    overrides = json.loads(configuration.get("ParameterOverrides") or "{}")
    parameters = {**settings.get("Parameters", {}), **overrides}
    request: dict[str, Any] = {
        "StackName": configuration["StackName"],
        "TemplateBody": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": str(value)} for key, value in parameters.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in settings.get("Tags", {}).items()],
    }
    if capabilities := configuration.get("Capabilities"):
        request["Capabilities"] = [name.strip() for name in capabilities.split(",")]
    if role := configuration.get("RoleArn"):
        request["RoleARN"] = role
    return request


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def _delete(client: Any, found: dict[str, Any] | None, waiting: Waiting) -> None:
    if found is None:
        return
    client.delete_stack(StackName=found["StackName"])
    waiting.until_idle(found["StackId"])
    if (left := _describe(client, found["StackName"])) is not None:
        raise StackActionFailed(_first_failure(client, found["StackId"], str(left["StackStatus"])))


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", [])}


def _first_failure(client: Any, stack_id: str, status: str) -> str:
    """The status of the stack, and what failed first in its latest operation."""
    events = client.describe_stack_events(StackName=stack_id)["StackEvents"]
    first = ""
    for event in events:
        if event["ResourceStatus"].endswith("_FAILED"):
            first = (
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason')}"
            )
        is_begin = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
        if is_begin and event["ResourceType"] == "AWS::CloudFormation::Stack":
            break
    return f"Stack {stack_id} is {status}. {first}"
