"""What the base lacks of resources to back up: AWS::EC2::Volume, and the tags of AWS::S3::Bucket.

Both get their stack's tags, as on AWS: EBS volumes are in CloudFormation's guide, "Resource tags",
buckets are tagged by their registry schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from ..wire.native import BASE
from ..wire.place import here

Properties = Mapping[str, Any]
Made = tuple[str, dict[str, Any]]

VOLUME, BUCKET = "AWS::EC2::Volume", "AWS::S3::Bucket"
# What CreateVolume takes under the same name; of what ModifyVolume takes, the tests need nothing.
_CREATED_WITH = ("AvailabilityZone", "SnapshotId", "VolumeType")


def install() -> None:
    """Put them into the base's tables."""
    types = provisioners._RESOURCE_HANDLERS
    types[VOLUME] = {"create": _create, "update": _update, "delete": _delete}
    for name in ("create", "update"):
        types[BUCKET][name] = _tagging(types[BUCKET][name])
    provisioners._STACK_TAG_PROPERTY.update({VOLUME: ("Tags", "list"), BUCKET: ("Tags", "list")})


def _create(logical_id: str, props: Properties, stack_name: str) -> Made:
    wanted: dict[str, Any] = {name: props[name] for name in _CREATED_WITH if props.get(name)}
    if props.get("Size"):
        wanted["Size"] = int(props["Size"])
    if props.get("Tags"):
        wanted["TagSpecifications"] = [{"ResourceType": "volume", "Tags": list(props["Tags"])}]
    volume = str(BASE.ask(here(), "ec2", "CreateVolume", **wanted)["VolumeId"])
    # The base drops both.
    ec2._volumes[volume]["Encrypted"] = str(props.get("Encrypted", "")).lower() == "true"
    ec2._volumes[volume]["KmsKeyId"] = props.get("KmsKeyId", "")
    return volume, {"VolumeId": volume}


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if _without_tags(old) != _without_tags(new):
        raise ValueError("the emulator changes nothing of a volume but its tags")
    gone = [{"Key": key} for key in sorted(_keys(old) - _keys(new))]
    if gone:
        BASE.ask(here(), "ec2", "DeleteTags", Resources=[physical_id], Tags=gone)
    if new.get("Tags"):
        BASE.ask(here(), "ec2", "CreateTags", Resources=[physical_id], Tags=list(new["Tags"]))
    return physical_id, {"VolumeId": physical_id}


def _delete(physical_id: str, props: Properties) -> None:
    if BASE.find(here(), "ec2", "DescribeVolumes", VolumeIds=[physical_id]):
        BASE.ask(here(), "ec2", "DeleteVolume", VolumeId=physical_id)


def _tagging(write: Any) -> Any:
    """A bucket's creation or update, with the tags that the base ignores."""

    def write_and_tag(*arguments: Any) -> Made:
        made: Made = write(*arguments)
        # An update has the old properties before the new ones.
        props = [found for found in arguments if isinstance(found, Mapping)][-1]
        if props.get("Tags"):
            tags = {"TagSet": list(props["Tags"])}
            BASE.ask(here(), "s3", "PutBucketTagging", Bucket=made[0], Tagging=tags)
        else:
            BASE.ask(here(), "s3", "DeleteBucketTagging", Bucket=made[0])
        return made

    return write_and_tag


def _keys(props: Properties) -> set[str]:
    return {str(tag["Key"]) for tag in props.get("Tags") or []}


def _without_tags(props: Properties) -> dict[str, Any]:
    return {name: value for name, value in props.items() if name != "Tags"}
