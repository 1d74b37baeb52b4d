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
    SANDBOXES,
    WORKLOADS,
)

from .world import content, resource

SANDBOX_ACCOUNT = "444444444444"


def test_create_makes_the_policy_and_attaches_it_where_it_belongs(world):
    targets = [WORKLOADS, SANDBOX_ACCOUNT]
    assert world.create(Policy=resource(PolicyTargets=targets)).complete
    policy = world.policy()
    assert policy["targets"] == targets
    assert policy["description"] == "every night"
    assert world.home.physical_ids("test")["Policy"] == policy["arn"]


def test_the_attributes_say_what_was_made(world):
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
    assert world.create(outputs=outputs, Policy=resource(PolicyTargets=targets)).complete
    policy = world.policy()
    assert world.home.outputs("test") == {
        "PolicyId": policy["id"],
        "PolicyArn": policy["arn"],
        "PolicyName": "nightly-backups",
        "OrganizationId": ORGANIZATION,
        "ManagementAccountId": MANAGEMENT,
        "PolicyTargets": ",".join(targets),
        "PolicyCharacters": str(len(policy["content"])),
    }


def test_the_content_is_sent_without_white_space(world):
    world.create(Policy=resource())
    text = world.policy()["content"]
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


def test_regions_go_into_plans_that_name_none(world):
    mixed = content()
    mixed["plans"]["own"] = content(regions=["us-west-2"])["plans"]["nightly"]
    world.create(Policy=resource(PolicyContent=mixed, PolicyRegions=[REGION, "us-east-1"]))
    plans = world.policies().plans("nightly-backups")
    assert plans["nightly"]["regions"] == {"@@assign": [REGION, "us-east-1"]}
    assert plans["own"]["regions"] == {"@@assign": ["us-west-2"]}


def test_an_unchanged_template_is_no_update(world):
    world.create(Policy=resource())
    before = world.policies().everything()
    with pytest.raises(ClientError, match="No updates are to be performed"):
        world.update(Policy=resource())
    assert world.policies().everything() == before


def test_an_update_that_changes_nothing_in_the_organization_writes_nothing(world):
    world.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES]))
    before = world.policies().everything()
    world.emulator.forget_calls()
    # Other text for CloudFormation, the same state for AWS Organizations.
    same = resource(PolicyTargets=f"{SANDBOXES}, {PRODUCTION}", EnablePolicyType=False)
    assert world.update(Policy=same).complete
    assert world.writes() == []
    assert world.policies().everything() == before


def test_content_changes_in_place(world):
    world.create(Policy=resource())
    before = world.policy()
    assert world.update(Policy=resource(PolicyContent=content(days=60))).complete
    after = world.policy()
    assert (after["id"], after["targets"]) == (before["id"], before["targets"])
    rules = world.policies().rules("nightly-backups")
    assert rules["nightly"]["lifecycle"]["delete_after_days"]["@@assign"] == "60"
    assert world.home.physical_ids("test")["Policy"] == before["arn"]


def test_targets_change_without_a_gap(world):
    world.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES]))
    policy = world.policy()["id"]
    world.emulator.forget_calls()
    assert world.update(Policy=resource(PolicyTargets=[WORKLOADS, PRODUCTION])).complete
    # Nothing but these two calls, in this order: the shared target is not touched.
    assert [(c.operation, c.policy, c.target) for c in world.writes()] == [
        ("AttachPolicy", policy, WORKLOADS),
        ("DetachPolicy", policy, SANDBOXES),
    ]
    assert set(world.policy()["targets"]) == {PRODUCTION, WORKLOADS}


def test_targets_are_compared_with_what_is_live_not_with_the_last_template(world):
    world.create(Policy=resource(PolicyTargets=[PRODUCTION]))
    policy = world.policy()["id"]
    world.organizations.attach_policy(PolicyId=policy, TargetId=WORKLOADS)
    world.organizations.detach_policy(PolicyId=policy, TargetId=PRODUCTION)
    assert world.update(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES])).complete
    assert set(world.policy()["targets"]) == {PRODUCTION, SANDBOXES}


def test_a_rename_keeps_the_policy(world):
    world.create(Policy=resource())
    before = world.policy()
    changed = resource("weekday-backups", PolicyDescription="other words")
    assert world.update(Policy=changed).complete
    after = world.policy("weekday-backups")
    assert after["id"] == before["id"]
    assert after["targets"] == before["targets"]
    assert after["description"] == "other words"


def test_a_rename_to_a_taken_name_changes_nothing(world):
    world.foreign_policy("taken", [SANDBOXES])
    world.create(Policy=resource())
    before = world.policies().everything()
    outcome = world.update(Policy=resource("taken", PolicyContent=content(days=60)))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "name" in outcome.reason
    assert world.policies().everything() == before


def test_a_resource_that_leaves_the_template_takes_its_policy_with_it(world):
    world.create(One=resource("one"), Two=resource("two"))
    assert world.update(One=resource("one")).complete
    assert [policy["name"] for policy in world.policies().everything()] == ["one"]


def test_delete_leaves_nothing(world):
    world.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES, ORGANIZATION_ROOT]))
    outcome = world.delete()
    assert outcome.status == "DELETE_COMPLETE"
    assert world.policies().everything() == []


def test_delete_detaches_what_was_attached_by_hand_on_every_page(world):
    world.create(Policy=resource())
    policy = world.policy()["id"]
    for target in (WORKLOADS, SANDBOXES, ORGANIZATION_ROOT, HOME, SANDBOX_ACCOUNT):
        world.organizations.attach_policy(PolicyId=policy, TargetId=target)
    with world.emulator.settings(page_size=2, empty_pages=True):
        outcome = world.delete()
    assert outcome.status == "DELETE_COMPLETE"
    assert world.policies().everything() == []


def test_delete_of_a_policy_that_is_gone_already_succeeds(world):
    world.create(Policy=resource())
    policy = world.policy()["id"]
    world.organizations.detach_policy(PolicyId=policy, TargetId=PRODUCTION)
    world.organizations.delete_policy(PolicyId=policy)
    assert world.delete().status == "DELETE_COMPLETE"


def test_delete_among_25_foreign_policies_removes_ours_and_no_other(world):
    for number in range(25):
        world.foreign_policy(f"nightly-backups-{number}", [SANDBOXES] if number < 5 else [])
    others = world.policies().everything()
    world.create(Policy=resource())
    assert len(world.policies().everything()) == 26
    assert world.delete().status == "DELETE_COMPLETE"
    assert world.policies().everything() == others


def test_an_update_among_25_foreign_policies_finds_ours(world):
    for number in range(25):
        world.foreign_policy(f"nightly-backups-{number}")
    others = world.policies().everything()
    world.create(Policy=resource())
    assert world.update(Policy=resource(PolicyTargets=[WORKLOADS])).complete
    assert world.policies().others() == others
    assert world.policy()["targets"] == [WORKLOADS]


def test_every_request_got_exactly_one_answer(world):
    sent = len(world.requests())
    world.create(Policy=resource())
    world.update(Policy=resource(PolicyTargets=[WORKLOADS]))
    world.update(Policy=resource(PolicyContent={"plan": {}}))
    world.delete()
    requests = world.requests()[sent:]
    kinds = [request["request"]["RequestType"] for request in requests]
    # The third update is refused, and CloudFormation sends the one before again.
    assert kinds == ["Create", "Update", "Update", "Update", "Delete"]
    answers = [json.loads(request["answers"][0])["Status"] for request in requests]
    assert answers == ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS", "SUCCESS"]
    assert all(len(request["answers"]) == 1 for request in requests)
