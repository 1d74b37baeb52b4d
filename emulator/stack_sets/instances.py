"""One stack in one account and Region, made, changed and removed with the roles that AWS uses.

Self-managed: CloudFormation assumes the administration role, which assumes the
execution role of the account. Service-managed: a role in the account that trusts
CloudFormation's service-linked role of the organization's management account.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import cloudformation

from ..organizations.regions import BY_DEFAULT, REGIONS
from ..wire import credentials
from ..wire.credentials import CannotAssume, Credentials
from ..wire.loopback import Loopback
from . import templates
from .model import SELF_MANAGED, Instance, StackSet

ADMINISTRATION = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION = "AWSCloudFormationStackSetExecutionRole"
SERVICE = "cloudformation.amazonaws.com"
# Whose service-linked role service-managed stack sets act with.
ORGANIZATION_SERVICE = "stacksets.cloudformation.amazonaws.com"

# The statuses in which a stack can only be deleted: nothing came to be, or it half went.
_ONLY_TO_DELETE = (
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "DELETE_FAILED",
    "REVIEW_IN_PROGRESS",
)
_SESSION = "CloudFormationStackSets"
_NO_UPDATES = "No updates are to be performed"


class InstanceFailed(Exception):
    """What the result of the operation says of this place."""


class Stacks:
    """Acts on the stacks of instances. Blocks; never used on the event loop's thread."""

    def __init__(self, loopback: Loopback, aborted: Callable[[], bool]) -> None:
        self._loopback = loopback
        self._aborted = aborted
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, str], Credentials] = {}

    def bring(self, stack_set: StackSet, instance: Instance) -> None:
        """Make the stack what the stack set says; raises `InstanceFailed`."""
        client = self._client(stack_set, instance)
        try:
            status = self._status(client, instance)
            if status in _ONLY_TO_DELETE:
                self._delete(client, instance)
                status = None
            if status is None:
                name = f"StackSet-{stack_set.name}-{uuid.uuid4()}"
                created = client.create_stack(
                    StackName=name,
                    **_request(stack_set, instance),
                    EnableTerminationProtection=False,
                )
                instance.stack_id = created["StackId"]
            else:
                client.update_stack(StackName=instance.stack_id, **_request(stack_set, instance))
        except (ClientError, BotoCoreError) as error:
            if _NO_UPDATES in str(error):
                return
            raise InstanceFailed(_reason(error)) from error
        self._succeed(client, instance, ("CREATE_COMPLETE", "UPDATE_COMPLETE"))

    def adopt(self, stack_set: StackSet, instance: Instance) -> None:
        """Take a stack that is there for the instance's; raises `InstanceFailed` unless it fits."""
        client = self._client(stack_set, instance)
        try:
            stack = client.describe_stacks(StackName=instance.stack_id)["Stacks"][0]
            found = client.get_template(StackName=instance.stack_id, TemplateStage="Original")
        except (ClientError, BotoCoreError) as error:
            raise InstanceFailed(_reason(error)) from error
        if stack["StackStatus"].endswith(("_IN_PROGRESS", "_FAILED")):
            raise InstanceFailed(f"Stack {instance.stack_id} is {stack['StackStatus']}")
        if not templates.same(found["TemplateBody"], stack_set.template):
            raise InstanceFailed(
                f"The template of stack {instance.stack_id} is not the stack set's"
            )
        if templates.tags(stack.get("Tags", [])) != templates.tags(stack_set.tags):
            raise InstanceFailed(f"The tags of stack {instance.stack_id} are not the stack set's")
        # Later changes of the stack set's own values do not reach an imported stack.
        instance.overrides = {
            entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", [])
        }

    def remove(self, stack_set: StackSet, instance: Instance) -> None:
        """Delete the stack if there is one; raises `InstanceFailed`."""
        if instance.stack_id is None:
            return
        client = self._client(stack_set, instance)
        try:
            if self._status(client, instance) is not None:
                self._delete(client, instance)
        except (ClientError, BotoCoreError) as error:
            raise InstanceFailed(_reason(error)) from error

    def _delete(self, client: Any, instance: Instance) -> None:
        client.delete_stack(StackName=instance.stack_id)
        self._succeed(client, instance, ("DELETE_COMPLETE",))
        instance.stack_id = None

    def _succeed(self, client: Any, instance: Instance, good: tuple[str, ...]) -> None:
        """Wait for the end of what happens to the stack; raises unless it is a good one."""
        while _is_busy(instance):
            if self._aborted():
                raise InstanceFailed("the emulator stopped or was reset meanwhile")
            time.sleep(0.05)
        try:
            status = self._status(client, instance) or "DELETE_COMPLETE"
            if status in good:
                return
            raise InstanceFailed(_first_failure(client, instance, status))
        except (ClientError, BotoCoreError) as error:
            raise InstanceFailed(_reason(error)) from error

    def _status(self, client: Any, instance: Instance) -> str | None:
        """The status of the stack; None when there is none any more."""
        if instance.stack_id is None:
            return None
        try:
            stack = client.describe_stacks(StackName=instance.stack_id)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if stack["StackStatus"] == "DELETE_COMPLETE" else str(stack["StackStatus"])

    def _client(self, stack_set: StackSet, instance: Instance) -> Any:
        """CloudFormation in the instance's place, with the session that AWS would use."""
        if self._aborted():
            raise InstanceFailed("the emulator stopped or was reset meanwhile")
        # CloudFormation User Guide, "Prepare to perform StackSet operations in AWS Regions that are
        # disabled by default"; the sentence is not documented.
        for account in (instance.account, stack_set.administrator):
            if not REGIONS.can_use(account, instance.region):
                raise InstanceFailed(
                    f"Region {instance.region} is not enabled in account {account}"
                )
        key = (stack_set.id, instance.account)
        with self._lock:
            known = self._sessions.get(key)
        if known is None or stack_set.permission_model == SELF_MANAGED:
            known = self._session(stack_set, instance)
            with self._lock:
                self._sessions[key] = known
        return self._loopback.client("cloudformation", instance.region, known)

    def _session(self, stack_set: StackSet, instance: Instance) -> Credentials:
        if stack_set.permission_model == SELF_MANAGED:
            return self._execution_session(stack_set, instance)
        role = service_role(stack_set.administrator, instance.account)
        if credentials.find_role(role) is None:
            raise InstanceFailed(
                f"Account {instance.account} has no role {role}: trusted access between "
                "CloudFormation and the organization is not active there"
            )
        try:
            linked = credentials.assume(
                linked_role(stack_set.administrator), ORGANIZATION_SERVICE, _SESSION
            )
            return self._assume(linked, role, _SESSION, instance)
        except (CannotAssume, ClientError) as error:
            raise InstanceFailed(
                f"Account {instance.account} does not let CloudFormation's service-linked role "
                f"of account {stack_set.administrator} in: {error}"
            ) from error

    def _execution_session(self, stack_set: StackSet, instance: Instance) -> Credentials:
        administrator = stack_set.administrator
        role = (
            stack_set.administration_role or f"arn:aws:iam::{administrator}:role/{ADMINISTRATION}"
        )
        execution = stack_set.execution_role or EXECUTION
        keys = {"aws:sourceaccount": administrator, "aws:sourcearn": stack_set.arn}
        try:
            session = credentials.assume(role, _service(instance.region), _SESSION, keys)
        except CannotAssume as error:
            raise InstanceFailed(
                f"Account {administrator} should have '{role.rpartition('/')[2]}' role with trust "
                "relationship to CloudFormation service."
            ) from error
        target = f"arn:aws:iam::{instance.account}:role/{execution}"
        try:
            return self._assume(session, target, f"StackSet-{stack_set.token}", instance)
        except ClientError as error:
            raise InstanceFailed(
                f"Account {instance.account} should have '{execution}' role with trust "
                f"relationship to Role '{role.rpartition('/')[2]}'."
            ) from error

    def _assume(
        self, session: Credentials, role: str, name: str, instance: Instance
    ) -> Credentials:
        """A session of a role for the session of another."""
        sts = self._loopback.client("sts", instance.region, session)
        found = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def _service(region: str) -> str:
    """Who assumes the administration role.

    CloudFormation User Guide, "Grant self-managed permissions": the Region's own service principal
    where the Region is disabled by default.
    """
    return SERVICE if region in BY_DEFAULT else f"cloudformation.{region}.amazonaws.com"


