"""What the repository comes with. Users change it, so the pipeline does not run these tests."""

import importlib.metadata
import sys

import pytest
from deploy.stacks import BY_NAME, STACKS
from model import ROOT, Template
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

sys.path.append(str(ROOT / "tools"))

import environment  # noqa: E402

GUIDE = ROOT / "docs/deployment.md"
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


def test_the_pinned_tools_admit_the_oldest_python_that_the_guide_names():
    """Where a release wants a newer one, `make lock` has pinned an older release beside it."""
    oldest = ".".join(str(part) for part in environment.OLDEST) + ".0"
    assert oldest.startswith("3.11.") and "Python 3.11 or newer" in GUIDE.read_text()
    on_it = {"python_full_version": oldest, "python_version": "3.11"}
    checked = 0
    for line in (ROOT / "tests/templates/requirements.txt").read_text().splitlines():
        if "==" not in line or line.startswith(("#", " ")):
            continue
        pinned = Requirement(line.removesuffix("\\").strip())
        if pinned.marker and not pinned.marker.evaluate(on_it):
            continue
        try:
            installed = importlib.metadata.distribution(pinned.name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system
        if pinned.specifier.contains(installed.version):
            wanted = installed.metadata.get("Requires-Python", "")
            assert SpecifierSet(wanted).contains(oldest), f"{line} wants {wanted}"
            checked += 1
    assert checked > 90
