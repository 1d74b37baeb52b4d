"""CloudFormation stacks, through any client: the AWS CLI in the demo, a library in the tests."""

from dataclasses import dataclass, field
from pathlib import Path

from .clients import client
from .names import REGION
from .wait import eventually

TAG = {"Key": "Application", "Value": "Backup and Recovery with AWS Backup Solution"}
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


@dataclass(frozen=True)
class Stack:
    """What a user deploys: a template under a name, with parameters."""

    name: str
    template: Path
    parameters: dict[str, str] = field(default_factory=dict)
    creates_named_roles: bool = False


@dataclass(frozen=True)
class Outcome:
    """How an operation on a stack ended."""

    status: str
    # (logical id, status, reason) of every resource that failed in it, in order
    failures: tuple

    @property
    def complete(self):
        """Whether the operation did what it was asked to."""
        return self.status in COMPLETE

    def expect_complete(self):
        """For a step without which there is no going on."""
        if not self.complete:
            raise DeploymentFailed(f"a stack ended as {self.status}: {self.reason}")

    @property
    def reason(self):
        """The first failure's reason: the one that a user has to read."""
        return self.failures[0][2] if self.failures else ""


def stacks(emulator, account, region=REGION):
    """The stacks of an account in a Region, through the library."""
    cloudformation = client(emulator.url, "cloudformation", account, region)

    def call(operation, **parameters):
        body = parameters.get("TemplateBody")
        if isinstance(body, Path):
            parameters["TemplateBody"] = body.read_text()
        return cloudformation._make_api_call(operation, parameters)

    return Stacks(call)


class DeploymentFailed(Exception):
    """A stack that must be complete is not; the message is the first reason."""


class Stacks:
    """The stacks of one account.

    ``call(operation, **parameters)`` is one call of the CloudFormation API.
    """

    def __init__(self, call):
        self._call = call

    def create(self, stack):
        """Create a stack and wait for the end."""
        self._call("CreateStack", **_parameters(stack))
        return self._wait(stack.name)

    def update(self, stack):
        """Update a stack and wait for the end."""
        self._call("UpdateStack", **_parameters(stack))
        return self._wait(stack.name)

    def delete(self, name):
        """Delete a stack and wait for the end."""
        # A deleted stack can be described by its id only.
        stack_id = self.describe(name)["StackId"]
        self._call("DeleteStack", StackName=name)
        return self._wait(stack_id)

    def describe(self, name):
        """The stack as DescribeStacks shows it."""
        return self._call("DescribeStacks", StackName=name)["Stacks"][0]

    def outputs(self, name):
        """The stack's outputs by key."""
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self.describe(name).get("Outputs", [])
        }

    def physical_ids(self, name):
        """The ids of the stack's resources by logical id."""
        resources = self._call("DescribeStackResources", StackName=name)["StackResources"]
        return {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId")
            for resource in resources
        }

    def _wait(self, name):
        # The CLI's own `wait` looks every 30 s only.
        def ended():
            status = self.describe(name)["StackStatus"]
            return None if status.endswith("_IN_PROGRESS") else status

        status = eventually(ended, f"stack `{name}` did not come to an end")
        return Outcome(status, () if status in COMPLETE else self._failures(name))

    def _failures(self, name):
        events = self._call("DescribeStackEvents", StackName=name)["StackEvents"]
        failures = []
        for event in events:  # newest first
            status = event["ResourceStatus"]
            is_stack = event["PhysicalResourceId"] == event["StackId"]
            if is_stack and status in STARTS:
                break
            if not is_stack and status.endswith("_FAILED"):
                reason = event.get("ResourceStatusReason", "")
                failures.append((event["LogicalResourceId"], status, reason))
        return tuple(reversed(failures))


def _parameters(stack):
    parameters = {"StackName": stack.name, "TemplateBody": stack.template}
    if stack.parameters:
        parameters["Parameters"] = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in stack.parameters.items()
        ]
    if stack.creates_named_roles:
        parameters["Capabilities"] = ["CAPABILITY_NAMED_IAM"]
    return parameters | {"Tags": [TAG]}
