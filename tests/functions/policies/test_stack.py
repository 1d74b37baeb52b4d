"""A stack from creation to deletion."""

import json

import pytest
from botocore.exceptions import ClientError
from kit.names import (
    HOME,
    MANAGEMENT,
    ORGANIZATION,
    ORGANIZATION_ROOT,
    PRODUCTION,
    REGION,
    SANDBOX_MEMBER,
    SANDBOXES,
    WORKLOADS,
)

from .home import content, resource


def test_create_makes_the_policy_and_attaches_it_where_it_belongs(home):
    targets = [WORKLOADS, SANDBOX_MEMBER]
    assert home.create(Policy=resource(PolicyTargets=targets)).complete
    policy = home.policy()
    assert policy["targets"] == targets
    assert policy["description"] == "every night"
    assert home.stacks.physical_ids("test")["Policy"] == policy["arn"]


def test_the_attributes_say_what_was_made(home):
    names = (
        "PolicyId",
        "PolicyArn",
        "PolicyName",
        "OrganizationId",
        "ManagementAccountId",
        "PolicyTargets",
        "PolicyCharacters",
    )
    outputs = {name: {"Fn::GetAtt": ["Policy", name]} for name in names}
    targets = [PRODUCTION, SANDBOXES]
    assert home.create(outputs=outputs, Policy=resource(PolicyTargets=targets)).complete
    policy = home.policy()
    assert home.stacks.outputs("test") == {
        "PolicyId": policy["id"],
        "PolicyArn": policy["arn"],
        "PolicyName": "nightly-backups",
        "OrganizationId": ORGANIZATION,
        "ManagementAccountId": MANAGEMENT,
        "PolicyTargets": ",".join(targets),
        "PolicyCharacters": str(len(policy["content"])),
    }


def test_the_content_is_sent_without_white_space(home):
    home.create(Policy=resource())
    text = home.policy()["content"]
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


def test_regions_go_into_plans_that_name_none(home):
    mixed = content()
    mixed["plans"]["own"] = content(regions=["us-west-2"])["plans"]["nightly"]
    home.create(Policy=resource(PolicyContent=mixed, PolicyRegions=[REGION, "us-east-1"]))
    plans = home.policies().plans("nightly-backups")
    assert plans["nightly"]["regions"] == {"@@assign": [REGION, "us-east-1"]}
    assert plans["own"]["regions"] == {"@@assign": ["us-west-2"]}


def test_an_unchanged_template_is_no_update(home):
    home.create(Policy=resource())
    before = home.policies().everything()
    with pytest.raises(ClientError, match="No updates are to be performed"):
        home.update(Policy=resource())
    assert home.policies().everything() == before


def test_an_update_that_changes_nothing_in_the_organization_writes_nothing(home):
    home.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES]))
    before = home.policies().everything()
    home.emulator.forget_calls()
    # Other text for CloudFormation, the same state for AWS Organizations.
    same = resource(PolicyTargets=f"{SANDBOXES}, {PRODUCTION}", EnablePolicyType=False)
    assert home.update(Policy=same).complete
    assert home.writes() == []
    assert home.policies().everything() == before


def test_content_changes_in_place(home):
    home.create(Policy=resource())
    before = home.policy()
    assert home.update(Policy=resource(PolicyContent=content(days=60))).complete
    after = home.policy()
    assert (after["id"], after["targets"]) == (before["id"], before["targets"])
    rules = home.policies().rules("nightly-backups")
    assert rules["nightly"]["lifecycle"]["delete_after_days"]["@@assign"] == "60"
    assert home.stacks.physical_ids("test")["Policy"] == before["arn"]


def test_targets_change_without_a_gap(home):
    home.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES]))
    policy = home.policy()["id"]
    home.emulator.forget_calls()
    assert home.update(Policy=resource(PolicyTargets=[WORKLOADS, PRODUCTION])).complete
    # Nothing but these calls, in this order: the shared target is not touched. The tag is the
    # digest of what is deployed from now on.
    assert [(c.operation, c.policy, c.target) for c in home.writes()] == [
        ("TagResource", policy, None),
        ("AttachPolicy", policy, WORKLOADS),
        ("DetachPolicy", policy, SANDBOXES),
    ]
    assert set(home.policy()["targets"]) == {PRODUCTION, WORKLOADS}


