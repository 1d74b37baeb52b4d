"""Service-linked roles: IAM's refusal of a second one, and what AWS Backup's own may do.

AWS's documentation has the request (API reference, CreateServiceLinkedRole) and, in its example
code, the refusal: `InvalidInput`, "Service role name ... has been taken in this account". The role
of AWS Backup has the managed policy that AWS publishes for it (`published/`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import iam

from ..wire.credentials import find_role

BACKUP = "backup.amazonaws.com"
_POLICIES = {
    BACKUP: ["arn:aws:iam::aws:policy/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup"]
}

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Put the rules in front of the base's operation."""
    handlers = iam._IAM_HANDLERS
    handlers["CreateServiceLinkedRole"] = creating(handlers["CreateServiceLinkedRole"])


def of_backup(account: str) -> str | None:
    """The ARN of an account's `AWSServiceRoleForBackup`; None while it has none."""
    arn = f"arn:aws:iam::{account}:role/aws-service-role/{BACKUP}/AWSServiceRoleForBackup"
    return arn if find_role(arn) is not None else None


def creating(base: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    """CreateServiceLinkedRole as AWS answers it."""

    def create(parameters: dict[str, Any]) -> Answer:
        service = str(iam._p(parameters, "AWSServiceName"))
        for name in _roles_of(service):
            message = (
                f"Service role name {name} has been taken in this account, "
                "please try a different suffix."
            )
            refused: Answer = iam._error(400, "InvalidInput", message)
            return refused
        answer = base(parameters)
        for name in _roles_of(service):
            iam._roles[name]["AttachedPolicies"] = list(_POLICIES.get(service, ()))
        return answer

    return create


def _roles_of(service: str) -> list[str]:
    path = f"/aws-service-role/{service}/"
    return [name for name, role in iam._roles.items() if role.get("Path") == path]
