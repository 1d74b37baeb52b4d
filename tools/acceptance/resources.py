"""The demonstration's resources, what is restored of them, and how each goes again."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError
from deploy import cloudformation, demo
from deploy.problem import Problem
from deploy.removal import buckets
from deploy.stacks import DEMO, TAG

from .outcome import Outcome, failed, held, missing, not_yet
from .scene import MEMBER, TAG_KEY, Scene


@dataclass(frozen=True)
class Kind:
    """A kind of resource: where its ARN is, what its restore needs, its tags, and its end."""

    name: str
    output: str  # of the demonstration's stack
    form: str  # of the ARN, from that output
    metadata: dict[str, str]  # its restore's: `{new}` is a name, `{id}` and `{zone}` the source's
    tags: Callable[[Scene, str], list[dict]]
    remove: Callable[[Scene, str], None]

    def arn(self, output: str, scene: Scene) -> str:
        return self.form.format(
            output=output, partition=scene.partition, region=scene.region, account=scene.member
        )


@dataclass(frozen=True)
class Resource:
    """One of the demonstration's."""

    kind: Kind
    arn: str
    region: str

    @property
    def name(self) -> str:
        return self.kind.name

    def restored_as(self, new: str) -> dict[str, str]:
        """The metadata of a restore to a new resource of this name."""
        given = {"new": new, "id": last(self.arn), "zone": f"{self.region}a"}
        return {key: value.format(**given) for key, value in self.kind.metadata.items()}


def last(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.split(":", 5)[5].rpartition("/")[2]


def _table_tags(scene: Scene, arn: str) -> list[dict]:
    return scene.client(MEMBER, "dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]


def _remove_table(scene: Scene, arn: str) -> None:
    scene.client(MEMBER, "dynamodb").delete_table(TableName=last(arn))


def _volume_tags(scene: Scene, arn: str) -> list[dict]:
    wanted = [{"Name": "resource-id", "Values": [last(arn)]}]
    return scene.client(MEMBER, "ec2").describe_tags(Filters=wanted)["Tags"]


def _remove_volume(scene: Scene, arn: str) -> None:
    scene.client(MEMBER, "ec2").delete_volume(VolumeId=last(arn))


def _bucket_tags(scene: Scene, arn: str) -> list[dict]:
    try:
        return scene.client(MEMBER, "s3").get_bucket_tagging(Bucket=last(arn))["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return []
        raise


def _remove_bucket(scene: Scene, arn: str) -> None:
    s3 = scene.client(MEMBER, "s3")
    buckets.empty(s3, last(arn), lambda line: None)
    s3.delete_bucket(Bucket=last(arn))


def _file_system_tags(scene: Scene, arn: str) -> list[dict]:
    return scene.client(MEMBER, "efs").list_tags_for_resource(ResourceId=last(arn))["Tags"]


def _remove_file_system(scene: Scene, arn: str) -> None:
    scene.client(MEMBER, "efs").delete_file_system(FileSystemId=last(arn))


# What a restore needs stands in AWS Backup's guide, "Restore testing inferred metadata", for file
# systems in the API reference of StartRestoreJob, too; for buckets it is users' word. Keys are not
# case-sensitive.
KINDS = (
    Kind(
        "table",
        "TableArn",
        "{output}",
        {"targetTableName": "{new}", "encryptionType": "Default"},
        _table_tags,
        _remove_table,
    ),
    Kind(
        "volume",
        "VolumeId",
        "arn:{partition}:ec2:{region}:{account}:volume/{output}",
        {"availabilityZone": "{zone}", "encrypted": "false"},
        _volume_tags,
        _remove_volume,
    ),
    Kind(
        "bucket",
        "BucketName",
        "arn:{partition}:s3:::{output}",
        {
            "DestinationBucketName": "{new}",
            "NewBucket": "true",
            "Encrypted": "true",
            "EncryptionType": "original",
            "CreationToken": "{new}",
        },
        _bucket_tags,
        _remove_bucket,
    ),
    Kind(
        "file system",
        "FileSystemArn",
        "{output}",
        {
            "file-system-id": "{id}",
            "newFileSystem": "true",
            "CreationToken": "{new}",
            "Encrypted": "true",
            "KmsKeyId": "alias/aws/elasticfilesystem",
            "PerformanceMode": "generalPurpose",
        },
        _file_system_tags,
        _remove_file_system,
    ),
)
# The kind of what a restore has made, by the service in its ARN.
BY_SERVICE = dict(zip(("dynamodb", "ec2", "s3", "elasticfilesystem"), KINDS, strict=True))


def kind_of(arn: str) -> Kind:
    """The kind of what an ARN names."""
    return BY_SERVICE[arn.split(":")[2]]


def tags(scene: Scene, arn: str) -> dict[str, str]:
    """The tags that people gave, as the resource's own service has them."""
    found = {tag["Key"]: tag["Value"] for tag in kind_of(arn).tags(scene, arn)}
    return {key: value for key, value in found.items() if not key.startswith("aws:")}


def resources(scene: Scene) -> list[Resource]:
    """The demonstration's, by the outputs of its stack."""
    client = scene.client(MEMBER, "cloudformation")
    return [
        Resource(
            kind,
            kind.arn(cloudformation.output(client, DEMO.name, kind.output), scene),
            scene.region,
        )
        for kind in KINDS
    ]


def look(scene: Scene) -> Outcome:
    """Whether the stack is there, and whose it is."""
    client = scene.client(MEMBER, "cloudformation")
    status = cloudformation.status(client, DEMO.name)
    if status is None or status == "ROLLBACK_COMPLETE":
        return missing(f"it {demo.PRICE}; what is restored costs the same until it is undone")
    if TAG not in stack_tags(client):
        return failed(
            f"the stack {DEMO.name} of {scene.member} is somebody else's: it does not bear "
            f"{TAG['Key']} = {TAG['Value']}"
        )
    if status.endswith("_IN_PROGRESS"):
        return not_yet(f"{DEMO.name} is {status}")
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return failed(f"{DEMO.name} is {status}")
    bucket = cloudformation.output(client, DEMO.name, "BucketName")
    if not scene.client(MEMBER, "s3").list_objects_v2(Bucket=bucket).get("KeyCount"):
        return missing("the bucket is empty")
    own = "" if scene.tag in stack_tags(client) else " (was there before, and stays)"
    return held(*(f"{one.name}: {one.arn}{own}" for one in resources(scene)))


def stack_tags(client) -> list[dict]:
    return client.describe_stacks(StackName=DEMO.name)["Stacks"][0].get("Tags", [])


def make(scene: Scene) -> None:
    """The demonstration's stack, tagged as the run's; one that was there keeps its own tags."""
    client = scene.client(MEMBER, "cloudformation")
    is_there = cloudformation.is_there(client, DEMO.name)
    more = [tag for tag in stack_tags(client) if tag["Key"] == TAG_KEY] if is_there else [scene.tag]
    options = scene.options
    given = {"BackupTag": options.backup_tag, "VolumeKey": options.volume_key}
    chosen = {name: value for name, value in given.items() if value}
    try:
        demo.deploy(
            scene.sessions[MEMBER], scene.targets, chosen, True, lambda line: None, tags=more
        )
    except Problem as problem:
        raise Problem(DEMO.name, str(problem).partition("; ")[0], "see its events") from problem


def is_ours(scene: Scene) -> bool:
    """Whether the demonstration's stack is this run's, and so goes with it."""
    client = scene.client(MEMBER, "cloudformation")
    there = cloudformation.status(client, DEMO.name) is not None
    return there and scene.tag in stack_tags(client)
