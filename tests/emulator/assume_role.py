"""sts:AssumeRole as AWS decides it: the role must exist and trust the caller.

The base hands out a session for any role ARN. Identity policies are not
evaluated here: this emulator does not enforce permissions.
"""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import parse_qs

from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import iam, sts

from .organization import Organization
from .trust import Caller, allows

Response = tuple[int, dict[str, str], Any]


def refusal(organization: Organization, headers: dict[str, str], body: bytes) -> Response | None:
    """The AccessDenied that AWS answers to this request, or None when it may go on.

    Requests other than AssumeRole are let through.
    """
    form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if form.get("Action") != "AssumeRole":
        return None
    role_arn = form.get("RoleArn", "")
    caller = _caller(headers)
    role = _role(role_arn)
    if role is not None and allows(
        role["AssumeRolePolicyDocument"], caller, _keys(organization, caller, form)
    ):
        return None
    return _access_denied(
        f"User: {caller.session} is not authorized to perform: sts:AssumeRole "
        f"on resource: {role_arn}"
    )


def _caller(headers: dict[str, str]) -> Caller:
    account = get_account_id()
    session = sts._sessions.get(extract_access_key_id(headers))
    arn = str(session["Arn"]) if session else f"arn:aws:iam::{account}:root"
    return Caller(account, _principal_arn(account, arn), arn)


def _principal_arn(account: str, arn: str) -> str:
    """`aws:PrincipalArn`: for a session that is the role, with its path."""
    if ":assumed-role/" not in arn:
        return arn
    name = arn.split("/")[1]
    role = iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def _role(role_arn: str) -> dict[str, Any] | None:
    parts = role_arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    role = iam._roles.get_scoped(parts[4], None, parts[5].rsplit("/", 1)[-1])
    return role if role and role["Arn"] == role_arn else None


def _keys(organization: Organization, caller: Caller, form: dict[str, str]) -> dict[str, str]:
    keys = {"aws:principalarn": caller.arn, "aws:principalaccount": caller.account}
    if organization.has_account(caller.account):
        keys["aws:principalorgid"] = organization.landscape.organization_id
        keys["aws:principalorgpaths"] = organization.path_of(caller.account)
    for member, key in (
        ("ExternalId", "sts:externalid"),
        ("RoleSessionName", "sts:rolesessionname"),
    ):
        if member in form:
            keys[key] = form[member]
    return keys


def _access_denied(message: str) -> Response:
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>AccessDenied</Code><Message>{html.escape(message)}</Message></Error>"
        "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return 403, {"Content-Type": "text/xml"}, body.encode()
