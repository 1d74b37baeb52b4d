"""AWS Backup: copies into another account and Region, and everybody who has to allow one."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import CENTRAL, MEMBER, REGION, World
from .copying import (
    CENTRAL_VAULT,
    DESTINATION,
    LINKED,
    OPEN,
    USES,
    Copying,
    Json,
    administration,
    policy,
    reading,
)
from .restoring import ROLE, TAGS, VAULT
from .test_restores import KINDS

SNAPSHOTS = ["EBS", "EC2", "RDS", "Aurora", "Neptune", "DocumentDB"]
NO_KEY = {
    "EBS": "Given key ID is not accessible",
    "EC2": "AMI snapshot copy failed with error: Given key ID is not accessible.",
}


@pytest.fixture
def copying(world: World) -> Copying:
    return Copying(world)


def put_key_policy(copying: Copying, key: str, *statements: Json) -> None:
    account = key.split(":")[4]
    document = policy(administration(account), *statements)
    kms = copying.world.client("kms", account)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)


@pytest.mark.parametrize("kind", [kind for kind, _, _ in KINDS])
def test_a_copy_of_every_kind_arrives_with_its_tags(copying: Copying, kind: str) -> None:
    source = copying.account.source(kind, TAGS)
    point = copying.account.back_up(source)
    job = copying.copy(point)
    assert job["State"] == "COMPLETED", job
    assert job["SourceRecoveryPointArn"] == point
    assert job["DestinationBackupVaultArn"] == DESTINATION
    [arrived] = copying.arrived()
    assert arrived["RecoveryPointArn"] == job["DestinationRecoveryPointArn"] != point
    assert arrived["ResourceArn"] == source
    place = {"account": CENTRAL, "region": REGION}
    if not arrived["RecoveryPointArn"].startswith("arn:aws:backup:"):
        wanted = {**place, "arn": arrived["RecoveryPointArn"]}
        tags = copying.world.control("POST", "tags", wanted)
    else:
        tags = copying.central.list_tags(ResourceArn=arrived["RecoveryPointArn"])["Tags"]
    assert {key: value for key, value in tags.items() if not key.startswith("aws:")} == TAGS


@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_an_encrypted_snapshot_needs_the_keys_leave_for_each_use(
    copying: Copying, kind: str
) -> None:
    key = copying.key(MEMBER)
    point = copying.account.back_up(copying.encrypted(kind, key))
    for missing in ("all", *USES):
        allowed = [action for action in USES if missing not in ("all", action)]
        put_key_policy(copying, key, *([reading(*allowed)] if allowed else []))
        job = copying.copy(point)
        message = f"The source snapshot KMS key [{key}] does not exist, is not enabled or"
        assert job["State"] == "FAILED", missing
        assert job["StatusMessage"].startswith(NO_KEY.get(kind, message))
    assert copying.arrived() == []
    put_key_policy(copying, key, reading())
    assert copying.copy(point)["State"] == "COMPLETED"


def test_a_recovery_point_shows_the_key_that_encrypts_it(copying: Copying) -> None:
    key = copying.key(MEMBER, reading())
    kept = copying.account.back_up(copying.encrypted("EBS", key))
    by_aws = copying.account.back_up(copying.encrypted("RDS", "alias/aws/rds"))
    plain, in_full = (
        copying.account.back_up(copying.account.source(kind, TAGS)) for kind in ("EBS", "S3")
    )

    def shown(backup: Any, vault: str, point: str) -> tuple[bool, str | None]:
        found = backup.describe_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
        return found["IsEncrypted"], found.get("EncryptionKeyArn")

    # AWS shows the ARNs of its own keys, too; here these have none.
    for point, expected in (
        (kept, (True, key)),
        (by_aws, (True, None)),
        (plain, (False, None)),
        (in_full, (True, None)),
    ):
        assert shown(copying.account.backup, VAULT, point) == expected
    for point in (kept, in_full):
        copied = copying.copy(point)["DestinationRecoveryPointArn"]
        assert shown(copying.central, CENTRAL_VAULT, copied) == (True, copying.central_key)


def test_decrypt_and_describe_are_not_enough(copying: Copying) -> None:
    key = copying.key(MEMBER, reading("kms:Decrypt", "kms:DescribeKey"))
    assert copying.copy_of(copying.encrypted("EBS", key))["State"] == "FAILED"
    denied = copying.world.control("GET", "denials")[-1]
    assert denied["principal"].startswith(
        f"arn:aws:sts::{CENTRAL}:assumed-role/AWSServiceRoleForBackup/"
    )
    assert denied["action"] == "kms:CreateGrant"


def test_what_the_linked_roles_policy_lacks_no_key_policy_can_give(copying: Copying) -> None:
    """Of the role's document comes the half that AWS wrote."""
    key = copying.key(MEMBER, reading("kms:*"))
    point = copying.account.back_up(copying.encrypted("RDS", key))
    assert copying.copy(point)["State"] == "COMPLETED"
    iam = copying.world.client("iam", CENTRAL)
    iam.detach_role_policy(
        RoleName="AWSServiceRoleForBackup",
        PolicyArn="arn:aws:iam::aws:policy/aws-service-role/"
        "AWSBackupServiceLinkedRolePolicyForBackup",
    )
    assert copying.copy(point)["StatusMessage"] == "Access Denied trying to call AWS Backup service"


