"""AWS Backup's settings of the organization and of a Region; the base has the reads only."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import get_account_id, get_region

from .organization import Organization

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

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._global.clear()
        self._opt_ins.clear()

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
        opt_ins = self._opt_ins.setdefault((get_account_id(), get_region()), dict(OPT_INS))
        if method == "GET":
            return _json(
                200,
                {"ResourceTypeOptInPreference": opt_ins, "ResourceTypeManagementPreference": {}},
            )
        wanted = json.loads(body or b"{}").get("ResourceTypeOptInPreference") or {}
        unknown = sorted(set(wanted) - set(opt_ins))
        if unknown:
            return _error(
                "InvalidParameterValueException", f"Unknown resource types: {', '.join(unknown)}."
            )
        opt_ins.update(wanted)
        return _json(200, {})


def _error(code: str, message: str) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return 400, headers, json.dumps({"Code": code, "Message": message}).encode()


def _json(status: int, body: Any) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()
