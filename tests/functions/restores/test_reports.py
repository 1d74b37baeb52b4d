"""What is wrong with TagOnRestore, and what happens to backups, reaches the home account's bus."""

import json

import pytest
from kit.clients import client, with_keys
from kit.names import HOME, MEMBER, REGION
from kit.sources import BY_NAME
from kit.wait import eventually

from .member import DEAD_LETTERS, RECEIVES, UNSTARTED, VAULT

BUS = "aws-backup-notifications"
BREAK_GLASS = "AWSBackupSolutionBreakGlass"
BUCKET, TABLE = BY_NAME["S3 bucket"], BY_NAME["DynamoDB table"]
REPORT = "TagOnRestore Report"
FAILURE = "Lambda Function Invocation Result - Failure"


@pytest.fixture
def heard(member):
    """A function: the events of a kind that have come to the bus and were not yet returned."""
    sqs, events = (client(member.emulator.url, service, HOME) for service in ("sqs", "events"))
    name = "heard"
    arn = f"arn:aws:sqs:{REGION}:{HOME}:{name}"
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    statement |= {"Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    everything = json.dumps({"account": [MEMBER]})
    events.put_rule(Name=name, EventBusName=BUS, EventPattern=everything)
    events.put_targets(Rule=name, EventBusName=BUS, Targets=[{"Id": name, "Arn": arn}])
    kept = []

    def heard(kind):
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                kept.append(json.loads(message["Body"]))
        found = [event for event in kept if event["detail-type"] == kind]
        kept[:] = [event for event in kept if event["detail-type"] != kind]
        return found

    yield heard
    events.remove_targets(Rule=name, EventBusName=BUS, Ids=[name])
    events.delete_rule(Name=name, EventBusName=BUS)
    sqs.delete_queue(QueueUrl=url)


def kinds(events):
    return [event["detail"]["kind"] for event in events]


def test_on_a_quiet_day_nothing_is_reported(member, heard):
    member.reconcile()
    assert heard(REPORT) == heard(FAILURE) == []


def test_a_dead_letter_is_reported_at_each_look_as_the_same_until_it_is_gone(member, heard):
    member.emulator.send_event(MEMBER, {"status": "COMPLETED"})
    assert member.settle() == 1
    for _ in range(RECEIVES - 1):
        member.try_again()
    assert member.try_again() == 0
    reports = []
    for _ in range(2):
        member.reconcile()
        (report,) = heard(REPORT)
        reports.append(report)
    first, second = (report["detail"] for report in reports)
    assert first["kind"] == "dead-letters"
    assert first["deadLetters"] == 1
    assert first["key"] == second["key"] == f"tag-on-restore/dead-letters/{MEMBER}/{REGION}"
    assert reports[0]["account"] == MEMBER
    assert reports[0]["source"] == "aws-backup-solution"
    sqs = member.client("sqs")
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"])
    member.reconcile()
    assert heard(REPORT) == []


def test_what_a_reconciliation_mended_is_reported(member, heard):
    point = member.back_up(member.make(BUCKET, {"app": "shop"}))
    member.emulator.disturb("lose")
    made = member.restored(member.restore(point, BUCKET.restored_as(member.name())))
    member.reconcile()
    assert member.tags(made) == {"app": "shop"}
    (report,) = heard(REPORT)
    assert (report["detail"]["kind"], report["detail"]["repaired"]) == ("repaired", 1)
    member.reconcile()
    assert heard(REPORT) == []


def test_what_cloudwatch_knows_of_the_function_is_reported(member, heard):
    measured = (
        ("AWS/SQS", "NumberOfMessagesSent", "QueueName", UNSTARTED, 1),
        ("AWS/Lambda", "Errors", "FunctionName", "TagOnRestore", 2),
    )
    for *metric, value in measured:
        member.measured(*metric, value)
    member.reconcile()
    reports = heard(REPORT)
    assert kinds(reports) == ["not-started", "errors"]
    assert reports[1]["detail"]["errors"] == 2
    # Data cannot be deleted; sums of nothing can be made.
    for *metric, value in measured:
        member.measured(*metric, -value)
    member.reconcile()
    assert heard(REPORT) == []


@pytest.fixture
def role(member):
    """The name of the function's role; afterwards it has all that it is granted."""
    function = member.client("lambda").get_function_configuration(FunctionName="TagOnRestore")
    yield function["Role"].rpartition("/")[2]
    member.emulator.leave_out()
    member.emulator.take_denials()


def test_a_reconciliation_that_fails_in_every_attempt_is_reported_by_lambda(member, heard, role):
    member.emulator.leave_out((role, "backup:ListRestoreJobs"))
    member.reconcile()
    found = []
    eventually(lambda: found.extend(heard(FAILURE)) or found, "Lambda reported nothing")
    (event,) = found
    detail = event["detail"]
    assert detail["requestContext"]["functionArn"].endswith(":function:TagOnRestore:$LATEST")
    assert detail["requestPayload"] == {"action": "reconcile"}
    assert "backup:ListRestoreJobs" in detail["responsePayload"]["errorMessage"]


def test_what_the_function_may_not_look_at_is_reported_and_restores_are_mended(member, heard, role):
    point = member.back_up(member.make(BUCKET, {"app": "shop"}))
    member.emulator.disturb("lose")
    made = member.restored(member.restore(point, BUCKET.restored_as(member.name())))
    member.emulator.leave_out((role, "cloudwatch:GetMetricData"))
    member.reconcile()
    assert member.tags(made) == {"app": "shop"}
    reports = heard(REPORT)
    assert kinds(reports) == ["not-looked-at", "repaired"]
    assert "cloudwatch:GetMetricData" in reports[0]["detail"]["summary"]


def test_without_the_right_to_report_the_reconciliation_does_its_work_and_fails(
    member, heard, role
):
    point = member.back_up(member.make(BUCKET, {"app": "shop"}))
    member.emulator.disturb("lose")
    made = member.restored(member.restore(point, BUCKET.restored_as(member.name())))
    member.emulator.leave_out((role, "events:PutEvents"))
    member.reconcile()
    assert member.tags(made) == {"app": "shop"}
    assert heard(REPORT) == []
    assert "events:PutEvents failed: AccessDenied" in member.said()


def test_a_recovery_point_that_the_break_glass_role_deletes_is_reported_with_who_did_it(
    member, heard
):
    point = member.back_up(member.make(TABLE, {"app": "shop"}))
    iam, sts = member.client("iam"), member.client("sts")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust |= {"Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"}}
    may = {"Effect": "Allow", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
    trust, may = (
        json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        for statement in (trust, may)
    )
    role = iam.create_role(RoleName=BREAK_GLASS, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=BREAK_GLASS, PolicyName="p", PolicyDocument=may)
    try:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="night")["Credentials"]
        key, secret, token = (
            keys[part] for part in ("AccessKeyId", "SecretAccessKey", "SessionToken")
        )
        backup = with_keys(member.emulator.url, "backup", REGION, key, secret, token)
        backup.delete_recovery_point(BackupVaultName=VAULT, RecoveryPointArn=point)
    finally:
        iam.delete_role_policy(RoleName=BREAK_GLASS, PolicyName="p")
        iam.delete_role(RoleName=BREAK_GLASS)
    (call,) = heard("AWS API Call via CloudTrail")
    assert call["detail"]["eventName"] == "DeleteRecoveryPoint"
    assert call["detail"]["userIdentity"]["arn"].endswith(f"assumed-role/{BREAK_GLASS}/night")
    assert call["detail"]["requestParameters"]["recoveryPointArn"] == point
    # AWS's own event says no more than what an expiry says, so it is not passed on.
    assert heard("Recovery Point State Change") == []


def test_a_recovery_point_that_could_not_be_deleted_and_an_opt_in_are_reported(member, heard):
    point = f"arn:aws:backup:{REGION}:{MEMBER}:recovery-point:0a1b"
    expired = {"kind": "Recovery Point State Change", "resources": [point]}
    member.emulator.send_event(MEMBER, {"status": "EXPIRED"}, **expired)
    (event,) = heard("Recovery Point State Change")
    assert (event["resources"], event["account"]) == ([point], MEMBER)
    backup = member.client("backup")
    before = backup.describe_region_settings()["ResourceTypeOptInPreference"]["EBS"]
    for wanted in (not before, before):
        backup.update_region_settings(ResourceTypeOptInPreference={"EBS": wanted})
    events = heard("Region Setting State Change")
    told = [event["detail"]["ResourceTypeOptInPreference"] for event in events]
    assert told == [{"EBS": not before}, {"EBS": before}]
