"""What a principal has: its identity policies, its permissions boundary, its session policies."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from ministack.services import iam

from ..wire.native import BASE
from ..wire.place import Place
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
        record = principal.record
        return (
            *_inline(record.get("InlinePolicies")),
            *_attached(record.get("AttachedPolicies"), principal.account),
        )
    if principal.kind == USER:
        return _of_user(principal)
    return ()


def limits_of(principal: Principal) -> list[Layer]:
    """What an Allow of the principal's policies is held against: boundary and session policies."""
    limits = []
    if boundary := principal.record.get("PermissionsBoundary"):
        # GetUser has it with its type.
        arn = boundary["PermissionsBoundaryArn"] if isinstance(boundary, dict) else boundary
        limits.append(Layer(BOUNDARY, (_managed(str(arn), principal.account),)))
    if passed := principal.session.get("SessionPolicies"):
        session = [read("session policy", passed["Policy"])] if passed.get("Policy") else []
        session += _attached(passed.get("PolicyArns"), principal.account)
        limits.append(Layer(SESSION, tuple(session)))
    return limits


def _of_user(user: Principal) -> tuple[Policy, ...]:
    found = _of("User", user.name, user.account)
    for group in _iam(user.account, "ListGroupsForUser", UserName=user.name).get("Groups", []):
        found += _of("Group", group["GroupName"], user.account)
    return tuple(found)


def _of(kind: str, name: str, account: str) -> list[Policy]:
    """The policies of a user or a group, inline ones first."""
    named = {f"{kind}Name": name}
    found = []
    for inline in _iam(account, f"List{kind}Policies", **named).get("PolicyNames", []):
        policy = _iam(account, f"Get{kind}Policy", **named, PolicyName=inline)
        found.append(read(f"inline {inline}", unquote(policy["PolicyDocument"])))
    attached = _iam(account, f"ListAttached{kind}Policies", **named).get("AttachedPolicies", [])
    return found + _attached([policy["PolicyArn"] for policy in attached], account)


def _iam(account: str, operation: str, **parameters: str) -> dict[str, Any]:
    """What IAM answers; empty for what is not there."""
    return BASE.find(Place(account, "us-east-1"), "iam", operation, **parameters) or {}


def _inline(policies: dict[str, Any] | None) -> list[Policy]:
    return [read(f"inline {name}", document) for name, document in (policies or {}).items()]


def _attached(arns: list[str] | None, account: str) -> list[Policy]:
    return [_managed(arn, account) for arn in arns or []]


def _managed(arn: str, account: str) -> Policy:
    """A managed policy; one of AWS's that the base lacks is `Unmapped`, and grants nothing."""
    if arn.split(":")[4] == "aws":
        record = iam._aws_managed_policies.get(arn)
        if record is not None:
            return read(arn, record["Versions"][record["DefaultVersionId"]]["Document"])
    elif policy := _iam(account, "GetPolicy", PolicyArn=arn).get("Policy"):
        version = {"PolicyArn": arn, "VersionId": policy["DefaultVersionId"]}
        found = _iam(account, "GetPolicyVersion", **version)
        return read(arn, unquote(found["PolicyVersion"]["Document"]))
    raise Unmapped(f"managed policy {arn} has no document here")
