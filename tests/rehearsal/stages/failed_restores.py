"""A restore that fails, in any account of the solution, reaches the home account's subscribers."""

import json
from dataclasses import dataclass

from kit.names import MEMBER
from kit.wait import eventually

from ..names import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    SETTLE_SECONDS,
    RehearsalFailed,
)
from .expectations import ROLE, VAULT

TOPIC = f"arn:aws:sns:{HOME_REGION}:{HOME}:aws-backup-notifications"
QUEUE = f"arn:aws:sqs:{HOME_REGION}:{HOME}:subscriber"
TABLE = "copied-back"
_POLICIES = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor"


@dataclass(frozen=True)
class Site:
    """Where a restore fails, and the vault and role that are there for it."""

    account: str
    region: str
    vault: str
    role: str
    # No stack of the solution makes vault and role there.
    is_bare: bool = False


SITES = (
    Site(
        CENTRAL,
        CENTRAL_REGION,
        "AWSBackupSolutionCentralVault",
        "AWSBackupSolutionCentralAccountRole",
    ),
    Site(MEMBER, CENTRAL_REGION, VAULT, ROLE),
    Site(MANAGEMENT, HOME_REGION, "own", "Restores", is_bare=True),
    Site(HOME, HOME_REGION, "own", "Restores", is_bare=True),
)


def expect_reported(administrators):
    """Fail unless the topic reports a failed job of each account, as AWS Backup described it."""
    sqs = administrators.client("sqs", HOME, HOME_REGION)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queue = sqs.create_queue(QueueName="subscriber", Attributes={"Policy": policy})["QueueUrl"]
    sns = administrators.client("sns", HOME, HOME_REGION)
    subscription = sns.subscribe(
        TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    wanted = {
        (site.account, site.region, _fail_a_restore(administrators, site), "FAILED")
        for site in SITES
    }
    reported = set()

    def are_reported():
        reported.update(_reported(sqs, queue))
        return reported >= wanted

    def late():
        return f"failed restore jobs were not reported by the topic: {sorted(wanted - reported)}"

    eventually(are_reported, late, SETTLE_SECONDS, error=RehearsalFailed)
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


def _reported(sqs, queue):
    """(account, Region, restore job, status) of the messages that have come since."""
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    events = [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
    restores = [event for event in events if event["detail-type"] == "Restore Job State Change"]
    return {
        (event["account"], event["region"], job["restoreJobId"], job["status"])
        for event in restores
        for job in (event["detail"],)
    }


def _fail_a_restore(administrators, site):
    """Restore a table under a name that is taken; the job."""

    def client(service):
        return administrators.client(service, site.account, site.region)

    backup = client("backup")
    if site.is_bare:
        backup.create_backup_vault(BackupVaultName=site.vault)
        _make_a_role(client("iam"), site.role)
    made = client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    role = f"arn:aws:iam::{site.account}:role/{site.role}"
    job = backup.start_backup_job(
        BackupVaultName=site.vault,
        ResourceArn=made["TableDescription"]["TableArn"],
        IamRoleArn=role,
    )["BackupJobId"]
    eventually(
        lambda: backup.describe_backup_job(BackupJobId=job)["State"] == "COMPLETED",
        f"the backup of {TABLE} in {site.account} is not complete",
        SETTLE_SECONDS,
        error=RehearsalFailed,
    )
    point = backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    return backup.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=role, Metadata={"targetTableName": TABLE}
    )["RestoreJobId"]


def _make_a_role(iam, name):
    """A role with which AWS Backup works, as its own guide has one made."""
    trust = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    for purpose in ("Backup", "Restores"):
        iam.attach_role_policy(RoleName=name, PolicyArn=_POLICIES + purpose)
