"""Resources of every kind that the emulator restores, made as a customer makes them."""

import json
from dataclasses import dataclass, field

from .names import MEMBER, REGION

ROLE = f"arn:aws:iam::{MEMBER}:role/AWSBackupSolutionRole"


def as_list(tags):
    """Tags as most services write them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def arn(service, resource):
    """The ARN of a resource in the member account."""
    return f"arn:aws:{service}:{REGION}:{MEMBER}:{resource}"


@dataclass(frozen=True)
class Kind:
    """How to make a source with tags, and the metadata with which a new resource is restored.

    ``{}`` in the metadata stands for a name that nothing else has.
    """

    name: str
    make: object
    metadata: dict = field(default_factory=dict)

    def restored_as(self, name):
        """The metadata of a restore to a new resource of this name."""
        return {key: value.format(name) for key, value in self.metadata.items()}


def instance(client, name, tags):
    """An EC2 instance with two volumes and a network interface."""
    run = client("ec2").run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20}},
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": as_list(tags)}],
    )
    return arn("ec2", f"instance/{run['Instances'][0]['InstanceId']}")


def volume(client, name, tags):
    """An EBS volume."""
    specification = {"ResourceType": "volume", "Tags": as_list(tags)}
    made = client("ec2").create_volume(
        AvailabilityZone=f"{REGION}a", Size=8, TagSpecifications=[specification]
    )
    return arn("ec2", f"volume/{made['VolumeId']}")


def database(client, name, tags):
    """An RDS instance."""
    made = client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword="rehearsal",
        Tags=as_list(tags),
    )
    return made["DBInstance"]["DBInstanceArn"]


def _cluster(service, engine):
    def make(client, name, tags):
        user = {"MasterUsername": "owner", "MasterUserPassword": "rehearsal"}
        made = client(service).create_db_cluster(
            DBClusterIdentifier=name,
            Engine=engine,
            Tags=as_list(tags),
            **({} if engine == "neptune" else user),
        )
        return made["DBCluster"]["DBClusterArn"]

    return make


def table(client, name, tags):
    """A DynamoDB table."""
    made = client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=as_list(tags),
    )
    return made["TableDescription"]["TableArn"]


def bucket(client, name, tags):
    """An S3 bucket with an object."""
    where = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
    client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": as_list(tags)})
    client("s3").put_object(Bucket=name, Key="a/b", Body=b"hello")
    return f"arn:aws:s3:::{name}"


def file_system(client, name, tags):
    """An EFS file system."""
    made = client("efs").create_file_system(CreationToken=name, Tags=as_list(tags))
    return made["FileSystemArn"]


def kubernetes(client, name, tags):
    """An EKS cluster."""
    trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = client("iam").create_role(
        RoleName=f"{name}-cluster", AssumeRolePolicyDocument=json.dumps(document)
    )["Role"]["Arn"]
    made = client("eks").create_cluster(name=name, roleArn=role, resourcesVpcConfig={}, tags=tags)
    return made["cluster"]["arn"]


def dsql(client, name, tags):
    """An Aurora DSQL cluster."""
    return client("dsql").create_cluster(tags=tags)["arn"]


KINDS = (
    Kind("EC2 instance", instance),
    Kind("EBS volume", volume),
    Kind("RDS instance", database, {"DBInstanceIdentifier": "{}"}),
    Kind("Aurora cluster", _cluster("rds", "aurora-postgresql"), {"DBClusterIdentifier": "{}"}),
    Kind("DocumentDB cluster", _cluster("docdb", "docdb"), {"DBClusterIdentifier": "{}"}),
    Kind("Neptune cluster", _cluster("neptune", "neptune"), {"DBClusterIdentifier": "{}"}),
    Kind("Aurora DSQL cluster", dsql),
    Kind("DynamoDB table", table, {"targetTableName": "{}"}),
    Kind("EFS file system", file_system, {"newFileSystem": "true", "CreationToken": "{}"}),
    Kind("EKS cluster", kubernetes, {"newCluster": "true", "clusterName": "{}"}),
    Kind("S3 bucket", bucket, {"newBucket": "true", "DestinationBucketName": "{}"}),
)
BY_NAME = {kind.name: kind for kind in KINDS}
