"""Creates that fail, what they leave, and what comes after them."""

import pytest
from kit.names import PRODUCTION, SANDBOXES, WORKLOADS

from .world import content, resource


def broken_documents():
    """Contents that cannot be a policy, and a word that the reason must hold."""
    return [
        ({"plan": content()["plans"]}, "plan"),
        ('{"plans": {', "line 1, column 11"),
        ({"plans": {}, "Variables": {}}, "Variables"),
    ]


@pytest.mark.parametrize(("document", "word"), broken_documents())
def test_a_broken_content_leaves_nothing_and_says_why(world, document, word):
    outcome = world.create(Policy=resource(PolicyContent=document))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert word in outcome.reason
    assert world.policies().everything() == []
    assert world.writes() == []


def test_a_good_create_follows_a_failed_one_under_the_same_name(world):
    nowhere = "ou-reh1-nowhere00"
    outcome = world.create(Policy=resource(PolicyTargets=[PRODUCTION, nowhere]))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert nowhere in outcome.reason
    assert world.policies().everything() == []
    assert world.delete().status == "DELETE_COMPLETE"
    assert world.create(Policy=resource()).complete
    assert world.policy()["targets"] == [PRODUCTION]


def test_the_delete_after_a_failed_create_touches_nobody_elses_policy(world):
    theirs = world.foreign_policy("nightly-backups", [SANDBOXES])
    before = world.policies().everything()
    outcome = world.create(Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "nightly-backups" in outcome.reason and "AdoptExisting" in outcome.reason
    kinds = [sent["request"]["RequestType"] for sent in world.requests()[-2:]]
    assert kinds == ["Create", "Delete"]
    assert world.policies().everything() == before
    assert world.policies().named("nightly-backups")["id"] == theirs


def test_the_policy_of_another_stack_is_not_taken_over(world):
    world.create("test-first", Policy=resource())
    before = world.policies().everything()
    outcome = world.create("test-second", Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert world.policies().everything() == before


def test_adopt_existing_takes_a_policy_over_as_it_is_and_makes_it_right(world):
    theirs = world.foreign_policy("nightly-backups", [SANDBOXES])
    assert world.create(Policy=resource(AdoptExisting="true")).complete
    policy = world.policy()
    assert policy["id"] == theirs
    assert policy["targets"] == [PRODUCTION]
    assert "nightly" in world.policies().plans("nightly-backups")
    assert world.policies().ours() == [policy]


def test_adopt_existing_makes_a_policy_when_there_is_none(world):
    assert world.create(Policy=resource(AdoptExisting="true")).complete
    assert world.policy()["targets"] == [PRODUCTION]


def test_adopt_existing_moves_a_policy_from_one_stack_to_another(world):
    world.create("test-first", Policy=resource())
    before = world.policy()
    assert world.create("test-second", Policy=resource(AdoptExisting="true")).complete
    # It belongs to the second stack now: the first one's end does not touch it.
    assert world.delete("test-first").status == "DELETE_COMPLETE"
    after = world.policy()
    assert (after["id"], after["targets"]) == (before["id"], before["targets"])
    assert world.delete("test-second").status == "DELETE_COMPLETE"
    assert world.policies().everything() == []


def test_every_wrong_property_is_named_at_once(world):
    wrong = resource(
        PolicyTarget=[WORKLOADS],
        PolicyType="SERVICE_CONTROL_POLICY",
        OrgManagementAccount="1111",
        EnablePolicyType="perhaps",
        drop=["PolicyName"],
    )
    outcome = world.create(Policy=wrong)
    assert outcome.status == "ROLLBACK_COMPLETE"
    for name in (
        "`PolicyTarget`",
        "PolicyType",
        "OrgManagementAccount",
        "EnablePolicyType",
        "PolicyName",
    ):
        assert name in outcome.reason
    assert world.policies().everything() == []


def test_another_resource_that_fails_takes_the_policy_back(world):
    other = {
        "Type": "AWS::SSM::Parameter",
        "DependsOn": "Policy",
        # The solution's own: the name is taken.
        "Properties": {"Name": "/backup/target/regions", "Type": "String", "Value": "x"},
    }
    outcome = world.create(Policy=resource(), Other=other)
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert world.policies().everything() == []
