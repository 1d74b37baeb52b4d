"""`backupctl plan` says what a deployment then does; each test deploys with the real function."""

import json

import pytest
from functions.policies.home import Home, deploy
from kit import solution
from kit.emulator import Emulator
from kit.names import (
    CENTRAL_VAULT,
    HOME,
    MANAGEMENT,
    ORGANIZATION,
    PRODUCTION,
    REGION,
    ROOT,
    SANDBOX_MEMBER,
    SANDBOXES,
    SECOND_MEMBER,
    THIRD_MEMBER,
    WORKLOADS,
)

from .conftest import World

TEMPLATE = solution.ORG_POLICY_TEMPLATE
PARAMETERS = ROOT / "cloudformation" / "parameters" / "aws-backup-org-policy.json"
ACTIONS = {
    "DescribeOrganization",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
    "ListPolicies",
    "DescribePolicy",
    "ListTargetsForPolicy",
    "ListPoliciesForTarget",
    "ListTagsForResource",
}


class Planned(World):
    """An organization with the policy manager deployed, and plans for it."""

    def __init__(self, emulator, folder):
        super().__init__(emulator)
        self.folder = folder
        self.deployed = Home(emulator)

    def plan(self, *arguments, units=(PRODUCTION, SANDBOXES), template=TEMPLATE, **options):
        """Plan a template's policies for these units; exit status and JSON."""
        targets = self.folder / "targets.json"
        values = {
            "OrganizationId": ORGANIZATION,
            "OrgManagementAccount": MANAGEMENT,
            "TargetHomeAccount": HOME,
            "CentralBackupVaultArn": CENTRAL_VAULT,
            "TargetOUs": ", ".join(units),
            "TargetRegions": f"{REGION}, us-east-1",
            "TargetGlobalRegion": REGION,
        }
        targets.write_text(json.dumps({"Parameters": values}))
        arguments = ("--targets", targets, "--format", "json", *arguments)
        result = self.run("plan", template, *arguments, **options)
        assert result.returncode in (0, 1), result.stderr
        return result.returncode, json.loads(result.stdout)

    def attachments(self):
        """What every policy is attached to, by name."""
        return {
            policy["name"]: set(policy["targets"])
            for policy in self.deployed.policies().everything()
        }


@pytest.fixture(scope="module")
def emulator_with_function():
    """A local AWS with the policy manager deployed."""
    with Emulator() as running:
        deploy(running)
        yield running


@pytest.fixture
def world(emulator_with_function, tmp_path):
    """No policies, no stacks of a test; backup policies are enabled."""
    world = Planned(emulator_with_function, tmp_path)
    world.deployed.enable_policy_type()
    yield world
    if world.deployed.policies().ours():
        world.deployed.delete(solution.ORG_POLICY)
    world.deployed.clean()


def actions(plan):
    return {policy["name"]: policy["action"] for policy in plan["policies"]}


def accounts(plan):
    return {entry["account"] for group in plan["accounts"] for entry in group["accounts"]}


def test_before_a_deployment_and_after_it(world):
    world.emulator.forget_calls()
    status, before = world.plan("--parameters", PARAMETERS)
    assert status == 0
    assert {call["operation"] for call in world.emulator.calls()} - {"GetCallerIdentity"} <= ACTIONS
    assert actions(before) == {
        "org-daily-backup-policy": "create",
        "org-monthly-backup-policy": "create",
    }
    assert accounts(before) == {SECOND_MEMBER, THIRD_MEMBER, SANDBOX_MEMBER}
    (group,) = before["accounts"]
    assert set(group["after"]["plans"]) == {"OrgDailyBackupPlan", "OrgMonthlyBackupPlan"}

    world.deployed.stacks.create(solution.org_policy()).expect_complete()
    world.deployed.await_unmarked()
    for policy in before["policies"]:
        assert world.attachments()[policy["name"]] == set(policy["attach"])

    status, after = world.plan("--parameters", PARAMETERS)
    assert status == 0
    assert set(actions(after).values()) == {"keep"}
    assert after["accounts"] == []


