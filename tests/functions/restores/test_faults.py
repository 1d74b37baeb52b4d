"""What AWS refuses, throttles or answers never, and a function that dies at work."""

import pytest
from kit.names import MEMBER

from .sources import BY_NAME, arn
from .world import DEAD_LETTERS, QUEUE, RECEIVES

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


def restore(world, kind, tags, *faults):
    """Restore something while these faults are in force; what was made, once the event is seen."""
    source = world.make(kind, tags)
    point = world.back_up(source)
    world.emulator.inject(*faults)
    world.emulator.forget_calls()
    job = world.restore(point, kind.restored_as(world.name()))
    made = world.restored(job)
    return job, made, world.settle()


def test_throttled_tagging_is_tried_again_until_it_works(world):
    faults = fault("resourcegroupstaggingapi", "TagResources", "throttle", times=2)
    _, made, given_back = restore(world, TABLE, {"app": "shop"}, faults)
    if given_back:
        assert world.try_again() == 0
    assert world.tags(made) == {"app": "shop"}
    assert len(world.writes()) == 3


def test_a_service_that_throttles_behind_the_tagging_api_is_tried_again(world):
    faults = fault("ec2", "CreateTags", "throttle", times=2)
    _, made, given_back = restore(world, VOLUME, {"app": "shop"}, faults)
    for _ in range(RECEIVES - 1):
        if not given_back:
            break
        given_back = world.try_again()
    assert given_back == 0
    assert world.tags(made)["app"] == "shop"


def test_a_burst_at_the_published_rates_leaves_nothing_untagged(world):
    # A slow machine is not too slow to reach them.
    world.emulator.set_restores(published_rates=True, rates_second=4)
    point = world.back_up(world.make(VOLUME, {"app": "shop"}))
    world.emulator.disturb("hold", times=25)
    jobs = [world.restore(point) for _ in range(25)]
    made = [world.restored(job) for job in jobs]
    assert world.emulator.release_events() == 25
    given_back = world.settle()
    for _ in range(RECEIVES - 1):
        if not given_back:
            break
        given_back = world.try_again()
    assert given_back == 0
    assert world.dead_letters() == []
    assert {world.tags(volume).get("app") for volume in made} == {"shop"}
    throttled = [call for call in world.calls() if call["error"] == "ThrottledException"]
    assert throttled, "the rates were never reached"


@pytest.mark.parametrize("kind", ["crash", "lost-answer"])
def test_a_function_that_dies_after_its_write_finds_it_done(world, kind):
    faults = fault("resourcegroupstaggingapi", "TagResources", kind)
    _, made, given_back = restore(world, TABLE, {"app": "shop"}, faults)
    assert given_back == (1 if kind == "crash" else 0)
    if given_back:
        assert world.try_again() == 0
    assert world.tags(made) == {"app": "shop"}
    assert world.dead_letters() == []


def test_a_function_that_dies_before_its_write_does_it_next_time(world):
    faults = fault("backup", "DescribeRestoreJob", "crash")
    _, made, given_back = restore(world, TABLE, {"app": "shop"}, faults)
    assert given_back == 1
    assert world.tags(made) == {}
    assert world.try_again() == 0
    assert world.tags(made) == {"app": "shop"}


def test_a_missing_permission_is_a_dead_letter_until_it_is_granted(world):
    faults = fault("resourcegroupstaggingapi", "TagResources", "refuse", times=1000)
    job, made, given_back = restore(world, TABLE, {"app": "shop"}, faults)
    assert given_back == 1
    for _ in range(RECEIVES - 1):
        assert world.try_again() == 1
    assert world.try_again() == 0
    (letter,) = world.dead_letters()
    assert letter["detail"]["restoreJobId"] == job
    assert "AccessDenied" in str(world.log(job))
    assert world.tags(made) == {}
    # The permission is granted, and the letters are sent back.
    world.emulator.mend()
    world.client("sqs").start_message_move_task(
        SourceArn=arn("sqs", DEAD_LETTERS), DestinationArn=arn("sqs", QUEUE)
    )
    world.eventually(lambda: world.tags(made) == {"app": "shop"})
    assert world.settle() == 0
    assert world.dead_letters() == []


@pytest.mark.parametrize(
    ("kind", "service", "operation", "code"),
    [
        (TABLE, "dynamodb", "TagResource", "LimitExceededException"),
        (VOLUME, "ec2", "CreateTags", "ConcurrentTagAccess"),
    ],
)
def test_a_busy_service_loses_no_tag(world, kind, service, operation, code):
    faults = fault(service, operation, "conflict", code=code)
    offered = {f"key-{number}": "" for number in range(30)}
    job, made, given_back = restore(world, kind, offered, faults)
    assert given_back == 1
    assert world.try_again() == 0
    assert offered.items() <= world.tags(made).items()
    first, second = [line for line in world.log(job) if "_aws" in line]
    assert (first["Outcome"], first["errorCode"]) == ("Retry", code)
    assert second["Outcome"] == "Tagged"
    assert "droppedKeys" not in second


@pytest.mark.parametrize("code", ["InvalidRequest", "NotImplemented"])
def test_buckets_are_tagged_through_the_tagging_api_where_s3_control_will_not(world, code):
    faults = fault("s3control", "TagResource", "refuse", times=100, code=code)
    _, made, given_back = restore(world, BUCKET, {"app": "shop"}, faults)
    assert given_back == 0
    assert world.tags(made) == {"app": "shop"}
