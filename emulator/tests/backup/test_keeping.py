"""AWS Backup: who may delete a recovery point, locks, repeated requests, and what a plan makes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import MEMBER, World
from .copying import DESTINATION, Copying
from .restoring import PLACE, ROLE, TAGS, VAULT, arn

PLAN = arn("backup", "backup-plan:daily")
KEEPS = {
    "Effect": "Deny",
    "Principal": "*",
    "Resource": "*",
    "Action": "backup:DeleteRecoveryPoint",
}


@pytest.fixture
def copying(world: World) -> Copying:
    return Copying(world)


def put_policy(copying: Copying, *statements: Any) -> None:
    copying.account.backup.put_backup_vault_access_policy(
        BackupVaultName=VAULT,
        Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
    )


@pytest.mark.parametrize("kind", ["EBS", "EFS"])
def test_a_vaults_policy_keeps_its_recovery_points_and_without_it_they_go(
    copying: Copying, kind: str
) -> None:
    backup = copying.account.backup
    asked = {
        "BackupVaultName": VAULT,
        "RecoveryPointArn": copying.account.back_up(copying.account.source(kind, TAGS)),
    }
    put_policy(copying, KEEPS)
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        backup.delete_recovery_point(**asked)
    assert backup.describe_recovery_point(**asked)["Status"] == "COMPLETED"
    put_policy(copying, KEEPS | {"Effect": "Allow"})
    backup.delete_recovery_point(**asked)
    with pytest.raises(ClientError, match="Cannot find recovery point"):
        backup.describe_recovery_point(**asked)
    assert backup.describe_backup_vault(BackupVaultName=VAULT)["NumberOfRecoveryPoints"] == 0


def test_a_vault_shows_the_lock_that_its_stack_gave_it(world: World) -> None:
    properties: dict[str, Any] = {
        "BackupVaultName": "locked",
        "LockConfiguration": {"MinRetentionDays": 7, "MaxRetentionDays": "3660"},
    }
    for locked in (True, False):
        if not locked:
            del properties["LockConfiguration"]
        resource = {"Type": "AWS::Backup::BackupVault", "Properties": properties}
        client = world.client("cloudformation", MEMBER)
        operate = client.create_stack if locked else client.update_stack
        operate(StackName="vault", TemplateBody=json.dumps({"Resources": {"Vault": resource}}))
        assert world.wait_for_stack("vault", MEMBER)["StackStatus"].endswith("_COMPLETE")
        found = world.client("backup", MEMBER).describe_backup_vault(BackupVaultName="locked")
        bounds = [found.get(f"{name}RetentionDays") for name in ("Min", "Max")]
        assert (found["Locked"], bounds) == (locked, [7, 3660] if locked else [None, None])


def test_a_request_that_is_sent_again_with_its_token_starts_nothing(copying: Copying) -> None:
    backup = copying.account.backup
    source = copying.account.source("EBS", TAGS)
    wanted = {"BackupVaultName": VAULT, "ResourceArn": source, "IamRoleArn": ROLE}
    first, again, other = (
        backup.start_backup_job(**wanted, IdempotencyToken=token)["BackupJobId"]
        for token in ("a", "a", "b")
    )
    assert first == again != other
    point = backup.describe_backup_job(BackupJobId=first)["RecoveryPointArn"]
    copies = [
        backup.start_copy_job(
            RecoveryPointArn=point,
            SourceBackupVaultName=VAULT,
            DestinationBackupVaultArn=DESTINATION,
            IamRoleArn=ROLE,
            IdempotencyToken="a",
        )["CopyJobId"]
        for _ in range(2)
    ]
    assert len(set(copies)) == 1
    jobs = [
        backup.start_restore_job(
            RecoveryPointArn=point, Metadata={}, IamRoleArn=ROLE, IdempotencyToken="a"
        )["RestoreJobId"]
        for _ in range(2)
    ]
    assert len(set(jobs)) == 1


def test_what_a_plan_backs_up_and_copies_names_it(copying: Copying) -> None:
    backup = copying.account.backup
    source, other = (copying.account.source(kind, TAGS) for kind in ("EBS", "EFS"))
    copying.account.back_up(other)
    wanted = {"vault": VAULT, "resource": source, "role": ROLE, "plan": PLAN}
    copying.world.control("POST", "scheduled-backups", {**PLACE, **wanted, "copy": DESTINATION})
    (job,) = backup.list_backup_jobs(ByResourceArn=source)["BackupJobs"]
    (copied,) = backup.list_copy_jobs(ByResourceArn=source)["CopyJobs"]
    for found in (job, copied):
        assert found["CreatedBy"]["BackupPlanArn"] == PLAN
        assert found["CreatedBy"]["BackupPlanId"] == "daily"
    (own,) = backup.list_backup_jobs(ByResourceArn=other, ByState="COMPLETED")["BackupJobs"]
    assert "CreatedBy" not in own
    assert backup.list_backup_jobs(ByState="FAILED")["BackupJobs"] == []
