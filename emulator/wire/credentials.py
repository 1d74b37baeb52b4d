"""Whose credentials a service of this emulator uses when it calls another one.

AWS's services act with roles: CloudFormation with a stack's service role, a
pipeline with its own, and so on. Here too: such a call carries a session of the
role, so that the call log names it and permissions can be evaluated. Nothing
here falls back to an account's root.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import iam, sts

from ..permissions.gate import GATE
from ..permissions.needs import Need


class CannotAssume(Exception):
    """A role that does not exist, or does not trust the service."""


@dataclass(frozen=True)
class Credentials:
    """What a request is signed with."""

    access_key: str
    secret: str
    token: str | None = None


def of_caller(access_key: str) -> Credentials:
    """The credentials of who sent a request, to act on their behalf."""
    session = sts._sessions.get(access_key)
    if session is None:
        return Credentials(access_key, "unused")
    return Credentials(access_key, session["SecretAccessKey"], session["SessionToken"])


def assume(
    role_arn: str, service: str, session_name: str, keys: Mapping[str, str] | None = None
) -> Credentials:
    """A session of a role that an AWS service assumes.

    ``keys`` are the condition keys that the service sends, in lower case. Raises
    `CannotAssume` when the role does not exist or its trust policy does not name
    the service.
    """
    role = find_role(role_arn)
    if role is None:
        raise CannotAssume(f"role {role_arn} does not exist")
    need = Need("sts:AssumeRole", role_arn)
    if GATE.check_service(service, need, role["AssumeRolePolicyDocument"], keys or {}, service):
        raise CannotAssume(f"role {role_arn} does not trust {service}")
    return session_of(role_arn, session_name)


def session_of(role_arn: str, session_name: str) -> Credentials:
    """A session of a role, without a look at its trust policy."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    credentials = Credentials(
        f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(32)
    )
    sts.register_session(
        credentials.access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
            "UserId": f"{name}:{session_name}",
            "SecretAccessKey": credentials.secret,
            "SessionToken": credentials.token,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return credentials


def find_role(role_arn: str) -> dict[str, Any] | None:
    """The record of a role; None when there is no role with exactly this ARN."""
    parts = role_arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    role: dict[str, Any] | None = iam._roles.get_scoped(parts[4], None, parts[5].rpartition("/")[2])
    return role if role is not None and role["Arn"] == role_arn else None
