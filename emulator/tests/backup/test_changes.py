"""AWS Backup tells of changes: recovery points that go, vaults, opt-ins; CloudTrail tells who."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import MEMBER, World, eventually
from .restoring import TAGS, VAULT, Account, arn
from .test_restores import allow_rule, received


@pytest.fixture
def account(world: World) -> Account:
    return Account(world)


@pytest.fixture
def heard(account: Account) -> str:
    """The URL of a queue to which a rule sends everything of AWS Backup."""
    url = str(account.sqs.create_queue(QueueName="heard")["QueueUrl"])
    account.events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.backup"]}))
    account.events.put_targets(Rule="all", Targets=[{"Id": "heard", "Arn": arn("sqs", "heard")}])
    allow_rule(account, url, arn("sqs", "heard"), arn("events", "rule/all"))
    return url


def of(events: list[Any], kind: str) -> list[Any]:
    return [event["detail"] for event in events if event["detail-type"] == kind]


def test_a_recovery_point_that_is_deleted_is_told_of_and_by_whom(
    world: World, account: Account, heard: str
) -> None:
    account.backup.create_backup_vault(BackupVaultName=VAULT)
    point = account.back_up(account.source("EFS", TAGS))
    received(account, heard)
    trust = {"AWS": f"arn:aws:iam::{MEMBER}:root"}
    role = world.role("deleter", "backup:DeleteRecoveryPoint", account=MEMBER, trust=trust)
    passed = account.sts.assume_role(RoleArn=role, RoleSessionName="somebody")["Credentials"]
    keys = {
        "aws_access_key_id": passed["AccessKeyId"],
        "aws_secret_access_key": passed["SecretAccessKey"],
        "aws_session_token": passed["SessionToken"],
    }
    world.client("backup", MEMBER, **keys).delete_recovery_point(
        BackupVaultName=VAULT, RecoveryPointArn=point
    )
    events = received(account, heard)
    (detail,) = of(events, "Recovery Point State Change")
    assert (detail["status"], detail["backupVaultName"]) == ("DELETING", VAULT)
    (event,) = (it for it in events if it["detail-type"] == "Recovery Point State Change")
    assert event["resources"] == [point]
    (call,) = of(events, "AWS API Call via CloudTrail")
    assert call["eventName"] == "DeleteRecoveryPoint"
    assert call["eventSource"] == "backup.amazonaws.com"
    assert call["userIdentity"]["type"] == "AssumedRole"
    assert ":assumed-role/deleter/" in call["userIdentity"]["arn"]
    assert "invokedBy" not in call["userIdentity"]
    asked = {"backupVaultName": VAULT, "recoveryPointArn": point}
    assert call["requestParameters"] == asked


def test_a_deletion_that_is_refused_changes_nothing(account: Account, heard: str) -> None:
    account.backup.create_backup_vault(BackupVaultName=VAULT)
    received(account, heard)
    with pytest.raises(ClientError, match="Cannot find recovery point"):
        account.backup.delete_recovery_point(
            BackupVaultName=VAULT, RecoveryPointArn=arn("backup", "recovery-point:none")
        )
    assert received(account, heard) == []


def test_vaults_come_and_go(account: Account, heard: str) -> None:
    account.backup.create_backup_vault(BackupVaultName="short")
    account.backup.delete_backup_vault(BackupVaultName="short")
    changes = of(received(account, heard), "Backup Vault State Change")
    assert [(it["backupVaultName"], it["state"]) for it in changes] == [
        ("short", "CREATED"),
        ("short", "DELETED"),
    ]


def test_a_stacks_vault_is_told_of_and_whether_it_is_locked(
    world: World, account: Account, heard: str
) -> None:
    properties: dict[str, Any] = {
        "BackupVaultName": "stacks",
        "LockConfiguration": {"MinRetentionDays": 7},
    }
    template = {"Resources": {"Vault": {"Type": "AWS::Backup::BackupVault"}}}
    stack: Any = template["Resources"]["Vault"]
    for operation in ("create_stack", "update_stack"):
        stack["Properties"] = dict(properties)
        asked = {"StackName": "vault", "TemplateBody": json.dumps(template)}
        getattr(account.cloudformation, operation)(**asked)
        assert world.wait_for_stack("vault", MEMBER)["StackStatus"].endswith("_COMPLETE")
        properties.pop("LockConfiguration", None)
    account.cloudformation.delete_stack(StackName="vault")

    found: list[Any] = []

    def all_of_it() -> bool:
        changes = of(received(account, heard), "Backup Vault State Change")
        found.extend((it["state"], it.get("isLocked")) for it in changes)
        return len(found) >= 4

    eventually(all_of_it)
    assert found == [
        ("CREATED", None),
        ("MODIFIED", "true"),
        ("MODIFIED", "false"),
        ("DELETED", None),
    ]


def test_an_opt_in_that_is_changed_is_told_of(account: Account, heard: str) -> None:
    account.backup.describe_region_settings()
    assert received(account, heard) == []
    account.backup.update_region_settings(ResourceTypeOptInPreference={"EBS": False})
    (detail,) = of(received(account, heard), "Region Setting State Change")
    assert detail["state"] == "MODIFIED"
    assert detail["ResourceTypeOptInPreference"] == {"EBS": False}
