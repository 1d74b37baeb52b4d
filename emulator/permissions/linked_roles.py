"""Service-linked roles: IAM's refusal of a second one, and what AWS Backup's own may do.

AWS's documentation has the request (API reference, CreateServiceLinkedRole) and, in its example
code, the refusal: `InvalidInput`, "Service role name ... has been taken in this account". The role
of AWS Backup has the managed policy that AWS publishes for it (`published/`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from ..wire import query as query_wire
from ..wire.credentials import find_role
from ..wire.errors import ApiError
from ..wire.native import BASE, Handler, model
from ..wire.place import here

BACKUP = "backup.amazonaws.com"
_POLICIES = {
    BACKUP: ["arn:aws:iam::aws:policy/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup"]
}


def of_backup(account: str) -> str | None:
    """The ARN of an account's `AWSServiceRoleForBackup`; None while it has none."""
    arn = f"arn:aws:iam::{account}:role/aws-service-role/{BACKUP}/AWSServiceRoleForBackup"
    return arn if find_role(arn) is not None else None


def creating(base: Handler) -> Handler:
    """IAM, with CreateServiceLinkedRole as AWS answers it."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> tuple[int, dict[str, str], Any]:
        form = parse_qs(body.decode("utf-8", "replace"))
        service = form.get("AWSServiceName", [""])[0]
        if form.get("Action") != ["CreateServiceLinkedRole"]:
            return await base(method, path, headers, body, query)
        for name in _roles_of(service):
            error = ApiError(
                "InvalidInput",
                f"Service role name {name} has been taken in this account, "
                "please try a different suffix.",
            )
            return query_wire.write_error(model("iam", "CreateServiceLinkedRole"), error)
        answer = await base(method, path, headers, body, query)
        for name in _roles_of(service):
            for policy in _POLICIES.get(service, ()):
                BASE.ask(here(), "iam", "AttachRolePolicy", RoleName=name, PolicyArn=policy)
        return answer

    return handle


def _roles_of(service: str) -> list[str]:
    path = f"/aws-service-role/{service}/"
    roles = BASE.ask(here(), "iam", "ListRoles", PathPrefix=path)["Roles"]
    return [role["RoleName"] for role in roles]
