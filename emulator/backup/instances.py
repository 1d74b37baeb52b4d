"""EC2 instances with their volumes and network interfaces.

The base launches an instance with one root volume, whatever was asked for, and
no network interface. Here RunInstances, seen from outside, also makes the
volumes and the interface that it was asked for, with their tags, and
DescribeInstances shows what is attached.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any
from urllib.parse import parse_qs

from ministack.services import ec2

from ..wire.native import Handler, Native

Headers = dict[str, str]
Response = tuple[int, Headers, Any]

_VOLUME_ID = re.compile(rb"<volumeId>(vol-[0-9a-f]+)</volumeId>")
_INSTANCE_ID = re.compile(rb"<instanceId>(i-[0-9a-f]+)</instanceId>")
# An image that the base does not know: it cannot launch one that was made from snapshots.
_NO_IMAGE = "ami-00000000"


class Instances:
    """Completes what the base does for RunInstances, AttachVolume and DetachVolume."""

    def __init__(self, native: Native, base: Handler) -> None:
        self._native = native
        self._base = base

    async def handle(
        self, method: str, path: str, headers: Headers, body: bytes, query: Any
    ) -> Response:
        """One call of EC2."""
        response: Response = await self._base(method, path, headers, body, query)
        if response[0] == 200:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            match form.get("Action"):
                case "RunInstances":
                    for name in dict.fromkeys(_INSTANCE_ID.findall(_bytes(response[2]))):
                        await self._complete(name.decode(), form)
                case "CreateVolume":
                    if made := _VOLUME_ID.search(_bytes(response[2])):
                        _encrypt(made[1].decode(), form, "")
                case "AttachVolume":
                    _attached(form["InstanceId"], form["VolumeId"], form["Device"])
                case "DetachVolume":
                    _detached(form["VolumeId"])
        return response

    async def launch(self, image_id: str, mappings: list[dict[str, Any]], **launch: Any) -> str:
        """Launch an instance from an image with these volumes, each from its snapshot; its id.

        A mapping is one of DescribeImages. Raises `NativeError`.
        """
        run = await self._native.call(
            "ec2", "RunInstances", ImageId=_NO_IMAGE, MinCount=1, MaxCount=1, **launch
        )
        instance = run["Instances"][0]
        name = str(instance["InstanceId"])
        # Another object would not do: the base holds this one.
        record = ec2._instances[name]
        record["ImageId"] = image_id
        await self._drop_root_volume(record)
        for mapping in mappings:
            volume = await self._native.call(
                "ec2",
                "CreateVolume",
                AvailabilityZone=instance["Placement"]["AvailabilityZone"],
                SnapshotId=mapping["Ebs"]["SnapshotId"],
                Size=mapping["Ebs"]["VolumeSize"],
                VolumeType=mapping["Ebs"].get("VolumeType", "gp3"),
            )
            await self._attach(name, volume["VolumeId"], mapping["DeviceName"])
        if mappings:
            record["RootDeviceName"] = mappings[0]["DeviceName"]
        await self._add_interface(name, record, [])
        return name

    async def _complete(self, name: str, form: dict[str, str]) -> None:
        """The volumes and the interface of an instance that a customer launched."""
        record = ec2._instances[name]
        tags = _specified_tags(form)
        root = record["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        volumes = [root]
        number = 1
        while device := form.get(f"BlockDeviceMapping.{number}.DeviceName"):
            asked = f"BlockDeviceMapping.{number}.Ebs."
            if device == record["RootDeviceName"]:
                ec2._volumes[root]["Size"] = int(form.get(f"{asked}VolumeSize", "8"))
                _encrypt(root, form, asked)
            else:
                made = await self._native.call(
                    "ec2",
                    "CreateVolume",
                    AvailabilityZone=record["Placement"]["AvailabilityZone"],
                    Size=int(form.get(f"{asked}VolumeSize", "8")),
                    VolumeType=form.get(f"{asked}VolumeType", "gp3"),
                )
                _encrypt(made["VolumeId"], form, asked)
                await self._attach(name, made["VolumeId"], device)
                volumes.append(made["VolumeId"])
            number += 1
        await self._tag(volumes, tags.get("volume", []))
        await self._add_interface(name, record, tags.get("network-interface", []))

    async def _drop_root_volume(self, record: dict[str, Any]) -> None:
        for mapping in record["BlockDeviceMappings"]:
            volume = mapping["Ebs"]["VolumeId"]
            await self._native.call("ec2", "DetachVolume", VolumeId=volume)
            await self._native.call("ec2", "DeleteVolume", VolumeId=volume)
        record["BlockDeviceMappings"] = []

    async def _attach(self, instance: str, volume: str, device: str) -> None:
        arguments = {"InstanceId": instance, "VolumeId": volume, "Device": device}
        await self._native.call("ec2", "AttachVolume", **arguments)
        _attached(instance, volume, device)

    async def _add_interface(
        self, instance: str, record: dict[str, Any], tags: list[dict[str, str]]
    ) -> None:
        made = await self._native.call(
            "ec2",
            "CreateNetworkInterface",
            SubnetId=record["SubnetId"],
            Groups=[group["GroupId"] for group in record["SecurityGroups"]],
        )
        interface = made["NetworkInterface"]["NetworkInterfaceId"]
        await self._native.call(
            "ec2",
            "AttachNetworkInterface",
            InstanceId=instance,
            NetworkInterfaceId=interface,
            DeviceIndex=0,
        )
        await self._tag([interface], tags)

    async def _tag(self, ids: list[str], tags: list[dict[str, str]]) -> None:
        if tags:
            await self._native.call("ec2", "CreateTags", Resources=ids, Tags=tags)


def instance_xml(original: Any, record: dict[str, Any]) -> str:
    """The base's description of an instance with its network interfaces."""
    interfaces = "".join(
        f"<item><networkInterfaceId>{name}</networkInterfaceId>"
        f"<subnetId>{escape(str(interface['SubnetId']))}</subnetId>"
        f"<vpcId>{escape(str(interface['VpcId']))}</vpcId>"
        f"<privateIpAddress>{interface['PrivateIpAddress']}</privateIpAddress>"
        f"<status>{interface['Status']}</status></item>"
        for name, interface in ec2._network_interfaces.items()
        if (interface.get("Attachment") or {}).get("InstanceId") == record["InstanceId"]
    )
    head, end, tail = str(original(record)).rpartition("</item>")
    return f"{head}<networkInterfaceSet>{interfaces}</networkInterfaceSet>{end}{tail}"


