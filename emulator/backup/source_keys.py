"""The customer's keys that a backup stays encrypted with.

AWS Backup's guide, "Encryption for backups": types that it manages in full are encrypted with the
vault's key, the others keep the encryption of their source. The base keeps a volume's key nowhere,
so `Instances` notes it on the volume's record.
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from ..tags.stores import Resource
from ..wire.native import Native
from .kinds import cluster_of

Keys = tuple[str, ...]


async def of_resource(native: Native, resource: Resource) -> Keys:
    """The keys of a resource, as it names them; none for what is not encrypted, or by the vault.

    A key of AWS's own is named by its alias, `alias/aws/...`.
    """
    match (resource.service, resource.kind):
        case ("ec2", "volume"):
            return _of_volumes([resource.name])
        case ("ec2", "instance"):
            mappings = ec2._instances[resource.name]["BlockDeviceMappings"]
            return _of_volumes([mapping["Ebs"]["VolumeId"] for mapping in mappings])
        case ("rds", "db"):
            found = await native.call(
                "rds", "DescribeDBInstances", DBInstanceIdentifier=resource.name
            )
            return _of_database(found["DBInstances"][0])
        case ("rds", "cluster"):
            return _of_database((await cluster_of(native, resource.name))[1])
    return ()


def _of_volumes(names: list[str]) -> Keys:
    records = [ec2._volumes[name] for name in names]
    keys = [str(r.get("KmsKeyId") or "alias/aws/ebs") for r in records if r["Encrypted"]]
    return tuple(dict.fromkeys(keys))


def _of_database(described: dict[str, Any]) -> Keys:
    if not described.get("StorageEncrypted"):
        return ()
    return (str(described.get("KmsKeyId") or "alias/aws/rds"),)
