"""Restoring each kind of resource, through its own service."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ...tags.stores import as_list
from ...wire.native import Native, NativeError
from ...wire.place import Place
from ..instances import Instances
from ..kinds import SOURCE_TAG

# What AWS Backup puts on everything that a restore test made.
RESTORE_TEST_TAG = "awsbackup-restore-test"

Metadata = dict[str, str]


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


async def restore(native: Native, instances: Instances, asked: Restore) -> str:
    """Make the restored resource, or write into the existing one; its ARN."""
    service = asked.source_arn.split(":")[2]
    kind = asked.source_arn.split(":", 5)[5].partition("/")[0].partition(":")[0]
    restoring = _RESTORES[f"{service}:{kind}" if service in ("ec2", "rds") else service]
    return await restoring(native, instances, asked)


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
