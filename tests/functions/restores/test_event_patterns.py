"""The member account's rules take the events that they are for, as EventBridge tests patterns."""

import json

import pytest
from botocore.loaders import Loader
from kit.names import MEMBER, REGION

FAILED = "Failed backup, copy and restore jobs are reported to the home account"
SCANS = "Malware scans of backups that found something or failed are reported to the home account"
TAGGED = "Completed restores of AWS Backup go to the queue of TagOnRestore"


def event(kind, **detail):
    """An event of AWS Backup, as far as patterns look at it."""
    envelope = {"id": "1", "account": MEMBER, "region": REGION, "resources": []}
    envelope |= {"source": "aws.backup", "time": "2026-01-29T05:00:00Z"}
    return json.dumps(envelope | {"detail-type": f"{kind} Job State Change", "detail": detail})


@pytest.fixture
def taken(member):
    """A function of an event: the descriptions of the rules that take it."""
    events = member.client("events")
    rules = events.list_rules()["Rules"]
    assert {FAILED, SCANS, TAGGED} <= {rule["Description"] for rule in rules}

    def taken(event):
        return {
            rule["Description"]
            for rule in rules
            if events.test_event_pattern(EventPattern=rule["EventPattern"], Event=event)["Result"]
        }

    return taken


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        (event("Backup", state="FAILED"), {FAILED}),
        (event("Backup", state="EXPIRED"), {FAILED}),
        (event("Backup", state="RUNNING"), set()),
        (event("Backup", state="COMPLETED"), set()),
        (event("Backup", state="COMPLETED", statusMessage="one object is missing"), {FAILED}),
        (event("Copy", state="FAILED"), {FAILED}),
        (event("Restore", state="CREATED"), set()),
        (event("Restore", status="ABORTED"), {FAILED}),
        (event("Restore", status="COMPLETED"), {TAGGED}),
        (event("Restore", status="COMPLETED", statusMessage="one is missing"), {FAILED, TAGGED}),
        (event("Restore", status="COMPLETED", restoreTestingPlanArn="arn:x"), set()),
        (event("Restore", status="FAILED", restoreTestingPlanArn="arn:x"), {FAILED}),
    ],
)
def test_jobs_go_to_the_rules_that_are_for_them(taken, event, rules):
    assert taken(event) == rules


@pytest.mark.parametrize(
    ("kind", "states"),
    [("Backup", "BackupJobState"), ("Copy", "CopyJobState"), ("Restore", "RestoreJobStatus")],
)
def test_every_bad_end_that_awss_model_names_is_reported(taken, kind, states):
    known = set(Loader().load_service_model("backup", "service-2")["shapes"][states]["enum"])
    bad = known - {"CREATED", "PENDING", "RUNNING", "ABORTING", "COMPLETED"}
    for name in ("state", "status"):
        reported = {state for state in known if FAILED in taken(event(kind, **{name: state}))}
        assert reported == bad, name


@pytest.mark.parametrize(
    ("detail", "reported"),
    [
        ({"state": "RUNNING"}, False),
        ({"state": "COMPLETED", "scanResult": {"scanResultStatus": "NO_THREATS_FOUND"}}, False),
        ({"state": "COMPLETED", "scanResult": {"scanResultStatus": "THREATS_FOUND"}}, True),
        ({"state": "COMPLETED_WITH_ISSUES"}, True),
        ({"state": "FAILED"}, True),
        ({"state": "CANCELED"}, False),
    ],
)
def test_what_scans_find_is_reported(taken, detail, reported):
    """As in AWS Backup's samples, where a completed scan has a message, too."""
    scan = event("Scan", **detail, statusMessage="An AWS Backup scan job has ended.")
    assert taken(scan) == ({SCANS} if reported else set())
