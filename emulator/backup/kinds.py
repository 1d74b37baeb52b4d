"""Backing up each kind of resource, through its own service.

The forms of the ARNs are AWS Backup's: a snapshot or an image of EC2 (without
account), a snapshot of RDS, a backup of DynamoDB, or a recovery point of AWS
Backup's own for what it manages in full.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from ..tags.stores import Resource, Tags, as_list
from ..wire.native import Native, NativeError
from ..wire.place import Place

# What AWS Backup puts on snapshots and images, and restored resources of EC2.
SOURCE_TAG = "aws:backup:source-resource"


@dataclass(frozen=True)
class Made:
    """What a backup made."""

    arn: str
    resource_type: str
    contents: dict[str, Any]


async def back_up(
    native: Native, place: Place, resource: Resource, job_id: str, tags: Tags, full: bool
) -> Made:
    """Back up a resource; ``full`` is whether AWS Backup manages DynamoDB's backups in full."""
    own = f"arn:aws:backup:{place.region}:{place.account}:recovery-point:{uuid.uuid4()}"
    match (resource.service, resource.kind):
        case ("ec2", "volume"):
            snapshot = await _snapshot(native, resource.name, tags, resource.arn)
            return Made(f"arn:aws:ec2:{place.region}::snapshot/{snapshot}", "EBS", {})
        case ("ec2", "instance"):
            image = await _image(native, resource, job_id, tags)
            return Made(f"arn:aws:ec2:{place.region}::image/{image}", "EC2", {})
        case ("rds", "db"):
            return await _rds_snapshot(native, resource, job_id, tags)
        case ("rds", "cluster"):
            return await _cluster_snapshot(native, place, resource, job_id, tags)
        case ("dynamodb", "table"):
            return await _table_backup(native, resource, own if full else None)
        case ("s3", "bucket"):
            return Made(own, "S3", {"objects": await _objects(native, resource.name)})
        case ("elasticfilesystem", "file-system"):
            found = await native.call("efs", "DescribeFileSystems", FileSystemId=resource.name)
            return Made(own, "EFS", {"encrypted": found["FileSystems"][0]["Encrypted"]})
        case ("dsql", "cluster"):
            return Made(own, "Aurora DSQL", {})
        case ("eks", "cluster"):
            described = await native.call("eks", "DescribeCluster", name=resource.name)
            composite = own.replace(":recovery-point:", ":recovery-point:composite:eks/")
            return Made(composite, "EKS", {"role": described["cluster"]["roleArn"]})
    raise NativeError("InvalidParameterValueException", f"Unsupported resource: {resource.arn}")


async def _snapshot(native: Native, volume: str, tags: Tags, source: str) -> str:
    made = await native.call("ec2", "CreateSnapshot", VolumeId=volume)
    name = str(made["SnapshotId"])
    await native.call(
        "ec2", "CreateTags", Resources=[name], Tags=as_list(tags | {SOURCE_TAG: source})
    )
    return name


async def _image(native: Native, resource: Resource, job_id: str, tags: Tags) -> str:
    """An image of an instance; the snapshots in it get their own volumes' tags."""
    found = await native.call("ec2", "DescribeInstances", InstanceIds=[resource.name])
    instance = found["Reservations"][0]["Instances"][0]
    mappings = []
    for mapping in instance["BlockDeviceMappings"]:
        volume = mapping["Ebs"]["VolumeId"]
        described = (await native.call("ec2", "DescribeVolumes", VolumeIds=[volume]))["Volumes"][0]
        volume_tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
        snapshot = await _snapshot(native, volume, volume_tags, resource.arn)
        ebs = {
            "SnapshotId": snapshot,
            "VolumeSize": described["Size"],
            "VolumeType": described["VolumeType"],
        }
        mappings.append({"DeviceName": mapping["DeviceName"], "Ebs": ebs})
    made = await native.call(
        "ec2",
        "RegisterImage",
        Name=f"AwsBackup_{resource.name}_{job_id}",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName=instance["RootDeviceName"],
        BlockDeviceMappings=mappings,
    )
    image = str(made["ImageId"])
    all_tags = as_list(tags | {SOURCE_TAG: resource.arn})
    await native.call("ec2", "CreateTags", Resources=[image], Tags=all_tags)
    return image


async def _rds_snapshot(native: Native, resource: Resource, job_id: str, tags: Tags) -> Made:
    made = await native.call(
        "rds",
        "CreateDBSnapshot",
        DBSnapshotIdentifier=f"awsbackup:job-{job_id.lower()}",
        DBInstanceIdentifier=resource.name,
        Tags=as_list(tags),
    )
    return Made(str(made["DBSnapshot"]["DBSnapshotArn"]), "RDS", {})


async def _cluster_snapshot(
    native: Native, place: Place, resource: Resource, job_id: str, tags: Tags
) -> Made:
    """A snapshot of a cluster of Aurora, Neptune or DocumentDB.

    DocumentDB's has tags only: the base keeps no snapshots of its clusters.
    """
    name = f"awsbackup:job-{job_id.lower()}"
    service, cluster = await cluster_of(native, resource.name)
    arn = f"arn:aws:rds:{place.region}:{place.account}:cluster-snapshot:{name}"
    if service == "rds":
        await native.call(
            "rds",
            "CreateDBClusterSnapshot",
            DBClusterSnapshotIdentifier=name,
            DBClusterIdentifier=resource.name,
        )
    await native.call("rds", "AddTagsToResource", ResourceName=arn, Tags=as_list(tags))
    engine = cluster["Engine"]
    resource_type = {"docdb": "DocumentDB", "neptune": "Neptune"}.get(engine, "Aurora")
    kept = {key: cluster[key] for key in ("Engine", "EngineVersion", "MasterUsername")}
    return Made(arn, resource_type, {"service": service, "cluster": kept})


async def cluster_of(native: Native, name: str) -> tuple[str, dict[str, Any]]:
    """The service of a cluster of Aurora, Neptune or DocumentDB, and its description."""
    for service in ("docdb", "rds"):
        try:
            found = await native.call(service, "DescribeDBClusters", DBClusterIdentifier=name)
        except NativeError:
            continue
        if found["DBClusters"]:
            return service, found["DBClusters"][0]
    raise NativeError("DBClusterNotFoundFault", f"DBCluster {name} not found.", 404)


async def _table_backup(native: Native, resource: Resource, own: str | None) -> Made:
    made = await native.call(
        "dynamodb", "CreateBackup", TableName=resource.name, BackupName=f"awsbackup_{uuid.uuid4()}"
    )
    arn = str(made["BackupDetails"]["BackupArn"])
    return Made(own or arn, "DynamoDB", {"backup": arn})


async def _objects(native: Native, bucket: str) -> dict[str, bytes]:
    listed = await native.call("s3", "ListObjectsV2", Bucket=bucket)
    objects = {}
    for entry in listed.get("Contents", []):
        found = await native.call("s3", "GetObject", Bucket=bucket, Key=entry["Key"])
        objects[entry["Key"]] = bytes(found["Body"])
    return objects
