"""What the tests of stack sets share: clients, templates, and a look into the accounts."""

from __future__ import annotations

import json
import time
from typing import Any

from ..world import HOME, PATIENCE, World

REGION = "eu-west-1"
OTHER_REGION = "us-east-1"
WORKLOADS = "ou-reh1-workloads"
PRODUCTION = "ou-reh1-production"
SANDBOXES = "ou-reh1-sandboxes"
# member-1 in workloads, -2 and -3 in production below it, -4 in sandboxes.
MEMBERS = ("444444444441", "444444444442", "444444444443", "444444444444")
DELEGATED = {"CallAs": "DELEGATED_ADMIN"}
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


def template(value: str = "one", **resources: Any) -> str:
    """A parameter named after its value, and a queue."""
    return json.dumps(
        {
            "Parameters": {"Value": {"Type": "String", "Default": value}},
            "Resources": {
                "Parameter": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {"Name": "/x", "Type": "String", "Value": {"Ref": "Value"}},
                },
                **resources,
            },
        }
    )


def delegate(world: World) -> Any:
    """Trusted access, and the home account as delegated administrator; its client."""
    world.client("cloudformation").activate_organizations_access()
    world.client("organizations").register_delegated_administrator(
        AccountId=HOME, ServicePrincipal=STACK_SETS
    )
    return world.client("cloudformation", HOME)


def create(client: Any, name: str = "set", **more: Any) -> str:
    """A service-managed stack set with automatic deployment; its id."""
    wanted = {
        "TemplateBody": template(),
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        **DELEGATED,
        **more,
    }
    return str(client.create_stack_set(StackSetName=name, **wanted)["StackSetId"])


def finish(client: Any, started: Any, name: str = "set", **call_as: str) -> Any:
    """Wait for an operation; how it is described then."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = client.describe_stack_set_operation(
            StackSetName=name, OperationId=started["OperationId"], **call_as
        )["StackSetOperation"]
        if found["Status"] in ("SUCCEEDED", "FAILED", "STOPPED"):
            return found
        time.sleep(0.05)
    raise AssertionError("the operation is still at work")


def deploy(
    client: Any, *units: str, regions: tuple[str, ...] = (REGION,), name: str = "set", **more: Any
) -> Any:
    """Create instances in OUs and wait; the operation."""
    started = client.create_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": list(units)},
        Regions=list(regions),
        **DELEGATED,
        **more,
    )
    return finish(client, started, name, **DELEGATED)


def instances(client: Any, name: str = "set", **call_as: str) -> dict[tuple[str, str], str]:
    """(account, Region) -> status of the instances."""
    found = client.list_stack_instances(StackSetName=name, **call_as)["Summaries"]
    return {(entry["Account"], entry["Region"]): entry["Status"] for entry in found}


def value_in(world: World, account: str, region: str = REGION) -> str | None:
    """What the stack's parameter holds in an account; None without it."""
    client = world.in_region("ssm", account, region)
    found = client.get_parameters(Names=["/x"])["Parameters"]
    return str(found[0]["Value"]) if found else None


def holders(world: World, region: str = REGION) -> list[str]:
    """The members in which the parameter is."""
    return [member for member in MEMBERS if value_in(world, member, region) is not None]
