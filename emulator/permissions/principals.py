"""Who asks: an account's root, a user, a session of a role, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import ResolvedCredential
from ministack.services import iam, sts

from ..wire.native import BASE
from ..wire.place import Place
from .needs import Value

ROOT, USER, ROLE, ANONYMOUS = "root", "user", "role", "anonymous"

# `aws:PrincipalType` of each.
_TYPES = {ROOT: "Account", USER: "User", ROLE: "AssumedRole", ANONYMOUS: "Anonymous"}


@dataclass(frozen=True)
class Principal:
    """Somebody who asks.

    ``arn`` is the session's for a role, ``role_arn`` the role's with its path, ``name`` the role's
    or user's. ``session`` is the record of STS, with the session policies.
    """

    kind: str
    arn: str
    account: str
    name: str = ""
    role_arn: str | None = None
    session: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def identity_arn(self) -> str:
        """`aws:PrincipalArn`: for a session that is the role."""
        return self.role_arn or self.arn

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a role that only an AWS service has; SCPs do not bind it."""
        return self.role_arn is not None and ":role/aws-service-role/" in self.role_arn

    @property
    def record(self) -> Mapping[str, Any]:
        """What IAM has of the role or the user; empty for others, and for what is gone.

        A role's is the base's own record, because most questions are about roles; a user's is
        GetUser's answer.
        """
        found: Mapping[str, Any] = {}
        if self.kind == ROLE:
            found = iam._roles.get_scoped(self.account, None, self.name) or {}
        elif self.kind == USER:
            place = Place(self.account, "us-east-1")
            found = (BASE.find(place, "iam", "GetUser", UserName=self.name) or {}).get("User", {})
        return found

    def keys(self) -> dict[str, Value | None]:
        """The condition keys that are about the principal alone."""
        keys: dict[str, Value | None] = {
            "aws:principalarn": self.identity_arn,
            "aws:principalaccount": self.account,
            "aws:principaltype": _TYPES[self.kind],
            "aws:userid": str(self.session.get("UserId") or self.account),
        }
        if self.kind == USER:
            keys["aws:username"] = self.name
        tags = [*(self.record.get("Tags") or []), *(self.session.get("SessionTags") or [])]
        for tag in tags:
            keys[f"aws:principaltag/{tag['Key'].lower()}"] = tag["Value"]
        return keys


def of_access_key(access_key: str, account: str) -> Principal:
    """Who has this access key; ``account`` is the request's."""
    if not access_key:
        return Principal(ANONYMOUS, "anonymous", "")
    session = sts._sessions.get(access_key)
    if session is not None:
        arn = str(session["Arn"])
        owner = arn.split(":")[4]
        if ":assumed-role/" in arn:
            name = arn.split("/")[1]
            return Principal(ROLE, arn, owner, name, _role_arn(owner, name), session)
        if ":user/" in arn:
            return Principal(USER, arn, owner, arn.rpartition("/")[2], None, session)
        return Principal(ROOT, arn, owner, session=session)
    if iam_evaluator.is_root_access_key(access_key):
        return Principal(ROOT, f"arn:aws:iam::{account}:root", account)
    owner = iam_evaluator.find_iam_access_key_account(access_key) or account
    found = iam_evaluator.resolve_credential(access_key, owner)
    if not isinstance(found, ResolvedCredential):
        return Principal(ANONYMOUS, "anonymous", "")
    return Principal(USER, found.principal_arn, owner, found.principal_name)


def of_role(role_arn: str, session_name: str) -> Principal:
    """A service that acts with a role, with no request involved."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}"
    return Principal(ROLE, arn, account, name, _role_arn(account, name))


def _role_arn(account: str, name: str) -> str:
    role = iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"
