"""AWS Backup's settings of the organization and of a Region; the base has the reads only."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import get_account_id, get_region

from ..organizations.organization import Organization
from ..permissions.gate import GATE

Response = tuple[int, dict[str, str], Any]

GLOBAL = "/global-settings"
REGION = "/account-settings"

# What a new account is opted in to, and what it is not: the guide names no list, so a few of each.
OPT_INS = {
    "Aurora": True,
    "CloudFormation": False,
    "DocumentDB": False,
    "DynamoDB": True,
    "EBS": True,
    "EC2": True,
    "EFS": True,
    "FSx": True,
    "Neptune": False,
    "RDS": True,
    "Redshift": False,
    "S3": False,
    "SAP HANA on Amazon EC2": False,
    "Storage Gateway": True,
    "Timestream": False,
    "VirtualMachine": True,
}
# What AWS Backup can manage in full or leave to the service; new accounts have both in full.
MANAGED = {"DynamoDB": True, "EFS": True}
_GLOBAL_NAMES = frozenset(
    {
        "isCrossAccountBackupEnabled",
        "isMpaEnabled",
        "isDelegatedAdministratorEnabled",
    }
)


class BackupSettings:
    """One set of global settings an organization, one of opt-ins an account and Region."""

    def __init__(self) -> None:
        self._global: dict[str, dict[str, str]] = {}
        self._opt_ins: dict[tuple[str, str], dict[str, bool]] = {}
        self._managed: dict[tuple[str, str], dict[str, bool]] = {}

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._global.clear()
        self._opt_ins.clear()
        self._managed.clear()

    def manages_in_full(self, account: str, region: str, resource_type: str) -> bool:
        """Whether recovery points of this type are AWS Backup's own."""
        return self._managed.get((account, region), MANAGED).get(resource_type, True)

    def copies_across_accounts(self, account: str) -> bool:
        """Whether the account's organization has cross-account backup switched on."""
        organization = GATE.organization_of(account)
        if organization is None:
            return False
        settings = self._global.get(organization.landscape.organization_id, {})
        return settings.get("isCrossAccountBackupEnabled") == "true"

    def answer(
        self, organization: Organization, method: str, path: str, body: bytes
    ) -> Response | None:
        """The answer to a request about settings; None for any other."""
        if path.rstrip("/") == GLOBAL and method in ("GET", "PUT"):
            return self._about_organization(organization, method, body)
        if path.rstrip("/") == REGION and method in ("GET", "PUT"):
            return self._about_region(method, body)
        return None

    def _about_organization(self, organization: Organization, method: str, body: bytes) -> Response:
        settings = self._global.setdefault(
            organization.landscape.organization_id, {"isCrossAccountBackupEnabled": "false"}
        )
        if method == "GET":
            return _json(200, {"GlobalSettings": settings})
        if get_account_id() != organization.landscape.management:
            return _error(
                "InvalidRequestException",
                "Only the management account of an organization can change global settings.",
            )
        wanted = json.loads(body or b"{}").get("GlobalSettings") or {}
        if not set(wanted) <= _GLOBAL_NAMES or not set(wanted.values()) <= {"true", "false"}:
            return _error("InvalidParameterValueException", "Invalid global settings.")
        settings.update(wanted)
        return _json(200, {})

    def _about_region(self, method: str, body: bytes) -> Response:
        place = (get_account_id(), get_region())
        settings = {
            "ResourceTypeOptInPreference": self._opt_ins.setdefault(place, dict(OPT_INS)),
            "ResourceTypeManagementPreference": self._managed.setdefault(place, dict(MANAGED)),
        }
        if method == "GET":
            return _json(200, settings)
        payload = json.loads(body or b"{}")
        wanted = {name: payload.get(name) or {} for name in settings}
        unknown = sorted(
            resource_type
            for name, known in settings.items()
            for resource_type in set(wanted[name]) - set(known)
        )
        if unknown:
            return _error(
                "InvalidParameterValueException", f"Unknown resource types: {', '.join(unknown)}."
            )
        for name, preferences in settings.items():
            preferences.update(wanted[name])
        return _json(200, {})


def _error(code: str, message: str) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return 400, headers, json.dumps({"Code": code, "Message": message}).encode()


def _json(status: int, body: Any) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()
