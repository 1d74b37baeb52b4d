"""Backing up and restoring each kind of resource, through its own service.

The forms of the ARNs are AWS Backup's: a snapshot or an image of EC2 (without
account), a snapshot of RDS, a backup of DynamoDB, or a recovery point of AWS
Backup's own for what it manages in full.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ministack.services import s3

from .instances import Instances
from .native import Native, NativeError
from .tag_stores import Resource, Tags, as_list

# What AWS Backup puts on snapshots and images, and restored resources of EC2.
SOURCE_TAG = "aws:backup:source-resource"
# What it puts on everything that a restore test made.
RESTORE_TEST_TAG = "awsbackup-restore-test"

Metadata = dict[str, str]


class Place(NamedTuple):
    """An account and a Region."""

    account: str
    region: str


@dataclass(frozen=True)
class Made:
    """What a backup made."""

    arn: str
    resource_type: str
    contents: dict[str, Any]


@dataclass(frozen=True)
class Restore:
    """What a restore job asks for; ``wanted`` has its metadata, keys in lower case."""

    place: Place
    point_arn: str
    source_arn: str
    contents: dict[str, Any]
    wanted: Metadata
    name: str

    def want(self, *names: str, default: str | None = None) -> str:
        """The first of these metadata that is there."""
        for name in names:
            if name.lower() in self.wanted:
                return self.wanted[name.lower()]
        if default is None:
            raise NativeError("InvalidParameterValueException", f"metadata {names[0]} is missing")
        return default

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the restore's account and Region."""
        return f"arn:aws:{service}:{self.place.region}:{self.place.account}:{resource}"


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


async def restore(native: Native, instances: Instances, asked: Restore) -> str:
    """Make the restored resource, or write into the existing one; its ARN."""
    service = asked.source_arn.split(":")[2]
    kind = asked.source_arn.split(":", 5)[5].partition("/")[0].partition(":")[0]
    restoring = _RESTORES[f"{service}:{kind}" if service in ("ec2", "rds") else service]
    return await restoring(native, instances, asked)


# -- backups


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
    service, cluster = await _cluster(native, resource.name)
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


async def _cluster(native: Native, name: str) -> tuple[str, dict[str, Any]]:
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
        # botocore would read it as text.
        objects[entry["Key"]] = bytes(s3._get_object_data(bucket, entry["Key"]))
    return objects


# -- restores


async def _restore_volume(native: Native, _: Instances, asked: Restore) -> str:
    snapshot = asked.point_arn.rpartition("/")[2]
    described = await native.call("ec2", "DescribeSnapshots", SnapshotIds=[snapshot])
    made = await native.call(
        "ec2",
        "CreateVolume",
        SnapshotId=snapshot,
        AvailabilityZone=asked.want("availabilityZone", default=f"{asked.place.region}a"),
        VolumeType=asked.want("volumeType", default="gp3"),
        Size=int(described["Snapshots"][0]["VolumeSize"]),
    )
    volume = str(made["VolumeId"])
    tags = as_list({SOURCE_TAG: asked.source_arn})
    await native.call("ec2", "CreateTags", Resources=[volume], Tags=tags)
    return asked.arn("ec2", f"volume/{volume}")