def _bytes(content: Any) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode()


def _encrypt(volume: str, form: dict[str, str], prefix: str) -> None:
    """Note a new volume's encryption and key, which the base drops."""
    record = ec2._volumes[volume]
    record["Encrypted"] = form.get(f"{prefix}Encrypted", "false").lower() == "true"
    record["KmsKeyId"] = form.get(f"{prefix}KmsKeyId", "")


def _attached(instance: str, volume: str, device: str) -> None:
    attachment = ec2._volumes[volume]["Attachments"][0]
    ec2._instances[instance]["BlockDeviceMappings"].append(
        {
            "DeviceName": device,
            "Ebs": {
                "VolumeId": volume,
                "Status": "attached",
                "AttachTime": attachment["AttachTime"],
                "DeleteOnTermination": False,
            },
        }
    )


def _detached(volume: str) -> None:
    for record in ec2._instances.values():
        record["BlockDeviceMappings"] = [
            mapping
            for mapping in record["BlockDeviceMappings"]
            if mapping["Ebs"]["VolumeId"] != volume
        ]


def _specified_tags(form: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """The tags of TagSpecifications by the type of resource."""
    tags: dict[str, list[dict[str, str]]] = {}
    number = 1
    while kind := form.get(f"TagSpecification.{number}.ResourceType"):
        prefix = f"TagSpecification.{number}.Tag."
        index = 1
        while key := form.get(f"{prefix}{index}.Key"):
            value = form.get(f"{prefix}{index}.Value", "")
            tags.setdefault(kind, []).append({"Key": key, "Value": value})
            index += 1
        number += 1
    return tags
