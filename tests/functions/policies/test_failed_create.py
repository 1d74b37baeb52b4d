"""Creates that fail, what they leave, and what comes after them."""

import pytest
from kit.names import PRODUCTION, SANDBOXES, WORKLOADS

from .home import content, resource


def broken_documents():
    """Contents that cannot be a policy, and a word that the reason must hold."""
    return [
        ({"plan": content()["plans"]}, "plan"),
        ('{"plans": {', "line 1, column 11"),
        ({"plans": {}, "Variables": {}}, "Variables"),
    ]


@pytest.mark.parametrize(("document", "word"), broken_documents())
def test_a_broken_content_leaves_nothing_and_says_why(home, document, word):
    outcome = home.create(Policy=resource(PolicyContent=document))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert word in outcome.reason
    assert home.policies().everything() == []
    assert home.writes() == []


def test_a_good_create_follows_a_failed_one_under_the_same_name(home):
    nowhere = "ou-reh1-nowhere00"
    outcome = home.create(Policy=resource(PolicyTargets=[PRODUCTION, nowhere]))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert nowhere in outcome.reason
    assert home.policies().everything() == []
    assert home.delete().status == "DELETE_COMPLETE"
    assert home.create(Policy=resource()).complete
    assert home.policy()["targets"] == [PRODUCTION]


def test_the_delete_after_a_failed_create_touches_nobody_elses_policy(home):
    theirs = home.foreign_policy("nightly-backups", [SANDBOXES])
    before = home.policies().everything()
    outcome = home.create(Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "nightly-backups" in outcome.reason and "AdoptExisting" in outcome.reason
    kinds = [sent["request"]["RequestType"] for sent in home.requests()[-2:]]
    assert kinds == ["Create", "Delete"]
    assert home.policies().everything() == before
    assert home.policies().named("nightly-backups")["id"] == theirs


def test_the_policy_of_another_stack_is_not_taken_over(home):
    home.create("test-first", Policy=resource())
    before = home.policies().everything()
    outcome = home.create("test-second", Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert home.policies().everything() == before


def test_adopt_existing_takes_a_policy_over_as_it_is_and_makes_it_right(home):
    theirs = home.foreign_policy("nightly-backups", [SANDBOXES])
    assert home.create(Policy=resource(AdoptExisting="true")).complete
    policy = home.policy()
    assert policy["id"] == theirs
    assert policy["targets"] == [PRODUCTION]
    assert "nightly" in home.policies().plans("nightly-backups")
    assert home.policies().ours() == [policy]


def test_adopt_existing_makes_a_policy_when_there_is_none(home):
    assert home.create(Policy=resource(AdoptExisting="true")).complete
    assert home.policy()["targets"] == [PRODUCTION]


def test_adopt_existing_moves_a_policy_from_one_stack_to_another(home):
    home.create("test-first", Policy=resource())
    before = home.policy()
    assert home.create("test-second", Policy=resource(AdoptExisting="true")).complete
    # It belongs to the second stack now: the first one's end does not touch it.
    assert home.delete("test-first").status == "DELETE_COMPLETE"
    after = home.policy()
    assert (after["id"], after["targets"]) == (before["id"], before["targets"])
    assert home.delete("test-second").status == "DELETE_COMPLETE"
    assert home.policies().everything() == []


def test_every_wrong_property_is_named_at_once(home):
    wrong = resource(
        PolicyTarget=[WORKLOADS],
        PolicyType="SERVICE_CONTROL_POLICY",
        OrgManagementAccount="1111",
        EnablePolicyType="perhaps",
        drop=["PolicyName"],
    )
    outcome = home.create(Policy=wrong)
    assert outcome.status == "ROLLBACK_COMPLETE"
    for name in (
        "`PolicyTarget`",
        "PolicyType",
        "OrgManagementAccount",
        "EnablePolicyType",
        "PolicyName",
    ):
        assert name in outcome.reason
    assert home.policies().everything() == []


def test_another_resource_that_fails_takes_the_policy_back(home):
    other = {
        "Type": "AWS::SSM::Parameter",
        "DependsOn": "Policy",
        # The solution's own: the name is taken.
        "Properties": {"Name": "/backup/target/regions", "Type": "String", "Value": "x"},
    }
    outcome = home.create(Policy=resource(), Other=other)
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert home.policies().everything() == []
