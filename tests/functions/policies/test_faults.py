"""Calls that fail once or for good, in the middle of every operation."""

import pytest
from kit.names import PRODUCTION, SANDBOXES, WORKLOADS

from .world import content, resource

# What is tried again: by the AWS SDK, by the function, and after a crash by Lambda.
TRANSIENT = ("throttle", "conflict", "server-error", "lost-answer", "crash")


def fault(operation, kind, **more):
    """A fault of AWS Organizations."""
    return {"service": "organizations", "operation": operation, "kind": kind} | more


def start(**changes):
    """The policy before the operation under test."""
    return resource(PolicyTargets=[PRODUCTION, SANDBOXES], **changes)


def goal():
    """The policy that an update asks for: content, one new target, one less."""
    return resource(PolicyTargets=[PRODUCTION, WORKLOADS], PolicyContent=content(days=60))


def essence(world):
    """The policies without the memory of accepted contents, which may grow by a failed update."""
    kept = ("id", "name", "description", "content", "targets")
    return [
        {key: policy[key] for key in kept} | {"targets": sorted(policy["targets"])}
        for policy in world.policies().everything()
    ]


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy", "UntagResource"])
def test_a_create_survives(world, operation, kind):
    world.emulator.inject(fault(operation, kind))
    assert world.create(Policy=start()).complete
    (policy,) = world.policies().everything()
    assert set(policy["targets"]) == {PRODUCTION, SANDBOXES}
    assert struck(world, operation)


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("operation", ["UpdatePolicy", "AttachPolicy", "DetachPolicy"])
def test_an_update_survives(world, operation, kind):
    world.create(Policy=start())
    policy = world.policy()["id"]
    world.emulator.forget_calls()
    world.emulator.inject(fault(operation, kind))
    assert world.update(Policy=goal()).complete
    after = world.policy()
    assert after["id"] == policy
    assert set(after["targets"]) == {PRODUCTION, WORKLOADS}
    rules = world.policies().rules("nightly-backups")
    assert rules["nightly"]["lifecycle"]["delete_after_days"]["@@assign"] == "60"
    assert not any(c.operation == "DetachPolicy" and c.target == PRODUCTION for c in world.writes())
    assert struck(world, operation)


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("operation", ["ListTargetsForPolicy", "DetachPolicy", "DeletePolicy"])
def test_a_delete_survives(world, operation, kind):
    world.create(Policy=start())
    world.emulator.forget_calls()
    world.emulator.inject(fault(operation, kind))
    assert world.delete().status == "DELETE_COMPLETE"
    assert world.policies().everything() == []
    assert struck(world, operation)


@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy"])
@pytest.mark.parametrize("kind", ["throttle", "conflict"])
def test_a_create_survives_being_put_off_three_times(world, operation, kind):
    world.emulator.inject(fault(operation, kind, times=3))
    assert world.create(Policy=start()).complete
    assert len(world.policies().everything()) == 1


@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy"])
def test_a_refused_create_leaves_nothing(world, operation):
    others = world.foreign_policy("somebody-elses", [PRODUCTION])
    # The second attachment is refused, the first has to be undone.
    after = 1 if operation == "AttachPolicy" else 0
    world.emulator.inject(fault(operation, "refuse", after=after))
    outcome = world.create(Policy=start())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert operation in outcome.reason or "AccessDenied" in outcome.reason
    assert [policy["id"] for policy in world.policies().everything()] == [others]
    assert struck(world, operation)


@pytest.mark.parametrize("operation", ["UpdatePolicy", "AttachPolicy", "DetachPolicy"])
def test_a_refused_update_is_undone(world, operation):
    world.create(Policy=start())
    before = essence(world)
    world.emulator.inject(fault(operation, "refuse"))
    outcome = world.update(Policy=goal())
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert outcome.reason
    assert essence(world) == before
    assert struck(world, operation)


def test_an_undo_that_is_refused_too_names_what_is_left(world):
    world.create(Policy=start())
    # The old target cannot be detached, and neither can the new one when that is undone.
    world.emulator.inject(fault("DetachPolicy", "refuse", times=2))
    outcome = world.update(Policy=goal())
    assert WORKLOADS in outcome.failures[0][2]
    # CloudFormation's rollback request finds the rest and completes the undo.
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    (policy,) = world.policies().everything()
    assert set(policy["targets"]) == {PRODUCTION, SANDBOXES}


@pytest.mark.parametrize("operation", ["DetachPolicy", "DeletePolicy"])
def test_a_refused_delete_can_be_repeated(world, operation):
    world.create(Policy=start())
    world.emulator.inject(fault(operation, "refuse"))
    outcome = world.delete()
    assert outcome.status == "DELETE_FAILED"
    assert len(world.policies().everything()) == 1
    assert world.delete().status == "DELETE_COMPLETE"
    assert world.policies().everything() == []


def test_a_create_that_comes_again_after_its_stack_is_gone_makes_nothing(world):
    # The process dies when CloudFormation has its answer, so Lambda repeats the event.
    world.emulator.inject(fault("UntagResource", "crash"))
    assert world.create_marked(Policy=start()).complete
    create = world.requests()[-1]
    assert world.delete().status == "DELETE_COMPLETE"
    world.emulator.resend(create["request"]["RequestId"])
    world.await_answer(create, "CloudFormation no longer waits for this request")
    assert world.policies().everything() == []
    assert struck(world, "UntagResource")


def test_an_update_that_comes_again_after_its_rollback_changes_nothing(world):
    world.create(Policy=start())
    before = essence(world)
    other = {
        "Type": "AWS::SSM::Parameter",
        "DependsOn": "Policy",
        # The solution's own: the name is taken.
        "Properties": {"Name": "/backup/target/regions", "Type": "String", "Value": "x"},
    }
    assert world.update(Policy=goal(), Other=other).status == "UPDATE_ROLLBACK_COMPLETE"
    assert essence(world) == before
    update, _back = world.requests()[-2:]
    answer = world.resend(update)
    assert "CloudFormation no longer waits for this request" in answer["Reason"]
    assert essence(world) == before


def struck(world, operation):
    """Whether a fault was met: a test whose fault never came would prove nothing."""
    return any(call["fault"] for call in world.emulator.calls() if call["operation"] == operation)
