"""Events that come twice, not at all, make no sense or are none of the function's business."""

from kit.names import MEMBER
from kit.sources import BY_NAME
from kit.wait import eventually

from .member import RECEIVES

TABLE, BUCKET, VOLUME = (BY_NAME[n] for n in ("DynamoDB table", "S3 bucket", "EBS volume"))

TAGS_WRITTEN = ("resourcegroupstaggingapi", "TagResources")


def test_a_restored_table_takes_at_most_six_calls(member):
    source = member.make(TABLE, {"app": "shop"})
    point = member.back_up(source)
    member.emulator.forget_calls()
    made = member.restored(member.restore(point, TABLE.restored_as(member.name())))
    assert member.settle() == 0
    assert member.tags(made) == {"app": "shop"}
    calls = [(call["service"], call["operation"]) for call in member.calls()]
    assert len(calls) <= 6, calls
    assert member.writes() == [TAGS_WRITTEN]


def test_an_event_that_comes_twice_at_once_does_no_harm(member):
    source = member.make(TABLE, {"app": "shop"})
    point = member.back_up(source)
    member.emulator.disturb("duplicate")
    member.emulator.forget_calls()
    job = member.restore(point, TABLE.restored_as(member.name()))
    made = member.restored(job)
    assert member.completed(job)["deliveries"] == 2
    assert member.settle() == 0
    assert member.tags(made) == {"app": "shop"}
    # Two at work at the same moment may both find the tags missing, and write the same.
    assert member.writes() in ([TAGS_WRITTEN], [TAGS_WRITTEN] * 2)
    member.emulator.forget_calls()
    member.emulator.repeat_event(member.completed(job))
    assert member.settle() == 0
    assert member.calls()
    assert member.writes() == []


def test_an_event_that_makes_no_sense_ends_among_the_dead_letters_with_its_reason(member):
    detail = {"status": "COMPLETED", "createdResourceArn": "arn:aws:s3:::somebody-s"}
    member.emulator.send_event(MEMBER, detail)
    good_source = member.make(BUCKET, {"app": "shop"})
    good = member.restore(member.back_up(good_source), BUCKET.restored_as(member.name()))
    assert member.settle() == 1
    for _ in range(RECEIVES - 1):
        assert member.try_again() == 1
    assert member.try_again() == 0
    (letter,) = member.dead_letters()
    assert letter["detail"] == detail
    reasons = [e["fields"]["message"] for e in member.log() if e.get("level") == "ERROR"]
    assert len(reasons) == RECEIVES
    assert all("no `detail.restoreJobId`" in reason for reason in reasons)
    # The event beside it was not held up.
    assert member.tags(member.restored(good)) == {"app": "shop"}


def test_a_lost_event_is_repaired_by_the_reconciliation(member):
    source = member.make(BUCKET, {"app": "shop"})
    point = member.back_up(source)
    member.emulator.disturb("lose")
    job = member.restore(point, BUCKET.restored_as(member.name()))
    made = member.restored(job)
    assert member.completed(job)["fate"] == "lost"
    assert member.settle() == 0
    assert member.tags(made) == {}
    member.reconcile()
    assert member.tags(made) == {"app": "shop"}
    fixed = [entry for entry in member.log() if entry.get("ReconcileFixed")]
    assert [entry["ReconcileFixed"] for entry in fixed] == [1], member.log()
    member.emulator.forget_calls()
    member.reconcile()
    assert member.writes() == []


def test_a_bucket_that_was_there_before_stays_as_it_is(member):
    point = member.back_up(member.make(BUCKET, {"app": "shop"}))
    existing = member.make(BUCKET, {"owner": "somebody"})
    for new in ({"newBucket": "false"}, {}):
        member.emulator.forget_calls()
        name = existing.rpartition(":")[2]
        job = member.restore(point, {"DestinationBucketName": name} | new)
        assert member.restored(job) == existing
        assert member.settle() == 0
        assert member.tags(existing) == {"owner": "somebody"}
        assert member.writes() == []
        assert "ExistingTarget" in str(member.log(job))


def test_a_restore_test_is_not_even_heard(member):
    point = member.back_up(member.make(VOLUME, {"app": "shop"}))
    member.emulator.forget_calls()
    job = member.emulator.start_restore_test(MEMBER, point)
    made = member.restored(job)
    assert member.settle() == 0
    assert "app" not in member.tags(made)
    assert member.calls() == []
    # The reconciliation sees it, and leaves it alone too.
    member.reconcile()
    assert "app" not in member.tags(made)
    assert "awsbackup-restore-test" in member.tags(made)
    assert member.writes() == []


def test_a_failed_restore_is_not_heard(member):
    source = member.make(TABLE, {"app": "shop"})
    point = member.back_up(source)
    member.emulator.forget_calls()
    job = member.restore(point, {"targetTableName": source.rpartition("/")[2]})

    def failed():
        events = member.emulator.backup_events("FAILED")
        return job in [event["detail"]["restoreJobId"] for event in events]

    eventually(failed, "the restore did not fail")
    assert member.settle() == 0
    assert member.calls() == []
