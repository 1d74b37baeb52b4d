"""The tags of resources, by ARN, through the services that keep them.

One table says for each kind of resource how it is looked up and how its tags
are read, added and removed. The Resource Groups Tagging API, AWS Backup and the
rules for tag writes all use it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..wire.native import Native, NativeError

Tags = dict[str, str]

# Whose resources have no account and no Region in their ARNs.
GLOBAL_SERVICES = frozenset({"s3"})


@dataclass(frozen=True)
class Resource:
    """A resource by its ARN: ``kind`` and ``name`` are the parts of the last field."""

    arn: str
    service: str
    region: str
    account: str
    kind: str
    name: str


@dataclass(frozen=True)
class TagStore:
    """How one service keeps the tags of its resources.

    ``missing`` raises `NativeError` with the service's own code when there is no
    such resource.
    """

    missing: Callable[[Native, Resource], Awaitable[None]]
    read: Callable[[Native, Resource], Awaitable[Tags]]
    add: Callable[[Native, Resource, Tags], Awaitable[None]]
    remove: Callable[[Native, Resource, list[str]], Awaitable[None]]


def parse(arn: str) -> Resource | None:
    """The parts of an ARN; None for what is none."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    service, region, account, rest = parts[2:]
    if service == "s3":
        return Resource(arn, service, region, account, "bucket", rest)
    separator = "/" if "/" in rest.split(":")[0] else ":"
    kind, _, name = rest.partition(separator)
    return Resource(arn, service, region, account, kind, name)


def store_of(resource: Resource) -> TagStore | None:
    """The store that keeps this resource's tags; None for a service without one here."""
    if resource.service == "s3" and "/" in resource.name:
        return None
    return STORES.get(resource.service)


# -- EC2


_EC2_LOOKUPS = {
    "instance": ("DescribeInstances", "InstanceIds", "InvalidInstanceID.NotFound"),
    "volume": ("DescribeVolumes", "VolumeIds", "InvalidVolume.NotFound"),
    "snapshot": ("DescribeSnapshots", "SnapshotIds", "InvalidSnapshot.NotFound"),
    "image": ("DescribeImages", "ImageIds", "InvalidAMIID.NotFound"),
    "network-interface": (
        "DescribeNetworkInterfaces",
        "NetworkInterfaceIds",
        "InvalidNetworkInterfaceID.NotFound",
    ),
}


async def _ec2_missing(native: Native, resource: Resource) -> None:
    if resource.kind not in _EC2_LOOKUPS:
        return
    operation, parameter, code = _EC2_LOOKUPS[resource.kind]
    found = await native.call("ec2", operation, **{parameter: [resource.name]})
    if not any(value for name, value in found.items() if name != "ResponseMetadata"):
        raise NativeError(code, f"The ID '{resource.name}' does not exist")


async def _ec2_read(native: Native, resource: Resource) -> Tags:
    wanted = [{"Name": "resource-id", "Values": [resource.name]}]
    return _from_list((await native.call("ec2", "DescribeTags", Filters=wanted))["Tags"])


async def _ec2_add(native: Native, resource: Resource, tags: Tags) -> None:
    await native.call_for_customer(
        "ec2", "CreateTags", Resources=[resource.name], Tags=as_list(tags)
    )


async def _ec2_remove(native: Native, resource: Resource, keys: list[str]) -> None:
    tags = [{"Key": key} for key in keys]
    await native.call_for_customer("ec2", "DeleteTags", Resources=[resource.name], Tags=tags)


# -- RDS, Aurora, DocumentDB and Neptune

_RDS_LOOKUPS = {
    "db": ("DescribeDBInstances", "DBInstanceIdentifier"),
    "cluster": ("DescribeDBClusters", "DBClusterIdentifier"),
    "snapshot": ("DescribeDBSnapshots", "DBSnapshotIdentifier"),
}


async def _rds_missing(native: Native, resource: Resource) -> None:
    # The base has no snapshots of DocumentDB's clusters; other kinds are not looked up.
    if resource.kind not in _RDS_LOOKUPS:
        return
    operation, parameter = _RDS_LOOKUPS[resource.kind]
    try:
        await native.call("rds", operation, **{parameter: resource.name})
    except NativeError:
        if resource.kind == "snapshot":
            raise
        # DocumentDB signs its requests as RDS does, and the base keeps it apart.
        await native.call("docdb", operation, **{parameter: resource.name})


async def _rds_service(native: Native, resource: Resource) -> str:
    if resource.kind in ("db", "cluster"):
        operation, parameter = _RDS_LOOKUPS[resource.kind]
        try:
            await native.call("docdb", operation, **{parameter: resource.name})
            return "docdb"
        except NativeError:
            pass
    return "rds"


async def _rds_read(native: Native, resource: Resource) -> Tags:
    service = await _rds_service(native, resource)
    listed = await native.call(service, "ListTagsForResource", ResourceName=resource.arn)
    return _from_list(listed["TagList"])


async def _rds_add(native: Native, resource: Resource, tags: Tags) -> None:
    service = await _rds_service(native, resource)
    arguments = {"ResourceName": resource.arn, "Tags": as_list(tags)}
    await native.call_for_customer(service, "AddTagsToResource", **arguments)


