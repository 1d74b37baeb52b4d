"""AWS Backup's recovery points: what a backup left, and where its tags are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ministack.services import backup

from ..permissions.services import encryption
from ..tags import rules as tag_rules
from ..tags.stores import Tags, parse, store_of
from ..wire.native import Native, NativeError
from ..wire.place import Place, here
from . import kinds as backup_kinds
from . import source_keys
from .kinds import Made
from .settings import BackupSettings
from .times import now


@dataclass
class RecoveryPoint:
    """A backup. ``tags`` is None where another service keeps them: snapshots, images.

    ``contents`` is what a restore needs and the ARN does not name; ``keys`` are those that
    encrypt it where the vault's key does not (see `source_keys`).
    """

    arn: str
    place: Place
    vault: str
    resource_arn: str
    resource_type: str
    role: str
    contents: dict[str, Any]
    tags: Tags | None
    source_tags: Tags
    keys: source_keys.Keys = ()
    created: float = field(default_factory=now)

    @property
    def is_managed_in_full(self) -> bool:
        """Whether it is AWS Backup's own, and not a snapshot or an image of another service."""
        return self.arn.startswith("arn:aws:backup:")

    @property
    def vault_arn(self) -> str:
        """The ARN of the vault that it is in."""
        return f"arn:aws:backup:{self.place.region}:{self.place.account}:backup-vault:{self.vault}"

    def describe(self) -> dict[str, Any]:
        """The recovery point as DescribeRecoveryPoint and lists show it."""
        return {
            "RecoveryPointArn": self.arn,
            "BackupVaultName": self.vault,
            "BackupVaultArn": self.vault_arn,
            "ResourceArn": self.resource_arn,
            "ResourceType": self.resource_type,
            "IamRoleArn": self.role,
            "Status": "COMPLETED",
            "CreationDate": self.created,
            "CompletionDate": self.created,
            "BackupSizeInBytes": 0,
            "IsParent": False,
            "StorageClass": "WARM",
            "VaultType": "BACKUP_VAULT",
            **self._encryption(),
        }

    def _encryption(self) -> dict[str, Any]:
        """Whether it is encrypted, and by which key; keys of AWS's own have no ARN here."""
        if self.is_managed_in_full:
            record = backup._vaults.get_scoped(*self.place, self.vault) or {}
            keys: source_keys.Keys = (str(record.get("EncryptionKeyArn") or ""),)
        else:
            keys = self.keys
        arns = [arn for key in keys if (arn := encryption.arn_of(key, self.place))]
        return {"IsEncrypted": bool(keys), **({"EncryptionKeyArn": arns[0]} if arns else {})}


class RecoveryPoints:
    """The recovery points of all accounts and Regions, by ARN."""

    def __init__(self, native: Native, settings: BackupSettings) -> None:
        self._native = native
        self._settings = settings
        # ARNs of snapshots name no account, so an account is part of the key.
        self._points: dict[tuple[Place, str], RecoveryPoint] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._points.clear()

    def all(self) -> list[RecoveryPoint]:
        """Every recovery point, oldest first."""
        return list(self._points.values())

    def find(self, place: Place, arn: str) -> RecoveryPoint | None:
        """The recovery point of this ARN in this account and Region."""
        return self._points.get((place, arn))

    def vault_of(self, arn: str) -> str | None:
        """The ARN of the vault of this recovery point of the account and Region that are here."""
        point = self.find(here(), arn)
        return point.vault_arn if point is not None else None

    async def back_up(
        self, place: Place, vault: str, resource_arn: str, job_id: str, role: str, plan_tags: Tags
    ) -> RecoveryPoint:
        """Back a resource up now; call it in the scope of ``place``. Raises `NativeError`.

        The recovery point gets the source's tags as they are now and the plan's, which win.
        """
        if vault not in backup._vaults:
            raise NativeError("ResourceNotFoundException", f"Backup vault not found: {vault}")
        resource = parse(resource_arn)
        store = store_of(resource) if resource else None
        if resource is None or store is None:
            raise NativeError("InvalidParameterValueException", f"Unsupported: {resource_arn}")
        await store.missing(self._native, resource)
        source_tags = users_tags(await store.read(self._native, resource))
        tags = limited(source_tags | plan_tags)
        full = self._settings.manages_in_full(*place, "DynamoDB")
        made: Made = await backup_kinds.back_up(self._native, place, resource, job_id, tags, full)
        point = RecoveryPoint(
            arn=made.arn,
            place=place,
            vault=vault,
            resource_arn=resource_arn,
            resource_type=made.resource_type,
            role=role,
            contents=made.contents,
            tags=dict(tags) if made.arn.startswith("arn:aws:backup:") else None,
            source_tags=source_tags,
            keys=await source_keys.of_resource(self._native, resource),
        )
        self.add(point)
        return point

    def add(self, point: RecoveryPoint) -> None:
        """Put a new recovery point into its vault, which is there."""
        self._points[point.place, point.arn] = point
        record = backup._vaults.get_scoped(*point.place, point.vault)
        record["NumberOfRecoveryPoints"] = record.get("NumberOfRecoveryPoints", 0) + 1

    def remove(self, point: RecoveryPoint) -> None:
        """Take a recovery point out of its vault. What another service keeps of it stays there."""
        del self._points[point.place, point.arn]
        backup._vaults.get_scoped(*point.place, point.vault)["NumberOfRecoveryPoints"] -= 1


def users_tags(tags: Tags) -> Tags:
    """The tags that are not AWS's own: no backup takes those along."""
    return {key: value for key, value in tags.items() if not tag_rules.is_system(key)}


def limited(tags: Tags) -> Tags:
    """At most 50 of them, in alphabetical order, as AWS Backup documents it."""
    return dict(sorted(tags.items())[: tag_rules.MOST_TAGS])
