"""A change of `OrgManagementAccount`: the only one that replaces the policy."""

import contextlib
import json

import pytest
from kit import solution
from kit.clients import client
from kit.names import CENTRAL, MANAGEMENT, OTHER_MANAGEMENT, PRODUCTION
from kit.observe import Policies
from kit.stacks import stacks

from .home import resource

OTHER_WORKLOADS = "ou-reh2-workloads"
OTHER_ROOT = "r-reh2"


def moved(**changes):
    """The policy in the other organization."""
    target = {"PolicyTargets": [OTHER_WORKLOADS]} | changes
    return resource(OrgManagementAccount=OTHER_MANAGEMENT, EnablePolicyType="true", **target)


NOTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "sts:TagSession", "Resource": "*"}],
    }
)
FUNCTION_ROLE = "BackupOrgPolicyManager"
BOTH = "AssumeTheRoleOfTheOtherManagementAccount"


@pytest.fixture
def other(home):
    """The other organization's management account has the role too; its policies.

    The function's role as deployed may assume the role of one management account; whoever moves
    lets it assume both for as long.
    """
    management = stacks(home.emulator, OTHER_MANAGEMENT)
    management.create(solution.management_role()).expect_complete()
    iam = client(home.emulator.url, "iam")
    role = f"arn:aws:iam::{OTHER_MANAGEMENT}:role/BackupOrgPolicyManagerOrgAdmin"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    iam.put_role_policy(
        RoleName=FUNCTION_ROLE,
        PolicyName=BOTH,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )

    def policies():
        return Policies(home.emulator.other_organization()).everything()

    yield policies
    # A policy that is left would outlive the role with which it can be removed.
    home.clean()
    management.delete(solution.management_role().name)
    iam.delete_role_policy(RoleName=FUNCTION_ROLE, PolicyName=BOTH)
    assert policies() == []
    organizations = client(home.emulator.url, "organizations", OTHER_MANAGEMENT)
    with contextlib.suppress(organizations.exceptions.PolicyTypeNotEnabledException):
        organizations.disable_policy_type(RootId=OTHER_ROOT, PolicyType="BACKUP_POLICY")


def test_the_functions_role_reaches_one_management_account_only(home, other):
    client(home.emulator.url, "iam").put_role_policy(
        RoleName=FUNCTION_ROLE, PolicyName=BOTH, PolicyDocument=NOTHING
    )
    home.create(Policy=resource())
    outcome = home.update(Policy=moved())
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        f"not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{OTHER_MANAGEMENT}"
        in (outcome.reason)
    )
    assert other() == []


def test_another_management_account_gets_a_new_policy_and_the_old_one_goes(home, other):
    home.create(Policy=resource())
    before = home.policy()
    assert home.update(Policy=moved()).complete
    (policy,) = other()
    assert policy["targets"] == [OTHER_WORKLOADS]
    assert policy["arn"] != before["arn"]
    assert home.stacks.physical_ids("test")["Policy"] == policy["arn"]
    assert home.policies().everything() == []


def test_the_old_policy_protects_until_the_new_one_does(home, other):
    home.create(Policy=resource())
    home.emulator.forget_calls()
    home.update(Policy=moved())
    made = [
        (call["account"], call["operation"])
        for call in home.emulator.calls()
        if call["service"] == "organizations" and not call["error"]
    ]
    attached = made.index((OTHER_MANAGEMENT, "AttachPolicy"))
    assert attached < made.index((MANAGEMENT, "DetachPolicy"))


def test_a_replacement_that_fails_leaves_the_policy_and_nothing_else(home, other):
    home.create(Policy=resource())
    before = home.policies().everything()
    # A target of the old organization is none in the new one.
    outcome = home.update(Policy=moved(PolicyTargets=[PRODUCTION]))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert PRODUCTION in outcome.reason
    assert home.policies().everything() == before
    assert other() == []


def test_a_management_account_without_our_role_is_named_and_nothing_changes(home):
    home.create(Policy=resource())
    before = home.policies().everything()
    outcome = home.update(Policy=resource(OrgManagementAccount=CENTRAL))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert f"arn:aws:iam::{CENTRAL}:role/BackupOrgPolicyManagerOrgAdmin" in outcome.reason
    assert home.policies().everything() == before


def test_a_member_that_is_no_management_account_cannot_be_one(home):
    """A role of the right name in the wrong account gets no further than AWS lets it."""
    central = stacks(home.emulator, CENTRAL)
    central.create(solution.management_role()).expect_complete()
    outcome = home.create(Policy=resource(OrgManagementAccount=CENTRAL))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "AccessDenied" in outcome.reason
    assert home.policies().everything() == []
    central.delete(solution.management_role().name)