@pytest.mark.parametrize(("kind", "key"), [("EBS", "alias/aws/ebs"), ("RDS", "alias/aws/rds")])
def test_a_key_of_awss_own_cannot_be_shared(copying: Copying, kind: str, key: str) -> None:
    job = copying.copy_of(copying.encrypted(kind, key))
    assert job["State"] == "FAILED"
    expected = {
        "EBS": "Encrypted snapshots with Amazon EBS default key cannot be shared",
        "RDS": "Snapshots encrypted with the AWS managed key can't be shared. "
        "Specify another snapshot.",
    }
    assert job["StatusMessage"] == expected[kind]


@pytest.mark.parametrize(("kind", "arrives"), [("EBS", False), ("S3", True)])
def test_a_snapshot_needs_a_customers_key_at_its_destination(
    copying: Copying, kind: str, arrives: bool
) -> None:
    copying.central.create_backup_vault(BackupVaultName="plain")
    copying.central.put_backup_vault_access_policy(BackupVaultName="plain", Policy=policy(OPEN))
    point = copying.account.back_up(copying.account.source(kind, TAGS))
    plain = DESTINATION.replace(CENTRAL_VAULT, "plain")
    job = copying.copy(point, DestinationBackupVaultArn=plain)
    assert (job["State"] == "COMPLETED") == arrives
    if not arrives:
        assert "default Backup service managed key" in job["StatusMessage"]


def test_the_destinations_key_must_serve_the_linked_role(copying: Copying) -> None:
    statement = administration(CENTRAL) | {
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": LINKED}}
    }
    copying.world.client("kms", CENTRAL).put_key_policy(
        KeyId=copying.central_key, PolicyName="default", Policy=policy(statement)
    )
    job = copying.copy_of(copying.account.source("EBS", TAGS))
    assert job["State"] == "FAILED"
    assert copying.copy_of(copying.account.source("S3", TAGS))["State"] == "COMPLETED"


@pytest.mark.parametrize("kind", ["S3", "EBS"])
def test_nothing_is_copied_into_an_account_without_the_linked_role(
    copying: Copying, kind: str
) -> None:
    iam = copying.world.client("iam", CENTRAL)
    iam.delete_service_linked_role(RoleName="AWSServiceRoleForBackup")
    point = copying.account.back_up(copying.account.source(kind, TAGS))
    job = copying.copy(point)
    assert job["State"] == "FAILED"
    assert f"AWSServiceRoleForBackup of {CENTRAL} does not exist" in job["StatusMessage"]
    copying.link(CENTRAL)
    assert copying.copy(point)["State"] == "COMPLETED"