def test_targets_are_compared_with_what_is_live_not_with_the_last_template(home):
    home.create(Policy=resource(PolicyTargets=[PRODUCTION]))
    policy = home.policy()["id"]
    home.organizations.attach_policy(PolicyId=policy, TargetId=WORKLOADS)
    home.organizations.detach_policy(PolicyId=policy, TargetId=PRODUCTION)
    assert home.update(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES])).complete
    assert set(home.policy()["targets"]) == {PRODUCTION, SANDBOXES}


def test_a_rename_keeps_the_policy(home):
    home.create(Policy=resource())
    before = home.policy()
    changed = resource("weekday-backups", PolicyDescription="other words")
    assert home.update(Policy=changed).complete
    after = home.policy("weekday-backups")
    assert after["id"] == before["id"]
    assert after["targets"] == before["targets"]
    assert after["description"] == "other words"


def test_a_rename_to_a_taken_name_changes_nothing(home):
    home.foreign_policy("taken", [SANDBOXES])
    home.create(Policy=resource())
    before = home.policies().everything()
    outcome = home.update(Policy=resource("taken", PolicyContent=content(days=60)))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "name" in outcome.reason
    assert home.policies().everything() == before


def test_a_resource_that_leaves_the_template_takes_its_policy_with_it(home):
    home.create(One=resource("one"), Two=resource("two"))
    assert home.update(One=resource("one")).complete
    assert [policy["name"] for policy in home.policies().everything()] == ["one"]


def test_delete_leaves_nothing(home):
    home.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES, ORGANIZATION_ROOT]))
    outcome = home.delete()
    assert outcome.status == "DELETE_COMPLETE"
    assert home.policies().everything() == []


def test_delete_detaches_what_was_attached_by_hand_on_every_page(home):
    home.create(Policy=resource())
    policy = home.policy()["id"]
    for target in (WORKLOADS, SANDBOXES, ORGANIZATION_ROOT, HOME, SANDBOX_MEMBER):
        home.organizations.attach_policy(PolicyId=policy, TargetId=target)
    with home.emulator.settings(page_size=2, empty_pages=True):
        outcome = home.delete()
    assert outcome.status == "DELETE_COMPLETE"
    assert home.policies().everything() == []


def test_delete_of_a_policy_that_is_gone_already_succeeds(home):
    home.create(Policy=resource())
    policy = home.policy()["id"]
    home.organizations.detach_policy(PolicyId=policy, TargetId=PRODUCTION)
    home.organizations.delete_policy(PolicyId=policy)
    assert home.delete().status == "DELETE_COMPLETE"


def test_delete_among_25_foreign_policies_removes_ours_and_no_other(home):
    for number in range(25):
        home.foreign_policy(f"nightly-backups-{number}", [SANDBOXES] if number < 5 else [])
    others = home.policies().everything()
    home.create(Policy=resource())
    assert len(home.policies().everything()) == 26
    assert home.delete().status == "DELETE_COMPLETE"
    assert home.policies().everything() == others


def test_an_update_among_25_foreign_policies_finds_ours(home):
    for number in range(25):
        home.foreign_policy(f"nightly-backups-{number}")
    others = home.policies().everything()
    home.create(Policy=resource())
    assert home.update(Policy=resource(PolicyTargets=[WORKLOADS])).complete
    assert home.policies().others() == others
    assert home.policy()["targets"] == [WORKLOADS]


def test_every_request_got_exactly_one_answer(home):
    sent = len(home.requests())
    home.create(Policy=resource())
    home.update(Policy=resource(PolicyTargets=[WORKLOADS]))
    home.update(Policy=resource(PolicyContent={"plan": {}}))
    home.delete()
    requests = home.requests()[sent:]
    kinds = [request["request"]["RequestType"] for request in requests]
    # The third update is refused, and CloudFormation sends the one before again.
    assert kinds == ["Create", "Update", "Update", "Update", "Delete"]
    answers = [json.loads(request["answers"][0])["Status"] for request in requests]
    assert answers == ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS", "SUCCESS"]
    assert all(len(request["answers"]) == 1 for request in requests)
