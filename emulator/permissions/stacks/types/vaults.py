"""AWS::Backup::BackupVault and AWS::Backup::LogicallyAirGappedBackupVault."""

from __future__ import annotations

from ...needs import Need
from .keys import key_arn
from .resource import Demands, Resource, on

_READS = (
    "backup:DescribeBackupVault",
    "backup:GetBackupVaultNotifications",
    "backup:GetBackupVaultAccessPolicy",
    "backup:ListTags",
)


def vault(resource: Resource) -> Demands:
    """After the published schema; the key's actions only for a key that the template names."""
    if not resource.creates:
        yield from _changed_or_deleted(resource)
        return
    arn = _arn(resource)
    yield Need("backup:CreateBackupVault", arn)
    yield Need("backup-storage:MountCapsule")
    yield from _key(resource, "kms:GenerateDataKey", "kms:Decrypt", "kms:RetireGrant")
    yield from _settings(resource, arn)
    yield from on(arn, *_READS)


def air_gapped_vault(resource: Resource) -> Demands:
    """After the published schema."""
    team = resource.properties.get("MpaApprovalTeamArn")
    if not resource.creates:
        yield from _changed_or_deleted(resource)
    else:
        arn = _arn(resource)
        yield Need("backup:CreateLogicallyAirGappedBackupVault", arn)
        yield Need("backup-storage:MountCapsule")
        yield from _key(resource)
        yield from _settings(resource, arn)
        yield from on(arn, *_READS)
    if resource.sets("MpaApprovalTeamArn"):
        yield Need("backup:AssociateBackupVaultMpaApprovalTeam", _arn(resource))
        yield Need("mpa:GetApprovalTeam", str(team))


def _arn(resource: Resource) -> str:
    return resource.arn("backup", f"backup-vault:{resource.name('BackupVaultName')}")


def _key(resource: Resource, *more: str) -> Demands:
    """What AWS Backup does with the key in the name of who makes the vault."""
    key = str(resource.properties.get("EncryptionKeyArn") or "")
    if not key:
        return
    via = f"backup.{resource.region}.amazonaws.com"
    arn = key_arn(resource, key)
    yield from on(arn, "kms:DescribeKey", *more, kms__ViaService=via)
    yield from on(arn, "kms:CreateGrant", kms__ViaService=via, kms__GrantIsForAWSResource="true")


def _settings(resource: Resource, arn: str) -> Demands:
    for name, action in (
        ("AccessPolicy", "BackupVaultAccessPolicy"),
        ("Notifications", "BackupVaultNotifications"),
        ("LockConfiguration", "BackupVaultLockConfiguration"),
    ):
        if resource.sets(name):
            yield Need(f"backup:Put{action}", arn)
        if resource.drops(name):
            yield Need(f"backup:Delete{action}", arn)
    yield from resource.tagging(arn, "backup:TagResource", "backup:UntagResource")


def _changed_or_deleted(resource: Resource) -> Demands:
    arn = _arn(resource)
    if resource.deletes:
        yield Need("backup:DeleteBackupVault", arn)
        return
    yield from _settings(resource, arn)
    yield from on(arn, *_READS)