async def _restore_instance(native: Native, instances: Instances, asked: Restore) -> str:
    image = asked.point_arn.rpartition("/")[2]
    found = await native.call("ec2", "DescribeImages", ImageIds=[image])
    if not found["Images"]:
        raise NativeError("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
    launch: dict[str, Any] = {"InstanceType": asked.want("InstanceType", default="t3.micro")}
    if subnet := asked.want("SubnetId", default=""):
        launch["SubnetId"] = subnet
    name = await instances.launch(image, found["Images"][0]["BlockDeviceMappings"], **launch)
    tags = as_list({SOURCE_TAG: asked.source_arn})
    await native.call("ec2", "CreateTags", Resources=[name], Tags=tags)
    return asked.arn("ec2", f"instance/{name}")


async def _restore_database(native: Native, _: Instances, asked: Restore) -> str:
    name = asked.want("DBInstanceIdentifier", default=asked.name)
    await native.call(
        "rds",
        "RestoreDBInstanceFromDBSnapshot",
        DBInstanceIdentifier=name,
        DBSnapshotIdentifier=asked.point_arn.split(":snapshot:")[1],
    )
    return asked.arn("rds", f"db:{name}")


async def _restore_cluster(native: Native, _: Instances, asked: Restore) -> str:
    """A new cluster like the old one, without member instances, as AWS Backup leaves it."""
    name = asked.want("DBClusterIdentifier", default=asked.name)
    arguments = dict(asked.contents["cluster"])
    if arguments["Engine"] == "neptune":
        arguments.pop("MasterUsername")
    else:
        # The base wants one; a restored cluster has its snapshot's.
        arguments["MasterUserPassword"] = uuid.uuid4().hex
    service = asked.contents["service"]
    await native.call(service, "CreateDBCluster", DBClusterIdentifier=name, **arguments)
    return asked.arn("rds", f"cluster:{name}")


async def _restore_table(native: Native, _: Instances, asked: Restore) -> str:
    name = asked.want("targetTableName", default=asked.name)
    backup = asked.contents["backup"]
    arguments = {"TargetTableName": name, "BackupArn": backup}
    await native.call("dynamodb", "RestoreTableFromBackup", **arguments)
    return asked.arn("dynamodb", f"table/{name}")


async def _restore_bucket(native: Native, _: Instances, asked: Restore) -> str:
    bucket = asked.want("DestinationBucketName", default=asked.name)
    if asked.want("newBucket", default="false").lower() == "true":
        where = {"LocationConstraint": asked.place.region}
        more = {} if asked.place.region == "us-east-1" else {"CreateBucketConfiguration": where}
        await native.call("s3", "CreateBucket", Bucket=bucket, **more)
    else:
        await native.call("s3", "HeadBucket", Bucket=bucket)
    for key, content in asked.contents["objects"].items():
        await native.call("s3", "PutObject", Bucket=bucket, Key=key, Body=content)
    return f"arn:aws:s3:::{bucket}"


async def _restore_file_system(native: Native, _: Instances, asked: Restore) -> str:
    if asked.want("newFileSystem", default="false").lower() == "true":
        made = await native.call(
            "efs",
            "CreateFileSystem",
            CreationToken=asked.want("CreationToken", default=str(uuid.uuid4())),
            PerformanceMode=asked.want("PerformanceMode", default="generalPurpose"),
            Encrypted=asked.want("Encrypted", default="false").lower() == "true",
        )
        return asked.arn("elasticfilesystem", f"file-system/{made['FileSystemId']}")
    name = asked.want("file-system-id")
    await native.call("efs", "DescribeFileSystems", FileSystemId=name)
    return asked.arn("elasticfilesystem", f"file-system/{name}")


async def _restore_dsql(native: Native, _: Instances, asked: Restore) -> str:
    made = await native.call("dsql", "CreateCluster")
    return str(made["arn"])


async def _restore_eks(native: Native, _: Instances, asked: Restore) -> str:
    name = asked.want("clusterName", default=asked.name)
    if asked.want("newCluster", default="false").lower() == "true":
        arguments: dict[str, Any] = {"roleArn": asked.contents["role"], "resourcesVpcConfig": {}}
        await native.call("eks", "CreateCluster", name=name, **arguments)
    else:
        await native.call("eks", "DescribeCluster", name=name)
    return asked.arn("eks", f"cluster/{name}")


_RESTORES: dict[str, Callable[[Native, Instances, Restore], Awaitable[str]]] = {
    "ec2:volume": _restore_volume,
    "ec2:instance": _restore_instance,
    "rds:db": _restore_database,
    "rds:cluster": _restore_cluster,
    "dynamodb": _restore_table,
    "s3": _restore_bucket,
    "elasticfilesystem": _restore_file_system,
    "dsql": _restore_dsql,
    "eks": _restore_eks,
}
