"""Calls that fail once or for good, in the middle of every operation."""

import pytest
from kit.names import PRODUCTION, SANDBOXES, WORKLOADS

from .home import content, resource

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


def essence(home):
    """The policies without the memory of accepted contents, which may grow by a failed update."""
    kept = ("id", "name", "description", "content", "targets")
    return [
        {key: policy[key] for key in kept} | {"targets": sorted(policy["targets"])}
        for policy in home.policies().everything()
    ]


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy", "UntagResource"])
def test_a_create_survives(home, operation, kind):
    home.emulator.inject(fault(operation, kind))
    assert home.create(Policy=start()).complete
    (policy,) = home.policies().everything()
    assert set(policy["targets"]) == {PRODUCTION, SANDBOXES}
    assert struck(home, operation)


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("operation", ["UpdatePolicy", "AttachPolicy", "DetachPolicy"])
def test_an_update_survives(home, operation, kind):
    home.create(Policy=start())
    policy = home.policy()["id"]
    home.emulator.forget_calls()
    home.emulator.inject(fault(operation, kind))
    assert home.update(Policy=goal()).complete
    after = home.policy()
    assert after["id"] == policy
    assert set(after["targets"]) == {PRODUCTION, WORKLOADS}
    rules = home.policies().rules("nightly-backups")
    assert rules["nightly"]["lifecycle"]["delete_after_days"]["@@assign"] == "60"
    assert not any(c.operation == "DetachPolicy" and c.target == PRODUCTION for c in home.writes())
    assert struck(home, operation)


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("operation", ["ListTargetsForPolicy", "DetachPolicy", "DeletePolicy"])
def test_a_delete_survives(home, operation, kind):
    home.create(Policy=start())
    home.emulator.forget_calls()
    home.emulator.inject(fault(operation, kind))
    assert home.delete().status == "DELETE_COMPLETE"
    assert home.policies().everything() == []
    assert struck(home, operation)


@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy"])
@pytest.mark.parametrize("kind", ["throttle", "conflict"])
def test_a_create_survives_being_put_off_three_times(home, operation, kind):
    home.emulator.inject(fault(operation, kind, times=3))
    assert home.create(Policy=start()).complete
    assert len(home.policies().everything()) == 1


@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy"])
def test_a_refused_create_leaves_nothing(home, operation):
    others = home.foreign_policy("somebody-elses", [PRODUCTION])
    # The second attachment is refused, the first has to be undone.
    after = 1 if operation == "AttachPolicy" else 0
    home.emulator.inject(fault(operation, "refuse", after=after))
    outcome = home.create(Policy=start())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert operation in outcome.reason or "AccessDenied" in outcome.reason
    assert [policy["id"] for policy in home.policies().everything()] == [others]
    assert struck(home, operation)


@pytest.mark.parametrize("operation", ["UpdatePolicy", "AttachPolicy", "DetachPolicy"])
def test_a_refused_update_is_undone(home, operation):
    home.create(Policy=start())
    before = essence(home)
    home.emulator.inject(fault(operation, "refuse"))
    outcome = home.update(Policy=goal())
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert outcome.reason
    assert essence(home) == before
    assert struck(home, operation)


def test_an_undo_that_is_refused_too_names_what_is_left(home):
    home.create(Policy=start())
    # The old target cannot be detached, and neither can the new one when that is undone.
    home.emulator.inject(fault("DetachPolicy", "refuse", times=2))
    outcome = home.update(Policy=goal())
    assert WORKLOADS in outcome.failures[0][2]
    # CloudFormation's rollback request finds the rest and completes the undo.
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    (policy,) = home.policies().everything()
    assert set(policy["targets"]) == {PRODUCTION, SANDBOXES}


@pytest.mark.parametrize("operation", ["DetachPolicy", "DeletePolicy"])
def test_a_refused_delete_can_be_repeated(home, operation):
    home.create(Policy=start())
    home.emulator.inject(fault(operation, "refuse"))
    outcome = home.delete()
    assert outcome.status == "DELETE_FAILED"
    assert len(home.policies().everything()) == 1
    assert home.delete().status == "DELETE_COMPLETE"
    assert home.policies().everything() == []


def test_a_create_that_comes_again_after_its_stack_is_gone_makes_nothing(home):
    # The process dies when CloudFormation has its answer, so Lambda repeats the event.
    home.emulator.inject(fault("UntagResource", "crash"))
    assert home.create_marked(Policy=start()).complete
    create = home.requests()[-1]
    assert home.delete().status == "DELETE_COMPLETE"
    home.emulator.resend(create["request"]["RequestId"])
    home.await_answer(create, "CloudFormation no longer waits for this request")
    assert home.policies().everything() == []
    assert struck(home, "UntagResource")


def test_an_update_that_comes_again_after_its_rollback_changes_nothing(home):
    home.create(Policy=start())
    before = essence(home)
    other = {
        "Type": "AWS::SSM::Parameter",
        "DependsOn": "Policy",
        # The solution's own: the name is taken.
        "Properties": {"Name": "/backup/target/regions", "Type": "String", "Value": "x"},
    }
    assert home.update(Policy=goal(), Other=other).status == "UPDATE_ROLLBACK_COMPLETE"
    assert essence(home) == before
    update, _back = home.requests()[-2:]
    answer = home.resend(update)
    assert "CloudFormation no longer waits for this request" in answer["Reason"]
    assert essence(home) == before


def struck(home, operation):
    """Whether a fault was met: a test whose fault never came would prove nothing."""
    return any(call["fault"] for call in home.emulator.calls() if call["operation"] == operation)
