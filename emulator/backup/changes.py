"""What AWS Backup and CloudTrail tell of changes: recovery points, vaults, and opt-ins.

By AWS Backup's guide ("Monitoring AWS Backup events using Amazon EventBridge"): the events of
vaults and of a Region's settings are its samples; of recovery points it lists the states and has
one sample. None of them names who made the change. CloudTrail's record does (EventBridge's
reference, "AWS Backup events delivered via AWS CloudTrail"): it is sent for every call that changes
something, as if the organization's trail logged management events. Calls that were
refused are not sent here, nor what stacks do, whose calls are none of a client's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.router import extract_access_key_id
from ministack.services.cloudformation import provisioners

from ..events import bus
from ..permissions import principals
from ..permissions.principals import ROLE, ROOT, USER
from ..wire import rest_routes
from ..wire.place import Place, here
from .events import BackupEvents
from .recovery_points import RecoveryPoint
from .times import iso, now

_READS = ("Describe", "Export", "Get", "List")
_TYPES = {ROOT: "Root", USER: "IAMUser", ROLE: "AssumedRole"}


class Changes:
    """Sends the events of changes."""

    def __init__(self, events: BackupEvents) -> None:
        self._events = events

    def install(self) -> None:
        """Tell of the vaults that stacks make, lock, unlock and delete."""
        handlers = provisioners._RESOURCE_HANDLERS["AWS::Backup::BackupVault"]
        create, update, delete = (handlers[name] for name in ("create", "update", "delete"))

        def creating(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
            made = create(logical_id, props, stack_name)
            self.vault(here(), made[0], "CREATED")
            if props.get("LockConfiguration"):
                self.vault(here(), made[0], "MODIFIED", locked=True)
            return made

        def updating(
            physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any, **named: Any
        ) -> Any:
            changed = update(physical_id, old, new, *more, **named)
            was, is_ = (bool(props.get("LockConfiguration")) for props in (old, new))
            if was != is_:
                self.vault(here(), changed[0], "MODIFIED", locked=is_)
            return changed

        def deleting(physical_id: str, *more: Any, **named: Any) -> Any:
            gone = delete(physical_id, *more, **named)
            self.vault(here(), physical_id, "DELETED")
            return gone

        handlers.update(create=creating, update=updating, delete=deleting)

    def vault(self, place: Place, name: str, state: str, *, locked: bool | None = None) -> None:
        """A vault was made, changed or deleted."""
        detail = {"backupVaultName": name, "state": state}
        if locked is not None:
            detail["isLocked"] = "true" if locked else "false"
        arn = f"arn:aws:backup:{place.region}:{place.account}:backup-vault:{name}"
        self._events.send(place, "Backup Vault State Change", [arn], detail)

    def point(self, point: RecoveryPoint, status: str) -> None:
        """A recovery point has another status."""
        described = point.describe()
        detail = {
            "backupVaultName": point.vault,
            "backupVaultArn": point.vault_arn,
            "creationDate": iso(point.created),
            "iamRoleArn": point.role,
            "resourceType": point.resource_type,
            "resourceArn": point.resource_arn,
            "status": status,
            "isEncrypted": str(described["IsEncrypted"]).lower(),
            "storageClass": described["StorageClass"],
            "completionDate": iso(point.created),
        }
        self._events.send(point.place, "Recovery Point State Change", [point.arn], detail)

    def opt_ins(self, place: Place, preferences: Mapping[str, bool]) -> None:
        """A Region's opt-ins were changed."""
        detail = {
            "modifiedAt": iso(now()),
            "ResourceTypeOptInPreference": dict(preferences),
            "state": "MODIFIED",
        }
        self._events.send(place, "Region Setting State Change", [], detail)

    def called(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        query: Mapping[str, Any],
        body: bytes,
    ) -> None:
        """A client's call was answered well."""
        texts = {k: v[0] if isinstance(v, list) else v for k, v in (query or {}).items()}
        operation, labels = rest_routes.match("backup", method, path, texts, headers)
        if not operation or operation.startswith(_READS):
            return
        place = here()
        payload = json.loads(body) if body else {}
        if operation == "CreateBackupVault":
            self.vault(place, labels["BackupVaultName"], "CREATED")
        elif operation == "DeleteBackupVault":
            self.vault(place, labels["BackupVaultName"], "DELETED")
        elif operation == "UpdateRegionSettings" and payload.get("ResourceTypeOptInPreference"):
            self.opt_ins(place, payload["ResourceTypeOptInPreference"])
        caller = principals.of_access_key(extract_access_key_id(headers), place.account)
        detail = {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": _TYPES.get(caller.kind, "Unknown"),
                "arn": caller.arn,
                "accountId": caller.account,
            },
            "eventTime": iso(now()),
            "eventSource": "backup.amazonaws.com",
            "eventName": operation,
            "awsRegion": place.region,
            "requestParameters": {_small(name): value for name, value in labels.items()},
            "responseElements": None,
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": place.account,
            "eventCategory": "Management",
        }
        bus.dispatch(
            place, bus.event(place, "aws.backup", "AWS API Call via CloudTrail", [], detail)
        )


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
