"""A member account with one resource of each kind, for the tests of backups and restores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..world import MEMBER, REGION, World, eventually

VAULT = "AWSBackupSolutionVault"
ROLE = f"arn:aws:iam::{MEMBER}:role/AWSBackupSolutionRole"
PLACE = {"account": MEMBER, "region": REGION}
TAGS = {"app": "shop", "Name": "orders"}

Json = Any


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{MEMBER}:{resource}"


@dataclass
class Account:
    """What the tests do in the member account."""

    world: World

    def __post_init__(self) -> None:
        """The role that AWS Backup works with; clusters of EKS have it, too."""
        trusted = {"Service": ["backup.amazonaws.com", "eks.amazonaws.com"]}
        self.world.role(ROLE.rpartition("/")[2], account=MEMBER, trust=trusted)

    def __getattr__(self, service: str) -> Any:
        return self.world.client(service, MEMBER)

    def source(self, kind: str, tags: dict[str, str]) -> str:
        """Make a resource with these tags; its ARN."""
        make: Any = getattr(self, f"_make_{kind}")
        return str(make(tags))

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a resource as its own service says."""
        return dict(self.world.control("POST", "tags", {**PLACE, "arn": arn}))

    def back_up(self, resource: str, plan_tags: dict[str, str] | None = None) -> str:
        """Back a resource up; the recovery point's ARN."""
        arguments = {"RecoveryPointTags": plan_tags} if plan_tags else {}
        started = self.backup.start_backup_job(
            BackupVaultName=VAULT, ResourceArn=resource, IamRoleArn=ROLE, **arguments
        )
        return str(started["RecoveryPointArn"])

    def restore(self, point: str, metadata: dict[str, str] | None = None, **more: Json) -> Json:
        """Restore a recovery point and wait for the end; the job."""
        started = self.backup.start_restore_job(
            RecoveryPointArn=point, Metadata=metadata or {}, IamRoleArn=ROLE, **more
        )
        return self.finished(started["RestoreJobId"])

    def finished(self, job: str) -> Json:
        def ended() -> Json:
            described = self.backup.describe_restore_job(RestoreJobId=job)
            return described if described["Status"] in ("COMPLETED", "FAILED") else None

        return eventually(ended)

    def _make_EC2(self, tags: dict[str, str]) -> str:  # noqa: N802
        run = self.ec2.run_instances(
            ImageId="ami-12345678",
            MinCount=1,
            MaxCount=1,
            BlockDeviceMappings=[
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 9}},
                {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5}},
            ],
            TagSpecifications=[{"ResourceType": "instance", "Tags": as_list(tags)}],
        )
        return arn("ec2", f"instance/{run['Instances'][0]['InstanceId']}")

    def _make_EBS(self, tags: dict[str, str]) -> str:  # noqa: N802
        specification = {"ResourceType": "volume", "Tags": as_list(tags)}
        made = self.ec2.create_volume(
            AvailabilityZone=f"{REGION}a", Size=3, TagSpecifications=[specification]
        )
        return arn("ec2", f"volume/{made['VolumeId']}")

    def _make_RDS(self, tags: dict[str, str]) -> str:  # noqa: N802
        made = self.rds.create_db_instance(
            DBInstanceIdentifier="database",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="admin1",
            MasterUserPassword="password",
            Tags=as_list(tags),
        )
        return str(made["DBInstance"]["DBInstanceArn"])

    def _make_Aurora(self, tags: dict[str, str]) -> str:  # noqa: N802
        return self._make_cluster("rds", "aurora-postgresql", tags)

    def _make_Neptune(self, tags: dict[str, str]) -> str:  # noqa: N802
        return self._make_cluster("neptune", "neptune", tags)

    def _make_DocumentDB(self, tags: dict[str, str]) -> str:  # noqa: N802
        return self._make_cluster("docdb", "docdb", tags)

    def _make_cluster(self, service: str, engine: str, tags: dict[str, str]) -> str:
        user = {"MasterUsername": "admin1", "MasterUserPassword": "password"}
        made = getattr(self, service).create_db_cluster(
            DBClusterIdentifier=f"cluster-{engine}",
            Engine=engine,
            Tags=as_list(tags),
            **({} if engine == "neptune" else user),
        )
        return str(made["DBCluster"]["DBClusterArn"])

    def _make_DynamoDB(self, tags: dict[str, str]) -> str:  # noqa: N802
        made = self.dynamodb.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=as_list(tags),
        )
        return str(made["TableDescription"]["TableArn"])

    def _make_S3(self, tags: dict[str, str]) -> str:  # noqa: N802
        where = {"LocationConstraint": REGION}
        self.s3.create_bucket(Bucket="documents", CreateBucketConfiguration=where)
        self.s3.put_bucket_tagging(Bucket="documents", Tagging={"TagSet": as_list(tags)})
        self.s3.put_object(Bucket="documents", Key="a/b", Body=b"\xff hello")
        return "arn:aws:s3:::documents"

    def _make_EFS(self, tags: dict[str, str]) -> str:  # noqa: N802
        return str(self.efs.create_file_system(Tags=as_list(tags))["FileSystemArn"])

    def _make_EKS(self, tags: dict[str, str]) -> str:  # noqa: N802
        role = self.world.role("eks", account=MEMBER)
        made = self.eks.create_cluster(
            name="cluster", roleArn=role, resourcesVpcConfig={}, tags=tags
        )
        return str(made["cluster"]["arn"])

    def _make_DSQL(self, tags: dict[str, str]) -> str:  # noqa: N802
        return str(self.dsql.create_cluster(tags=tags)["arn"])