def test_a_change_is_planned_as_the_function_then_makes_it(world):
    world.deployed.stacks.create(solution.org_policy()).expect_complete()
    changed = world.folder / "parameters.json"
    changed.write_text(json.dumps({"DailyRetentionDays": "14"}))
    status, plan = world.plan("--parameters", changed)
    assert status == 0
    daily = next(it for it in plan["policies"] if it["name"] == "org-daily-backup-policy")
    assert daily["changes"] == ["change the content"]
    assert {(it["before"], it["after"]) for it in daily["content"]} == {("35", "14")}
    assert actions(plan)["org-monthly-backup-policy"] == "keep"
    stack = solution.org_policy(DailyRetentionDays="14")
    world.deployed.stacks.update(stack).expect_complete()
    _, after = world.plan("--parameters", changed)
    assert set(actions(after).values()) == {"keep"}


def test_an_account_that_would_lose_its_last_plan_stops_the_deployment(world):
    world.deployed.stacks.create(solution.org_policy()).expect_complete()
    status, plan = world.plan(units=[PRODUCTION])
    assert status == 1
    assert [finding["code"] for finding in plan["findings"]] == ["last-plan-lost"]
    assert f"{SANDBOX_MEMBER} (member-4)" in plan["findings"][0]["message"]
    assert [it["detach"] for it in plan["policies"]] == [[SANDBOXES], [SANDBOXES]]
    status, plan = world.plan("--allow-loss", units=[PRODUCTION])
    assert (status, plan["findings"]) == (0, [])
    # Attached higher up, nobody loses anything.
    status, _ = world.plan(units=[WORKLOADS, SANDBOXES])
    assert status == 0


def test_a_policy_that_the_template_has_no_more_is_removed(world):
    world.deployed.stacks.create(solution.org_policy()).expect_complete()
    text = TEMPLATE.read_text()
    begin, end = text.index("  MonthlyBackupPolicy:\n"), text.index("Outputs:\n")
    template = world.folder / "daily.yaml"
    template.write_text(text[:begin] + text[end:].split("  MonthlyBackupPolicyId")[0])
    status, plan = world.plan(template=template)
    assert status == 0
    assert actions(plan) == {
        "org-daily-backup-policy": "keep",
        "org-monthly-backup-policy": "remove",
    }
    world.deployed.stacks.update(solution.org_policy(template)).expect_complete()
    assert set(world.attachments()) == {"org-daily-backup-policy"}


def test_a_name_that_is_somebody_elses_fails_as_planned(world):
    world.deployed.foreign_policy("org-daily-backup-policy", [PRODUCTION])
    status, plan = world.plan()
    assert status == 1
    (finding,) = plan["findings"]
    assert finding["code"] == "deployment-fails"
    assert "AdoptExisting: true" in finding["message"]
    outcome = world.deployed.stacks.create(solution.org_policy())
    assert not outcome.complete
    assert "AdoptExisting: true" in outcome.reason
    world.deployed.stacks.delete(solution.ORG_POLICY)


def test_a_snapshot_gives_the_same_plan_without_aws(world):
    world.deployed.stacks.create(solution.org_policy()).expect_complete()
    file = world.folder / "organization.json"
    assert world.run("snapshot", "--output", file).returncode == 0
    changed = world.folder / "parameters.json"
    changed.write_text(json.dumps({"MonthlyRetentionDays": "400"}))
    live = world.plan("--parameters", changed, units=[PRODUCTION])
    world.emulator.forget_calls()
    filed = world.plan("--parameters", changed, "--organization", file, units=[PRODUCTION])
    for _, plan in (filed, live):
        assert plan.pop("looked_at").startswith("looked at: 7 accounts in ")
        plan.pop("notes")  # a file holds less
    assert filed == live
    assert live[0] == 1
    assert world.emulator.calls() == []
