"""DescribeStackResource, as a function asks it while it serves a request and afterwards."""

from __future__ import annotations

import pytest

from ..stacks import CAPABILITIES, create, custom, delete, template
from ..world import HOME, World, error_of, eventually


@pytest.fixture
def home(world: World) -> World:
    """The emulator with the fake function's package uploaded."""
    world.upload_function()
    return world


def shown(world: World, stack: str, logical_id: str = "Thing") -> tuple[str, str | None]:
    """Status and physical id of a resource."""
    cloudformation = world.client("cloudformation", HOME)
    detail = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    detail = detail["StackResourceDetail"]
    assert detail["ResourceType"] == "Custom::Thing"
    return detail["ResourceStatus"], detail.get("PhysicalResourceId")


def hold_answers(world: World) -> None:
    """Let no answer of a custom resource arrive until the faults are ended."""
    world.fault("custom-resource", "PutAnswer", "slow", delay_ms=600_000)


def request_sent(world: World, kind: str) -> None:
    """Wait until a request of this kind is with the function."""
    sent = eventually(
        lambda: [
            entry
            for entry in world.control("GET", "custom-resources")
            if entry["request"]["RequestType"] == kind
        ]
    )
    assert sent


def test_a_resource_is_in_progress_until_the_answer(home: World) -> None:
    cloudformation = home.client("cloudformation", HOME)
    hold_answers(home)
    failing = template(Thing=custom(OnCreate="failed"))
    stack = cloudformation.create_stack(
        StackName="stack", TemplateBody=failing, Capabilities=CAPABILITIES, DisableRollback=True
    )["StackId"]
    request_sent(home, "Create")
    assert shown(home, stack) == ("CREATE_IN_PROGRESS", None)
    home.mend()
    home.wait_for_stack("stack", HOME)
    assert shown(home, stack)[0] == "CREATE_FAILED"


def test_a_resource_that_is_made_and_changed_has_its_id(home: World) -> None:
    stack = create(home, template(Thing=custom(A=1)))["StackId"]
    assert shown(home, stack) == shown(home, "stack") == ("CREATE_COMPLETE", "thing-1")
    hold_answers(home)
    home.client("cloudformation", HOME).update_stack(
        StackName="stack", TemplateBody=template(Thing=custom(A=2)), Capabilities=CAPABILITIES
    )
    request_sent(home, "Update")
    assert shown(home, stack) == ("UPDATE_IN_PROGRESS", "thing-1")
    home.mend()
    assert home.wait_for_stack("stack", HOME)["StackStatus"] == "UPDATE_COMPLETE"


def test_a_deleted_stack_is_known_by_its_id_also_beside_a_new_one_of_the_name(home: World) -> None:
    first = create(home, template(Thing=custom()))["StackId"]
    delete(home)
    assert shown(home, first) == ("DELETE_COMPLETE", "thing-1")
    second = create(home, template(Thing=custom()))["StackId"]
    assert shown(home, first)[0] == "DELETE_COMPLETE"
    assert shown(home, second) == ("CREATE_COMPLETE", "thing-1")


def test_what_a_stack_never_had_does_not_exist(home: World) -> None:
    stack = create(home, template(Thing=custom()))["StackId"]
    for name, logical_id in ((stack, "Other"), (stack.replace("stack/stack", "stack/no"), "Thing")):
        call = home.client("cloudformation", HOME).describe_stack_resource
        code, _ = error_of(call, StackName=name, LogicalResourceId=logical_id)
        assert code == "ValidationError"
