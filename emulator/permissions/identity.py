"""What a principal has: its identity policies, its permissions boundary, its session policies."""

from __future__ import annotations

from typing import Any

from ministack.services import iam

from .documents import Policy, read
from .evaluation import Layer
from .needs import Unmapped
from .principals import ROLE, USER, Principal

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"


def policies_of(principal: Principal) -> tuple[Policy, ...]:
    """The identity policies of a user (its groups' too) or a role; none of others."""
    if principal.kind == ROLE:
        role = iam._roles.get_scoped(principal.account, None, principal.name) or {}
        return (
            *_inline(role.get("InlinePolicies")),
            *_attached(role.get("AttachedPolicies"), principal.account),
        )
    if principal.kind == USER:
        return _of_user(principal)
    return ()


def limits_of(principal: Principal) -> list[Layer]:
    """What an Allow of the principal's policies is held against: boundary and session policies."""
    limits = []
    store = {USER: iam._users, ROLE: iam._roles}.get(principal.kind)
    record = (
        store.get_scoped(principal.account, None, principal.name) if store is not None else None
    )
    if boundary := (record or {}).get("PermissionsBoundary"):
        limits.append(Layer(BOUNDARY, (_managed(str(boundary), principal.account),)))
    if passed := principal.session.get("SessionPolicies"):
        session = [read("session policy", passed["Policy"])] if passed.get("Policy") else []
        session += _attached(passed.get("PolicyArns"), principal.account)
        limits.append(Layer(SESSION, tuple(session)))
    return limits


def _of_user(user: Principal) -> tuple[Policy, ...]:
    account = user.account
    record = iam._users.get_scoped(account, None, user.name) or {}
    found = _inline(iam._user_inline_policies.get_scoped(account, None, user.name))
    found += _attached(record.get("AttachedPolicies"), account)
    for (owner, name), group in list(iam._groups.to_dict().items()):
        if owner == account and user.name in group.get("Users", []):
            found += _inline(iam._group_inline_policies.get_scoped(account, None, name))
            found += _attached(group.get("AttachedPolicies"), account)
    return tuple(found)


def _inline(policies: dict[str, Any] | None) -> list[Policy]:
    return [read(f"inline {name}", document) for name, document in (policies or {}).items()]


def _attached(arns: list[str] | None, account: str) -> list[Policy]:
    return [_managed(arn, account) for arn in arns or []]


def _managed(arn: str, account: str) -> Policy:
    """A managed policy; one of AWS's that the base lacks is `Unmapped`, and grants nothing."""
    if arn.split(":")[4] == "aws":
        record = iam._aws_managed_policies.get(arn)
    else:
        record = iam._policies.get_scoped(account, None, arn)
    if record is None:
        raise Unmapped(f"managed policy {arn} has no document here")
    return read(arn, record["Versions"][record["DefaultVersionId"]]["Document"])
