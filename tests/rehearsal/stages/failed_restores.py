"""A restore that fails in the central account reaches the subscribers of the home account."""

import json

from kit.wait import eventually

from ..names import CENTRAL, CENTRAL_REGION, HOME, HOME_REGION, SETTLE_SECONDS, RehearsalFailed

TOPIC = f"arn:aws:sns:{HOME_REGION}:{HOME}:aws-backup-notifications"
QUEUE = f"arn:aws:sqs:{HOME_REGION}:{HOME}:subscriber"
VAULT, ROLE = "AWSBackupSolutionCentralVault", "AWSBackupSolutionCentralAccountRole"
TABLE = "copied-back"


def expect_reported(administrators):
    """Fail unless the topic tells of the job, as AWS Backup told it."""
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
    job = _fail_a_restore(administrators)
    reported = []

    def is_reported():
        reported.extend(_reported(sqs, queue))
        return job in reported

    def late():
        return f"the restore job {job} of {CENTRAL} failed, and the topic reported {reported} only"

    eventually(is_reported, late, SETTLE_SECONDS, error=RehearsalFailed)
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


def _reported(sqs, queue):
    """The restore jobs of the messages that have come since."""
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    events = [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
    return [event["detail"].get("restoreJobId") for event in events]


def _fail_a_restore(administrators):
    """Restore a table under a name that is taken; the job."""
    made = administrators.client("dynamodb", CENTRAL, CENTRAL_REGION).create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    backup = administrators.client("backup", CENTRAL, CENTRAL_REGION)
    role = f"arn:aws:iam::{CENTRAL}:role/{ROLE}"
    job = backup.start_backup_job(
        BackupVaultName=VAULT,
        ResourceArn=made["TableDescription"]["TableArn"],
        IamRoleArn=role,
    )["BackupJobId"]
    point = backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    return backup.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=role, Metadata={"targetTableName": TABLE}
    )["RestoreJobId"]
