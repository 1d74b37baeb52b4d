"""AWS::DynamoDB::Table, AWS::EC2::Volume and AWS::EFS::FileSystem: what there is to back up."""

from __future__ import annotations

from ...needs import Need, Value
from .keys import key_arn
from .resource import Demands, Resource, last_part, on, tag_keys

_TABLE_READS = (
    "dynamodb:DescribeTable",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeContributorInsights",
    "dynamodb:DescribeKinesisStreamingDestination",
    "dynamodb:ListTagsOfResource",
    "dynamodb:GetResourcePolicy",
)

# An EFS property, and what writes it; what an update calls when it goes is the same, but for one.
_FILE_SYSTEM_WRITES = {
    "BackupPolicy": "elasticfilesystem:PutBackupPolicy",
    "FileSystemPolicy": "elasticfilesystem:PutFileSystemPolicy",
    "LifecyclePolicies": "elasticfilesystem:PutLifecycleConfiguration",
}
_FILE_SYSTEM_REMOVES = {"FileSystemPolicy": "elasticfilesystem:DeleteFileSystemPolicy"}
_FILE_SYSTEM_READS = (
    "elasticfilesystem:DescribeBackupPolicy",
    "elasticfilesystem:DescribeFileSystemPolicy",
    "elasticfilesystem:DescribeFileSystems",
    "elasticfilesystem:DescribeLifecycleConfiguration",
)


def table(resource: Resource) -> Demands:
    """After the published schema."""
    arn = resource.arn("dynamodb", f"table/{resource.name('TableName')}")
    if resource.deletes:
        yield from on(arn, "dynamodb:DeleteTable", "dynamodb:DescribeTable")
        return
    if resource.creates:
        yield Need("dynamodb:CreateTable", arn)
    elif _changed(resource, "TimeToLiveSpecification"):
        yield Need("dynamodb:UpdateTable", arn)
    if resource.sets("TimeToLiveSpecification") or resource.drops("TimeToLiveSpecification"):
        yield from on(arn, "dynamodb:UpdateTimeToLive", "dynamodb:DescribeTimeToLive")
    yield from resource.tagging(arn, "dynamodb:TagResource", "dynamodb:UntagResource")
    yield from on(arn, *_TABLE_READS)


def volume(resource: Resource) -> Demands:
    """After the published schema."""
    arn = resource.arn("ec2", f"volume/{last_part(resource.physical_id)}")
    if resource.deletes:
        yield Need("ec2:DeleteVolume", arn)
        yield Need("ec2:DescribeVolumes")
        return
    if resource.creates:
        yield Need("ec2:CreateVolume", arn)
        yield from _volume_key(resource)
    elif _changed(resource, "AutoEnableIO"):
        yield Need("ec2:ModifyVolume", arn)
        yield Need("ec2:DescribeVolumesModifications")
    if resource.sets("AutoEnableIO"):
        yield Need("ec2:ModifyVolumeAttribute", arn)
    yield from resource.tagging(arn, "ec2:CreateTags", "ec2:DeleteTags")
    yield Need("ec2:DescribeVolumes")
    yield Need("ec2:DescribeVolumeAttribute", arn)
    yield Need("ec2:DescribeTags")


def _volume_key(resource: Resource) -> Demands:
    """What EC2 does with a key that the template names, in the name of who deploys."""
    if key := str(resource.properties.get("KmsKeyId") or ""):
        via = f"ec2.{resource.region}.amazonaws.com"
        arn = key_arn(resource, key)
        yield from on(
            arn, "kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant", kms__ViaService=via
        )


def file_system(resource: Resource) -> Demands:
    """After the published schema; and EFS's guide, "Grant permission to tag during creation"."""
    arn = resource.arn("elasticfilesystem", f"file-system/{last_part(resource.physical_id)}")
    if resource.deletes:
        yield from on(
            arn, "elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DeleteFileSystem"
        )
        return
    if resource.creates:
        tags: dict[str, Value] = tag_keys(resource.tags) if resource.tags else {}
        yield Need("elasticfilesystem:CreateFileSystem", "*", tags)
    elif _changed(resource, *_FILE_SYSTEM_WRITES):
        yield Need("elasticfilesystem:UpdateFileSystem", arn)
    for name, action in _FILE_SYSTEM_WRITES.items():
        if resource.sets(name):
            yield Need(action, arn)
        if resource.drops(name):
            yield Need(_FILE_SYSTEM_REMOVES.get(name, action), arn)
    yield from resource.tagging(
        arn, "elasticfilesystem:TagResource", "elasticfilesystem:UntagResource"
    )
    yield from on(arn, *_FILE_SYSTEM_READS)


def _changed(resource: Resource, *apart: str) -> bool:
    """Whether an update writes or takes away a property that has no call of its own."""
    names = {*resource.properties, *resource.previous} - set(apart)
    return any(resource.sets(name) or resource.drops(name) for name in names)