async def _rds_remove(native: Native, resource: Resource, keys: list[str]) -> None:
    service = await _rds_service(native, resource)
    arguments = {"ResourceName": resource.arn, "TagKeys": keys}
    await native.call_for_customer(service, "RemoveTagsFromResource", **arguments)


# -- DynamoDB


async def _dynamodb_missing(native: Native, resource: Resource) -> None:
    await native.call("dynamodb", "DescribeTable", TableName=resource.name)


async def _dynamodb_read(native: Native, resource: Resource) -> Tags:
    listed = await native.call("dynamodb", "ListTagsOfResource", ResourceArn=resource.arn)
    return _from_list(listed["Tags"])


async def _dynamodb_add(native: Native, resource: Resource, tags: Tags) -> None:
    arguments = {"ResourceArn": resource.arn, "Tags": as_list(tags)}
    await native.call_for_customer("dynamodb", "TagResource", **arguments)


async def _dynamodb_remove(native: Native, resource: Resource, keys: list[str]) -> None:
    arguments = {"ResourceArn": resource.arn, "TagKeys": keys}
    await native.call_for_customer("dynamodb", "UntagResource", **arguments)


# -- S3


async def _s3_missing(native: Native, resource: Resource) -> None:
    try:
        await native.call("s3", "HeadBucket", Bucket=resource.name)
    except NativeError as error:
        # The answer to HEAD has no body, so no code either.
        message = "The specified bucket does not exist"
        raise NativeError("NoSuchBucket", message, 404) from error


async def _s3_read(native: Native, resource: Resource) -> Tags:
    try:
        got = await native.call("s3", "GetBucketTagging", Bucket=resource.name)
    except NativeError as error:
        if error.code == "NoSuchTagSet":
            return {}
        raise
    return _from_list(got["TagSet"])


async def _s3_add(native: Native, resource: Resource, tags: Tags) -> None:
    # The tagging API's write for buckets is S3's own: read, merge, put.
    merged = await _s3_read(native, resource) | tags
    await _s3_put(native, resource, merged)


async def _s3_remove(native: Native, resource: Resource, keys: list[str]) -> None:
    tags = await _s3_read(native, resource)
    await _s3_put(native, resource, {k: v for k, v in tags.items() if k not in keys})


async def _s3_put(native: Native, resource: Resource, tags: Tags) -> None:
    tagging = {"TagSet": as_list(tags)}
    arguments = {"Bucket": resource.name, "Tagging": tagging}
    await native.call_for_customer("s3", "PutBucketTagging", **arguments)


# -- EFS, EKS and Aurora DSQL


async def _efs_missing(native: Native, resource: Resource) -> None:
    if resource.kind == "file-system":
        await native.call("efs", "DescribeFileSystems", FileSystemId=resource.name)


async def _efs_read(native: Native, resource: Resource) -> Tags:
    listed = await native.call("efs", "ListTagsForResource", ResourceId=resource.name)
    return _from_list(listed["Tags"])


async def _efs_add(native: Native, resource: Resource, tags: Tags) -> None:
    arguments = {"ResourceId": resource.name, "Tags": as_list(tags)}
    await native.call_for_customer("efs", "TagResource", **arguments)


async def _efs_remove(native: Native, resource: Resource, keys: list[str]) -> None:
    # One by one: the base sees the first key only.
    for key in keys:
        arguments = {"ResourceId": resource.name, "TagKeys": [key]}
        await native.call_for_customer("efs", "UntagResource", **arguments)


def _mapped(service: str) -> TagStore:
    """A service with TagResource, whose tags are a map."""

    async def read(native: Native, resource: Resource) -> Tags:
        listed = await native.call(service, "ListTagsForResource", resourceArn=resource.arn)
        tags: Tags = listed.get("tags") or {}
        return dict(tags)

    async def missing(native: Native, resource: Resource) -> None:
        await read(native, resource)

    async def add(native: Native, resource: Resource, tags: Tags) -> None:
        arguments = {"resourceArn": resource.arn, "tags": tags}
        await native.call_for_customer(service, "TagResource", **arguments)

    async def remove(native: Native, resource: Resource, keys: list[str]) -> None:
        # One by one: the base sees the first key only.
        for key in keys:
            arguments = {"resourceArn": resource.arn, "tagKeys": [key]}
            await native.call_for_customer(service, "UntagResource", **arguments)

    return TagStore(missing, read, add, remove)


STORES = {
    "ec2": TagStore(_ec2_missing, _ec2_read, _ec2_add, _ec2_remove),
    "rds": TagStore(_rds_missing, _rds_read, _rds_add, _rds_remove),
    "dynamodb": TagStore(_dynamodb_missing, _dynamodb_read, _dynamodb_add, _dynamodb_remove),
    "s3": TagStore(_s3_missing, _s3_read, _s3_add, _s3_remove),
    "elasticfilesystem": TagStore(_efs_missing, _efs_read, _efs_add, _efs_remove),
    "eks": _mapped("eks"),
    "dsql": _mapped("dsql"),
}


def as_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as most services write them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _from_list(tags: list[dict[str, str]]) -> Tags:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}
