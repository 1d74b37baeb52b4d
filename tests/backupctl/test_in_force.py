"""`backupctl in-force` says whether AWS took a stack's policies, in each account they reach."""

import json

import pytest
from functions.policies.home import Home, deploy
from kit import solution
from kit.emulator import Emulator
from kit.names import MANAGEMENT, SECOND_MEMBER
from kit.templates import MANAGEMENT_ROLE, resources, statements
from kit.templates import actions as allows

from .conftest import World
from .test_doctor_promises import FRAGMENT
from .test_plan import ACTIONS

# What the pipeline's role may do for `in-force` beyond what `plan` asks.
ACTIONS_AFTER = {
    "DescribeEffectivePolicy",
    "ListAccountsWithInvalidEffectivePolicy",
    "ListEffectivePolicyValidationErrors",
}


class Deployed(World):
    """An organization with the solution's policies, and what AWS made of them."""

    def attach(self, target):
        """Somebody's own policy that makes the merged one invalid there."""
        client = self.client("organizations")
        made = client.create_policy(
            Name="half", Description="", Type="BACKUP_POLICY", Content=json.dumps(FRAGMENT)
        )
        policy = made["Policy"]["PolicySummary"]["Id"]
        client.attach_policy(PolicyId=policy, TargetId=target)

    def in_force(self, *arguments):
        """Exit status, and what was found: (account, state) -> detail."""
        result = self.run("in-force", "--format", "json", *arguments)
        assert result.returncode in (0, 1), result.stderr
        found = {(it["account"], it["state"]): it["detail"] for it in json.loads(result.stdout)}
        return result.returncode, found


@pytest.fixture(scope="module")
def running():
    """A local AWS with the policies deployed."""
    with Emulator() as emulator:
        deploy(emulator)
        home = Home(emulator)
        home.enable_policy_type()
        home.stacks.create(solution.org_policy()).expect_complete()
        home.await_unmarked()
        yield emulator


@pytest.fixture
def world(running):
    """Afterwards nobody's policies but the stack's are there."""
    yield Deployed(running)
    client = Deployed(running).client("organizations")
    for policy in client.list_policies(Filter="BACKUP_POLICY")["Policies"]:
        if policy["Name"] == "half":
            for target in client.list_targets_for_policy(PolicyId=policy["Id"])["Targets"]:
                client.detach_policy(PolicyId=policy["Id"], TargetId=target["TargetId"])
            client.delete_policy(PolicyId=policy["Id"])


def test_the_pipelines_role_may_make_the_calls_and_no_others():
    policies = resources(MANAGEMENT_ROLE)["ReaderRole"]["Properties"]["Policies"]
    allowed = allows(statements(policies))
    # What it reads of AWS Backup is the watch's, and held against the watch's own list.
    calls = {action for action in allowed if not action.startswith("backup:")}
    assert calls == {f"organizations:{action}" for action in ACTIONS | ACTIONS_AFTER}


def test_where_aws_has_what_is_attached_it_ends_at_once_and_well(world):
    world.emulator.forget_calls()
    # Longer than the command is given here: it does not wait for nothing.
    status, found = world.in_force("--wait", "600")
    assert (status, found) == (
        0,
        {(None, "ok"): "as merged here in 3 of 3 accounts that the stack's policies reach"},
    )
    called = {call["operation"] for call in world.emulator.calls()} - {"GetCallerIdentity"}
    assert called <= ACTIONS | ACTIONS_AFTER


def test_an_account_that_aws_withholds_the_policies_from_is_named_with_aws_s_reason(world):
    world.attach(SECOND_MEMBER)
    status, found = world.in_force()
    assert status == 1
    assert found[(None, "ok")].startswith("as merged here in 2 of 3 accounts")
    detail = found[(SECOND_MEMBER, "failed")]
    assert detail.startswith("invalid: KEY_REQUIRED")
    assert detail.endswith("(org-daily-backup-policy, org-monthly-backup-policy)")


def test_an_account_out_of_the_policies_reach_is_told_and_fails_nothing(world):
    world.attach(MANAGEMENT)
    status, found = world.in_force()
    assert status == 0
    assert found[(MANAGEMENT, "info")].startswith("invalid, through no policy of the stack: KEY")


def test_a_stack_without_policies_has_failed(world):
    status, found = world.in_force("--stack", "another", "--wait", "0")
    assert (status, list(found)) == (1, [(None, "failed")])
    assert found[(None, "failed")] == "no policy of the stack another reaches any account"


def test_who_may_not_ask_is_told_which_permission_is_missing(world):
    fault = {
        "service": "organizations",
        "operation": "ListAccountsWithInvalidEffectivePolicy",
        "kind": "refuse",
        "times": 9,
    }
    world.emulator.inject(fault)
    try:
        result = world.run("in-force")
    finally:
        world.emulator.mend()
    assert result.returncode == 2
    error = result.stderr.splitlines()[-1]
    assert error.startswith("error: organizations:ListAccountsWithInvalidEffectivePolicy is denied")
    assert "allow the action" in error
