"""The organization's resource policy: what the management account lets members do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .conditions import as_list, hold, like
from .errors import ApiError, invalid_input
from .inputs import required_text

if TYPE_CHECKING:
    from .organization import Organization

Payload = dict[str, Any]

LONGEST = 40_000
ID = "rp-rehearsal01"


def delegates(organization: Organization, caller: str, operation: str, payload: Payload) -> bool:
    """Whether the resource policy allows a member this call."""
    if organization.resource_policy is None:
        return False
    resources, keys = _subject(organization, payload)
    met = {
        statement.get("Effect")
        for statement in as_list(json.loads(organization.resource_policy).get("Statement"))
        if _names(statement, caller)
        and _covers(statement, operation, resources)
        and hold(statement, keys)
    }
    return met == {"Allow"}


def put_resource_policy(organization: Organization, payload: Payload) -> Payload:
    """PutResourcePolicy: there is one, and it is replaced."""
    content = required_text(payload, "Content", 1, LONGEST)
    try:
        document = json.loads(content)
    except ValueError as error:
        raise _not_json() from error
    if not isinstance(document, dict) or not as_list(document.get("Statement")):
        raise _not_json()
    organization.resource_policy = content
    return describe_resource_policy(organization, payload)


def describe_resource_policy(organization: Organization, payload: Payload) -> Payload:
    """DescribeResourcePolicy."""
    if organization.resource_policy is None:
        raise ApiError(
            "ResourcePolicyNotFoundException",
            "We can't find a resource policy request with the parameter that you specified.",
        )
    landscape = organization.landscape
    arn = f"{landscape.arn}:resourcepolicy/{landscape.organization_id}/{ID}"
    summary = {"Id": ID, "Arn": arn}
    content = organization.resource_policy
    return {"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": content}}


def delete_resource_policy(organization: Organization, payload: Payload) -> Payload:
    """DeleteResourcePolicy."""
    describe_resource_policy(organization, payload)
    organization.resource_policy = None
    return {}


def _subject(organization: Organization, payload: Payload) -> tuple[list[str], dict[str, str]]:
    """The ARNs that a call is about, and `organizations:PolicyType` where the call has one."""
    resources = []
    policy_type = payload.get("Type") or payload.get("Filter") or payload.get("PolicyType")
    for member in ("PolicyId", "TargetId", "ResourceId", "RootId"):
        named = str(payload.get(member, ""))
        if (policy := organization.policies.find(named)) is not None:
            resources.append(policy.arn)
            # Tagging has no such condition key.
            policy_type = policy.type if member == "PolicyId" else policy_type
        elif named and organization.has(named):
            resources.append(organization.target(named)["Arn"])
    return resources, {"organizations:policytype": str(policy_type)} if policy_type else {}


def _names(statement: dict[str, Any], caller: str) -> bool:
    principal = statement.get("Principal")
    named = as_list(principal.get("AWS") if isinstance(principal, dict) else principal)
    return any(entry in ("*", caller, f"arn:aws:iam::{caller}:root") for entry in named)


def _covers(statement: dict[str, Any], operation: str, resources: list[str]) -> bool:
    action = f"organizations:{operation}".lower()
    if not any(like(action, str(wanted).lower()) for wanted in as_list(statement.get("Action"))):
        return False
    patterns = [str(pattern) for pattern in as_list(statement.get("Resource"))]
    return all(any(like(arn, pattern) for pattern in patterns) for arn in resources)


def _not_json() -> ApiError:
    return invalid_input(
        "INVALID_RESOURCE_POLICY_JSON", "You provided an invalid resource policy document."
    )


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "PutResourcePolicy": put_resource_policy,
    "DescribeResourcePolicy": describe_resource_policy,
    "DeleteResourcePolicy": delete_resource_policy,
}
