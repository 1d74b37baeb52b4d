"""A change of `OrgManagementAccount`: the only one that replaces the policy."""

from demo.names import CENTRAL, PRODUCTION

from .world import resource


def test_a_management_account_that_has_no_role_for_us_is_named(world):
    outcome = world.create(Policy=resource(OrgManagementAccount=CENTRAL))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert f"arn:aws:iam::{CENTRAL}:role/BackupOrgPolicyManagerOrgAdmin" in outcome.reason
    assert world.policies().everything() == []


def test_a_replacement_that_fails_leaves_the_policy_as_it_was(world):
    world.create(Policy=resource())
    before = world.policies().everything()
    outcome = world.update(Policy=resource(OrgManagementAccount=CENTRAL))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert CENTRAL in outcome.reason
    assert world.policies().everything() == before
    assert world.policy()["targets"] == [PRODUCTION]
