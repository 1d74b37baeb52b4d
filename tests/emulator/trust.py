"""Whether a role's trust policy lets a caller assume it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .conditions import as_list, hold, like

ACTION = "sts:assumerole"


@dataclass(frozen=True)
class Caller:
    """Who asks: ``arn`` is the role's or user's ARN, ``session`` that of an assumed role."""

    account: str
    arn: str
    session: str

    def is_named_by(self, principal: str) -> bool:
        """Whether an entry of `Principal.AWS` means this caller."""
        root = f"arn:aws:iam::{self.account}:root"
        return principal in ("*", self.account, root, self.arn, self.session)


def allows(document: str | dict[str, Any], caller: Caller, keys: Mapping[str, str]) -> bool:
    """Evaluate a trust policy; ``keys`` are the condition keys in lower case."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = as_list(policy.get("Statement"))
    met = {s.get("Effect") for s in statements if _concerns(s, caller) and hold(s, keys)}
    return met == {"Allow"}


def _concerns(statement: dict[str, Any], caller: Caller) -> bool:
    if not any(like(ACTION, str(a).lower()) for a in as_list(statement.get("Action"))):
        return False
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return any(caller.is_named_by(str(entry)) for entry in as_list(named))


def allows_service(document: str | dict[str, Any], service: str, keys: Mapping[str, str]) -> bool:
    """Evaluate a trust policy for an AWS service such as `cloudformation.amazonaws.com`."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = as_list(policy.get("Statement"))
    met = {s.get("Effect") for s in statements if _trusts(s, service) and hold(s, keys)}
    return met == {"Allow"}


def _trusts(statement: dict[str, Any], service: str) -> bool:
    if not any(like(ACTION, str(a).lower()) for a in as_list(statement.get("Action"))):
        return False
    principal = statement.get("Principal")
    named = principal.get("Service") if isinstance(principal, dict) else principal
    return any(entry in ("*", service) for entry in as_list(named))
