"""A restore that fails in an account that no stack set reaches is reported to the home account."""

import json
import time

import pytest
from conftest import CENTRAL, CENTRAL_REGION, HOME, HOME_REGION, MANAGEMENT, TARGETS
from deploy import cloudformation
from deploy.stacks import BY_NAME
from kit.isolation import SECONDS

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "backup.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def say(_):
    """Nobody is told."""


@pytest.fixture
def reports(organization, monkeypatch):
    """The home account's bus and topic with a queue behind, and what reports to it."""
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0.2)
    stacks = (
        (HOME, HOME_REGION, "aws-backup-notifications"),
        (CENTRAL, CENTRAL_REGION, "aws-backup-failed-jobs"),
        (MANAGEMENT, CENTRAL_REGION, "aws-backup-management-failed-jobs"),
    )
    for account, region, name in stacks:
        text = BY_NAME[name].template_path.read_text()
        values = {"OrganizationId": TARGETS["OrganizationId"]}
        if account != HOME:
            values = {"HomeRegion": HOME_REGION, "HomeAccountId": HOME}
        client = organization.client("cloudformation", account, region)
        cloudformation.deploy(client, name, text, values, say)
    sqs, sns = (organization.client(service, HOME) for service in ("sqs", "sns"))
    queue = sqs.create_queue(QueueName="reports")["QueueUrl"]
    arn = f"arn:aws:sqs:{HOME_REGION}:{HOME}:reports"
    (topic,) = [
        entry["TopicArn"]
        for entry in sns.list_topics()["Topics"]
        if entry["TopicArn"].endswith(":aws-backup-notifications")
    ]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    yield lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    sqs.delete_queue(QueueUrl=queue)
    for account, region, name in reversed(stacks):
        cloudformation.delete(organization.client("cloudformation", account, region), name, say)


def fail_a_restore(organization, account, region):
    """Restore a table under a name that is taken; the job's id."""
    backup = organization.client("backup", account, region)
    role = organization.client("iam", account).create_role(
        RoleName="Restores", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    table = organization.client("dynamodb", account, region).create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )["TableDescription"]["TableArn"]
    backup.create_backup_vault(BackupVaultName="vault")
    job = backup.start_backup_job(BackupVaultName="vault", ResourceArn=table, IamRoleArn=role)
    point = backup.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]
    return backup.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=role, Metadata={"targetTableName": "orders"}
    )["RestoreJobId"]


@pytest.mark.parametrize(
    ("account", "region"),
    [(CENTRAL, CENTRAL_REGION), (MANAGEMENT, CENTRAL_REGION), (HOME, HOME_REGION)],
)
def test_a_failed_restore_reaches_the_topic(organization, reports, account, region):
    job = fail_a_restore(organization, account, region)
    deadline, heard = time.monotonic() + SECONDS, []
    while not heard and time.monotonic() < deadline:
        heard = [json.loads(message["Body"]) for message in reports()]
    (event,) = [json.loads(message["Message"]) for message in heard]
    assert (event["account"], event["region"]) == (account, region)
    assert event["detail-type"] == "Restore Job State Change"
    assert (event["detail"]["restoreJobId"], event["detail"]["status"]) == (job, "FAILED")
