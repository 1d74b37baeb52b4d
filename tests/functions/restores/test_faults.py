"""What AWS refuses, throttles or answers never, and a function that dies at work."""

import pytest
from kit.names import MEMBER
from kit.sources import BY_NAME, arn
from kit.wait import eventually

from .member import DEAD_LETTERS, QUEUE, RECEIVES

TABLE, BUCKET, VOLUME = (BY_NAME[n] for n in ("DynamoDB table", "S3 bucket", "EBS volume"))


def fault(service, operation, kind, **more):
    """A fault in the member account."""
    return {
        "service": service,
        "operation": operation,
        "kind": kind,
        "account": MEMBER,
        **more,
    }


def restore(member, kind, tags, *faults):
    """Restore something while these faults are in force; what was made, once the event is seen."""
    source = member.make(kind, tags)
    point = member.back_up(source)
    member.emulator.inject(*faults)
    member.emulator.forget_calls()
    job = member.restore(point, kind.restored_as(member.name()))
    made = member.restored(job)
    return job, made, member.settle()


def test_throttled_tagging_is_tried_again_until_it_works(member):
    faults = fault("resourcegroupstaggingapi", "TagResources", "throttle", times=2)
    _, made, given_back = restore(member, TABLE, {"app": "shop"}, faults)
    if given_back:
        assert member.try_again() == 0
    assert member.tags(made) == {"app": "shop"}
    assert len(member.writes()) == 3


def test_a_service_that_throttles_behind_the_tagging_api_is_tried_again(member):
    faults = fault("ec2", "CreateTags", "throttle", times=2)
    _, made, given_back = restore(member, VOLUME, {"app": "shop"}, faults)
    for _ in range(RECEIVES - 1):
        if not given_back:
            break
        given_back = member.try_again()
    assert given_back == 0
    assert member.tags(made)["app"] == "shop"


def test_a_burst_at_the_published_rates_leaves_nothing_untagged(member):
    # A slow machine is not too slow to reach them.
    member.emulator.set_restores(published_rates=True, rates_second=4)
    point = member.back_up(member.make(VOLUME, {"app": "shop"}))
    member.emulator.disturb("hold", times=25)
    jobs = [member.restore(point) for _ in range(25)]
    made = [member.restored(job) for job in jobs]
    assert member.emulator.release_events() == 25
    given_back = member.settle()
    for _ in range(RECEIVES - 1):
        if not given_back:
            break
        given_back = member.try_again()
    assert given_back == 0
    assert member.dead_letters() == []
    assert {member.tags(volume).get("app") for volume in made} == {"shop"}
    throttled = [call for call in member.calls() if call["error"] == "ThrottledException"]
    assert throttled, "the rates were never reached"


@pytest.mark.parametrize("kind", ["crash", "lost-answer"])
def test_a_function_that_dies_after_its_write_finds_it_done(member, kind):
    faults = fault("resourcegroupstaggingapi", "TagResources", kind)
    _, made, given_back = restore(member, TABLE, {"app": "shop"}, faults)
    assert given_back == (1 if kind == "crash" else 0)
    if given_back:
        assert member.try_again() == 0
    assert member.tags(made) == {"app": "shop"}
    assert member.dead_letters() == []


def test_a_function_that_dies_before_its_write_does_it_next_time(member):
    faults = fault("backup", "DescribeRestoreJob", "crash")
    _, made, given_back = restore(member, TABLE, {"app": "shop"}, faults)
    assert given_back == 1
    assert member.tags(made) == {}
    assert member.try_again() == 0
    assert member.tags(made) == {"app": "shop"}


def test_a_missing_permission_is_a_dead_letter_until_it_is_granted(member):
    faults = fault("resourcegroupstaggingapi", "TagResources", "refuse", times=1000)
    job, made, given_back = restore(member, TABLE, {"app": "shop"}, faults)
    assert given_back == 1
    for _ in range(RECEIVES - 1):
        assert member.try_again() == 1
    assert member.try_again() == 0
    (letter,) = member.dead_letters()
    assert letter["detail"]["restoreJobId"] == job
    assert "AccessDenied" in str(member.log(job))
    assert member.tags(made) == {}
    # The permission is granted, and the letters are sent back.
    member.emulator.mend()
    member.client("sqs").start_message_move_task(
        SourceArn=arn("sqs", DEAD_LETTERS), DestinationArn=arn("sqs", QUEUE)
    )
    eventually(lambda: member.tags(made) == {"app": "shop"}, "it was not tagged")
    assert member.settle() == 0
    assert member.dead_letters() == []


@pytest.mark.parametrize(
    ("kind", "service", "operation", "code"),
    [
        (TABLE, "dynamodb", "TagResource", "LimitExceededException"),
        (VOLUME, "ec2", "CreateTags", "ConcurrentTagAccess"),
    ],
)
def test_a_busy_service_loses_no_tag(member, kind, service, operation, code):
    faults = fault(service, operation, "conflict", code=code)
    offered = {f"key-{number}": "" for number in range(30)}
    job, made, given_back = restore(member, kind, offered, faults)
    assert given_back == 1
    assert member.try_again() == 0
    assert offered.items() <= member.tags(made).items()
    first, second = [line for line in member.log(job) if "_aws" in line]
    assert (first["Outcome"], first["errorCode"]) == ("Retry", code)
    assert second["Outcome"] == "Tagged"
    assert "droppedKeys" not in second


@pytest.mark.parametrize("code", ["InvalidRequest", "NotImplemented"])
def test_buckets_are_tagged_through_the_tagging_api_where_s3_control_will_not(member, code):
    faults = fault("s3control", "TagResource", "refuse", times=100, code=code)
    _, made, given_back = restore(member, BUCKET, {"app": "shop"}, faults)
    assert given_back == 0
    assert member.tags(made) == {"app": "shop"}
