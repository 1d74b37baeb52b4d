"""What the repository comes with. Users change it, so the pipeline does not run these tests."""

import pytest
from deploy.stacks import BY_NAME, STACKS
from model import Template

pytestmark = pytest.mark.shipped


def values(stack: str) -> dict[str, str]:
    return BY_NAME[stack].parameters()


def declared(stack) -> dict[str, dict]:
    return Template(stack.template_path).body.get("Parameters", {})


def test_every_value_is_its_templates_default():
    """One place less to look at. What has no default is a placeholder, or not wanted."""
    other = {
        f"{stack.name} {name}": value
        for stack in STACKS
        for name, value in stack.parameters().items()
        if "Default" in declared(stack)[name] and value != str(declared(stack)[name]["Default"])
    }
    assert other == {}


def test_everything_is_deployed_unless_somebody_chooses_otherwise():
    switches = values("aws-backup-codepipeline")
    assert (switches["DeployTagOnRestore"], switches["DeployMemberAccounts"]) == ("true", "true")


def test_a_roll_out_does_not_stop_at_one_account():
    """One that stops is undone in the healthy accounts, too."""
    member_stack_sets = [stack for stack in STACKS if "CallAs" in declared(stack)]
    assert len(member_stack_sets) == 3
    for stack in member_stack_sets:
        assert stack.parameters()["FailureTolerancePercentage"] == "100"
        assert int(stack.parameters()["MaxConcurrentPercentage"]) > 1
