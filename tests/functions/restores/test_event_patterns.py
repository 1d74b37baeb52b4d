"""The member account's rules take the events that they are for, as EventBridge tests patterns."""

import json

import pytest
from botocore.loaders import Loader
from kit.names import MEMBER, REGION

FAILED = "Failed backup, copy and restore jobs are reported to the home account"
SCANS = "Malware scans of backups that found something or failed are reported to the home account"
CHANGES = "Changes of backups, vaults and opt-ins are reported to the home account"
REPORTS = "What is wrong with TagOnRestore is reported to the home account"
TAGGED = "Completed restores of AWS Backup go to the queue of TagOnRestore"
NO_ROOM = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT_NOT_SUPPORTED"


def event(kind, **detail):
    """An event about a job of AWS Backup, as far as patterns look at it."""
    return sent(f"{kind} Job State Change", detail)


def sent(kind, detail, source="aws.backup"):
    envelope = {"id": "1", "account": MEMBER, "region": REGION, "resources": []}
    envelope |= {"source": source, "time": "2026-01-29T05:00:00Z"}
    return json.dumps(envelope | {"detail-type": kind, "detail": detail})


def called(name, by=None, **more):
    """CloudTrail's record of a call; ``by`` is the service that made it."""
    identity = {"type": "AssumedRole", "arn": f"arn:aws:sts::{MEMBER}:assumed-role/r/s"}
    detail = {"eventSource": "backup.amazonaws.com", "eventName": name}
    detail |= {"userIdentity": identity | ({"invokedBy": by} if by else {})}
    return sent("AWS API Call via CloudTrail", detail | more)


@pytest.fixture
def taken(member):
    """A function of an event: the descriptions of the rules that take it."""
    events = member.client("events")
    rules = events.list_rules()["Rules"]
    assert {FAILED, SCANS, CHANGES, REPORTS, TAGGED} <= {rule["Description"] for rule in rules}

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
        (event("Backup", state="COMPLETED", statusMessage=""), set()),
        (
            event("Backup", state="COMPLETED", statusMessage="partly", messageCategory="OTHER"),
            {FAILED},
        ),
        (
            event("Backup", state="COMPLETED", statusMessage="stays", messageCategory=NO_ROOM),
            set(),
        ),
        (event("Backup", state="FAILED", messageCategory=NO_ROOM), {FAILED}),
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
        ({"state": "CANCELED"}, True),
        ({"state": "COMPLETED", "scanResult": {"scanResultStatus": "UNKNOWN"}}, True),
        ({"state": "COMPLETED"}, False),
    ],
)
def test_what_scans_find_is_reported(taken, detail, reported):
    """As in AWS Backup's samples, where a completed scan has a message, too."""
    scan = event("Scan", **detail, statusMessage="An AWS Backup scan job has ended.")
    assert taken(scan) == ({SCANS} if reported else set())


def test_no_end_of_a_scan_but_a_good_one_is_passed_over(taken):
    shapes = Loader().load_service_model("backup", "service-2")["shapes"]
    for state in shapes["ScanState"]["enum"]:
        reported = SCANS in taken(event("Scan", state=state))
        assert reported == (state not in {"COMPLETED", "CREATED", "RUNNING"}), state
    for result in shapes["ScanResultStatus"]["enum"]:
        detail = {"state": "COMPLETED", "scanResult": {"scanResultStatus": result}}
        assert (SCANS in taken(event("Scan", **detail))) == (result != "NO_THREATS_FOUND"), result


POINT, VAULT, SETTING = (
    f"{what} State Change" for what in ("Recovery Point", "Backup Vault", "Region Setting")
)


@pytest.mark.parametrize(
    ("event", "reported"),
    [
        (sent(POINT, {"status": "COMPLETED"}), False),
        (sent(POINT, {"status": "AVAILABLE"}), False),
        (sent(POINT, {"status": "DELETING"}), False),
        (sent(POINT, {"status": "EXPIRED"}), True),
        (sent(POINT, {"status": "STOPPED"}), True),
        (sent(VAULT, {"backupVaultName": "v", "state": "CREATED"}), False),
        (sent(VAULT, {"backupVaultName": "v", "state": "DELETED"}), True),
        (sent(VAULT, {"backupVaultName": "v", "state": "MODIFIED"}), True),
        (sent(VAULT, {"backupVaultName": "v", "state": "MODIFIED", "isLocked": "true"}), False),
        (sent(VAULT, {"backupVaultName": "v", "state": "MODIFIED", "isLocked": "false"}), True),
        (sent(VAULT, {"backupVaultName": "v", "state": "MODIFIED", "isLocked": False}), True),
        (sent(SETTING, {"state": "MODIFIED", "ResourceTypeOptInPreference": {"EBS": False}}), True),
        (sent("Backup Plan State Change", {"state": "CREATED"}), False),
        (called("DeleteRecoveryPoint"), True),
        (called("DeleteRecoveryPoint", errorCode="AccessDenied"), True),
        (called("DeleteRecoveryPoint", by="cloudformation.amazonaws.com"), True),
        (called("DeleteRecoveryPoint", by="backup.amazonaws.com"), False),
        (called("UpdateRecoveryPointLifecycle"), True),
        (called("UpdateRecoveryPointLifecycle", by="backup.amazonaws.com"), False),
        (called("DisassociateRecoveryPoint"), True),
        (called("StartBackupJob"), False),
        (called("DeleteRecoveryPoint", eventSource="other.amazonaws.com"), False),
    ],
)
def test_changes_that_nobody_would_see_are_reported(taken, event, reported):
    assert taken(event) == ({CHANGES} if reported else set())


def test_every_state_of_a_recovery_point_that_awss_model_names_is_decided(taken):
    shapes = Loader().load_service_model("backup", "service-2")["shapes"]
    states = set(shapes["RecoveryPointStatus"]["enum"])
    reported = {state for state in states if CHANGES in taken(sent(POINT, {"status": state}))}
    # A job reports what is partial; what is deleted only CloudTrail can tell apart.
    assert states - reported == {"AVAILABLE", "COMPLETED", "CREATING", "DELETING", "PARTIAL"}


def test_what_tag_on_restore_says_is_reported_and_what_others_say_is_not(taken):
    report = {"key": "k", "summary": "s", "remedy": "r"}
    assert taken(sent("TagOnRestore Report", report, "aws-backup-solution")) == {REPORTS}
    assert taken(sent("TagOnRestore Report", report, "somebody")) == set()
    for name, rules in (("TagOnRestore", {REPORTS}), ("Orders", set())):
        arn = f"arn:aws:lambda:{REGION}:{MEMBER}:function:{name}:$LATEST"
        failed = {"requestContext": {"functionArn": arn, "condition": "RetriesExhausted"}}
        kind = "Lambda Function Invocation Result - Failure"
        assert taken(sent(kind, failed, "lambda")) == rules
