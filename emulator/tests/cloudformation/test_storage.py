"""The demonstration's stack: a table, a volume, a bucket and a file system, with their tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import MEMBER, REGION, World

TEMPLATE = Path(__file__).parents[3] / "cloudformation/demo/aws-backup-demo-resources.yaml"
STACK_TAGS = {"Application": "demonstration", "run": "1"}


def deploy(world: World, operation: str, **parameters: str) -> dict[str, str]:
    """Create or update the stack and wait; its outputs."""
    client = world.client("cloudformation", MEMBER)
    getattr(client, f"{operation}_stack")(
        StackName="demo",
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Tags=[{"Key": key, "Value": value} for key, value in STACK_TAGS.items()],
    )
    stack = world.wait_for_stack("demo", MEMBER)
    assert stack["StackStatus"] == f"{operation.upper()}_COMPLETE", stack
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}


def tags(world: World, outputs: dict[str, str]) -> dict[str, dict[str, str]]:
    """The tags of each, as its own service has them."""
    dynamodb = world.client("dynamodb", MEMBER)
    volumes = world.client("ec2", MEMBER).describe_volumes(VolumeIds=[outputs["VolumeId"]])
    systems = world.client("efs", MEMBER).describe_file_systems(
        FileSystemId=outputs["FileSystemArn"].rpartition("/")[2]
    )
    bucket = world.client("s3", MEMBER).get_bucket_tagging(Bucket=outputs["BucketName"])
    found: dict[str, list[dict[str, Any]]] = {
        "table": dynamodb.list_tags_of_resource(ResourceArn=outputs["TableArn"])["Tags"],
        "volume": volumes["Volumes"][0]["Tags"],
        "bucket": bucket["TagSet"],
        "file system": systems["FileSystems"][0]["Tags"],
    }
    return {
        name: {tag["Key"]: tag["Value"] for tag in listed if not tag["Key"].startswith("aws:")}
        for name, listed in found.items()
    }


def test_made_retagged_in_place_and_gone_again(world: World) -> None:
    made = deploy(world, "create")
    assert set(map(str, tags(world, made).values())) == {str({"backup": "daily", **STACK_TAGS})}
    changed = deploy(world, "update", BackupTag="monthly")
    assert changed == made
    assert [found["backup"] for found in tags(world, made).values()] == ["monthly"] * 4

    client = world.client("cloudformation", MEMBER)
    stack = client.describe_stacks(StackName="demo")["Stacks"][0]["StackId"]
    client.delete_stack(StackName="demo")
    assert world.wait_for_stack(stack, MEMBER)["StackStatus"] == "DELETE_COMPLETE"
    for service, operation, asked in (
        ("ec2", "describe_volumes", {"VolumeIds": [made["VolumeId"]]}),
        ("s3", "get_bucket_versioning", {"Bucket": made["BucketName"]}),
    ):
        with pytest.raises(ClientError, match=r"NotFound|NoSuchBucket"):
            getattr(world.client(service, MEMBER), operation)(**asked)


def test_a_volume_that_its_key_encrypts_is_of_the_size_and_zone_that_the_template_says(
    world: World,
) -> None:
    key = world.client("kms", MEMBER).create_key()["KeyMetadata"]["Arn"]
    made = deploy(world, "create", VolumeKey=key)
    (volume,) = world.client("ec2", MEMBER).describe_volumes(VolumeIds=[made["VolumeId"]])[
        "Volumes"
    ]
    assert (volume["Size"], volume["VolumeType"]) == (1, "gp3")
    assert (volume["AvailabilityZone"], volume["Encrypted"]) == (f"{REGION}a", True)