def test_the_vaults_policy_and_the_jobs_role_must_allow_the_copy(copying: Copying) -> None:
    point = copying.account.back_up(copying.account.source("EFS", TAGS))
    denied = "Access Denied trying to call AWS Backup service"
    copying.central.delete_backup_vault_access_policy(BackupVaultName=CENTRAL_VAULT)
    assert copying.copy(point)["StatusMessage"] == denied
    copying.central.put_backup_vault_access_policy(
        BackupVaultName=CENTRAL_VAULT, Policy=policy(OPEN)
    )
    for action in ("backup:CopyFromBackupVault", "backup:CopyIntoBackupVault"):
        refuse = {"Effect": "Deny", "Action": action, "Resource": "*"}
        copying.world.allow(ROLE, refuse)
        assert copying.copy(point)["StatusMessage"] == denied
    copying.world.client("iam", MEMBER).delete_role_policy(
        RoleName=ROLE.rpartition("/")[2], PolicyName="policy"
    )
    assert copying.copy(point)["State"] == "COMPLETED"


def test_cross_account_backup_must_be_switched_on_in_the_organization(copying: Copying) -> None:
    copying.enable("false")
    job = copying.copy_of(copying.account.source("S3", TAGS))
    assert job["StatusMessage"] == (
        "Copy job failed. Cross-account copy feature is not enabled for the current organization."
    )


def test_nothing_is_copied_into_another_organization(copying: Copying) -> None:
    stranger = "555555555552"
    other = copying.world.client("backup", stranger)
    other.create_backup_vault(BackupVaultName="other")
    point = copying.account.back_up(copying.account.source("S3", TAGS))
    arn = f"arn:aws:backup:{REGION}:{stranger}:backup-vault:other"
    job = copying.copy(point, DestinationBackupVaultArn=arn)
    assert "must be a member of the same organization" in job["StatusMessage"]


def test_a_backup_that_dynamodb_keeps_itself_is_not_copied(copying: Copying) -> None:
    copying.account.backup.update_region_settings(
        ResourceTypeManagementPreference={"DynamoDB": False}
    )
    job = copying.copy_of(copying.account.source("DynamoDB", TAGS))
    assert "Feature is not supported for provided resource type." in job["StatusMessage"]


def test_a_copy_into_another_region_of_the_account_needs_no_linked_role(copying: Copying) -> None:
    there = copying.world.in_region("backup", MEMBER, "us-east-1")
    there.create_backup_vault(BackupVaultName=VAULT)
    point = copying.account.back_up(copying.account.source("EBS", TAGS))
    arn = f"arn:aws:backup:us-east-1:{MEMBER}:backup-vault:{VAULT}"
    job = copying.copy(point, DestinationBackupVaultArn=arn)
    assert job["State"] == "COMPLETED", job
    assert job["DestinationRecoveryPointArn"].startswith("arn:aws:ec2:us-east-1::snapshot/")
    listed = there.list_recovery_points_by_backup_vault(BackupVaultName=VAULT)
    assert len(listed["RecoveryPoints"]) == 1


def test_a_copy_comes_back_by_the_members_linked_role(copying: Copying) -> None:
    """The central vault's key encrypts the copy, and must let the member's role read it."""
    arrived = copying.copy_of(copying.account.source("RDS", TAGS))["DestinationRecoveryPointArn"]
    own = copying.key(MEMBER)
    copying.account.backup.create_backup_vault(BackupVaultName="back", EncryptionKeyArn=own)
    copying.account.backup.put_backup_vault_access_policy(
        BackupVaultName="back", Policy=policy(OPEN)
    )
    role = copying.world.role(
        "back", "backup:*", account=CENTRAL, trust={"Service": "backup.amazonaws.com"}
    )
    copying.link(MEMBER)
    started = {
        "RecoveryPointArn": arrived,
        "SourceBackupVaultName": CENTRAL_VAULT,
        "DestinationBackupVaultArn": f"arn:aws:backup:{REGION}:{MEMBER}:backup-vault:back",
        "IamRoleArn": role,
    }
    first = copying.central.start_copy_job(**started)["CopyJobId"]
    job = copying.ended(copying.central, first)
    assert copying.central_key in job["StatusMessage"]
    allowed = reading() | {
        "Principal": {"AWS": MEMBER},
        "Condition": {"ArnEquals": {"aws:PrincipalArn": LINKED.replace(CENTRAL, MEMBER)}},
    }
    put_key_policy(copying, copying.central_key, allowed)
    second = copying.central.start_copy_job(**started)["CopyJobId"]
    assert copying.ended(copying.central, second)["State"] == "COMPLETED"
