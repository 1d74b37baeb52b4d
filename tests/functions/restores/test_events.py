"""Events that come twice, not at all, make no sense or are none of the function's business."""

from kit.names import MEMBER

from .sources import BY_NAME
from .world import RECEIVES

TABLE, BUCKET, VOLUME = (BY_NAME[n] for n in ("DynamoDB table", "S3 bucket", "EBS volume"))

TAGS_WRITTEN = ("resourcegroupstaggingapi", "TagResources")


def test_a_restored_table_takes_at_most_six_calls(world):
    source = world.make(TABLE, {"app": "shop"})
    point = world.back_up(source)
    world.emulator.forget_calls()
    made = world.restored(world.restore(point, TABLE.restored_as(world.name())))
    assert world.settle() == 0
    assert world.tags(made) == {"app": "shop"}
    calls = [(call["service"], call["operation"]) for call in world.calls()]
    assert len(calls) <= 6, calls
    assert world.writes() == [TAGS_WRITTEN]


def test_an_event_that_comes_twice_at_once_does_no_harm(world):
    source = world.make(TABLE, {"app": "shop"})
    point = world.back_up(source)
    world.emulator.disturb("duplicate")
    world.emulator.forget_calls()
    job = world.restore(point, TABLE.restored_as(world.name()))
    made = world.restored(job)
    assert world.completed(job)["deliveries"] == 2
    assert world.settle() == 0
    assert world.tags(made) == {"app": "shop"}
    # Two at work at the same moment may both find the tags missing, and write the same.
    assert world.writes() in ([TAGS_WRITTEN], [TAGS_WRITTEN] * 2)
    world.emulator.forget_calls()
    world.emulator.repeat_event(world.completed(job))
    assert world.settle() == 0
    assert world.calls()
    assert world.writes() == []


def test_an_event_that_makes_no_sense_ends_among_the_dead_letters_with_its_reason(world):
    detail = {"status": "COMPLETED", "createdResourceArn": "arn:aws:s3:::somebody-s"}
    world.emulator.send_event(MEMBER, detail)
    good_source = world.make(BUCKET, {"app": "shop"})
    good = world.restore(world.back_up(good_source), BUCKET.restored_as(world.name()))
    assert world.settle() == 1
    for _ in range(RECEIVES - 1):
        assert world.try_again() == 1
    assert world.try_again() == 0
    (letter,) = world.dead_letters()
    assert letter["detail"] == detail
    reasons = [e["fields"]["message"] for e in world.log() if e.get("level") == "ERROR"]
    assert len(reasons) == RECEIVES
    assert all("no `detail.restoreJobId`" in reason for reason in reasons)
    # The event beside it was not held up.
    assert world.tags(world.restored(good)) == {"app": "shop"}


def test_a_lost_event_is_repaired_by_the_reconciliation(world):
    source = world.make(BUCKET, {"app": "shop"})
    point = world.back_up(source)
    world.emulator.disturb("lose")
    job = world.restore(point, BUCKET.restored_as(world.name()))
    made = world.restored(job)
    assert world.completed(job)["fate"] == "lost"
    assert world.settle() == 0
    assert world.tags(made) == {}
    world.reconcile()
    assert world.tags(made) == {"app": "shop"}
    fixed = [entry for entry in world.log() if entry.get("ReconcileFixed")]
    assert [entry["ReconcileFixed"] for entry in fixed] == [1], world.log()
    world.emulator.forget_calls()
    world.reconcile()
    assert world.writes() == []


def test_a_bucket_that_was_there_before_stays_as_it_is(world):
    point = world.back_up(world.make(BUCKET, {"app": "shop"}))
    existing = world.make(BUCKET, {"owner": "somebody"})
    for new in ({"newBucket": "false"}, {}):
        world.emulator.forget_calls()
        name = existing.rpartition(":")[2]
        job = world.restore(point, {"DestinationBucketName": name} | new)
        assert world.restored(job) == existing
        assert world.settle() == 0
        assert world.tags(existing) == {"owner": "somebody"}
        assert world.writes() == []
        assert "ExistingTarget" in str(world.log(job))


def test_a_restore_test_is_not_even_heard(world):
    point = world.back_up(world.make(VOLUME, {"app": "shop"}))
    world.emulator.forget_calls()
    job = world.emulator.start_restore_test(MEMBER, point)
    made = world.restored(job)
    assert world.settle() == 0
    assert "app" not in world.tags(made)
    assert world.calls() == []
    # The reconciliation sees it, and leaves it alone too.
    world.reconcile()
    assert "app" not in world.tags(made)
    assert "awsbackup-restore-test" in world.tags(made)
    assert world.writes() == []


def test_a_failed_restore_is_not_heard(world):
    source = world.make(TABLE, {"app": "shop"})
    point = world.back_up(source)
    world.emulator.forget_calls()
    job = world.restore(point, {"targetTableName": source.rpartition("/")[2]})
    world.eventually(
        lambda: job in [e["detail"]["restoreJobId"] for e in world.emulator.backup_events("FAILED")]
    )
    assert world.settle() == 0
    assert world.calls() == []