def linked_role(management: str) -> str:
    """CloudFormation's service-linked role of an organization's management account."""
    return (
        f"arn:aws:iam::{management}:role/aws-service-role/{ORGANIZATION_SERVICE}/"
        "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
    )


def service_role(management: str, account: str) -> str:
    """The role with which service-managed stack sets act in an account."""
    token = uuid.uuid5(uuid.NAMESPACE_OID, f"{management}/{account}").hex
    return f"arn:aws:iam::{account}:role/stacksets-exec-{token}"


def _request(stack_set: StackSet, instance: Instance) -> dict[str, Any]:
    parameters = {**stack_set.parameters, **instance.overrides}
    return {
        "TemplateBody": stack_set.template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": stack_set.capabilities,
        "Tags": stack_set.tags,
    }


def _is_busy(instance: Instance) -> bool:
    """Looks into the base: asking by API twenty times a second would drown the call log."""
    name = str(instance.stack_id).split("/")[1]
    stack = cloudformation._stacks.get_scoped(instance.account, instance.region, name)
    if stack is None or stack["StackId"] != instance.stack_id:
        return False
    return bool(stack["StackStatus"].endswith("_IN_PROGRESS"))


def _first_failure(client: Any, instance: Instance, status: str) -> str:
    pages = client.get_paginator("describe_stack_events").paginate(StackName=instance.stack_id)
    events = [event for page in pages for event in page["StackEvents"]]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("_FAILED") and not event.get(
            "ResourceStatusReason", ""
        ).startswith("Resource creation cancelled"):
            return (
                f"ResourceLogicalId:{event['LogicalResourceId']}, "
                f"ResourceType:{event['ResourceType']}, "
                f"ResourceStatusReason:{event.get('ResourceStatusReason', status)}."
            )
    return f"Stack {instance.stack_id} is {status}."


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        found = error.response["Error"]
        return f"{found.get('Message')} (Service: CloudFormation, Error Code: {found.get('Code')})"
    return str(error)
