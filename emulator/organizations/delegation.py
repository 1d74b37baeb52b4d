"""The organization's resource policy: what the management account lets members do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..wire.errors import ApiError, invalid_input
from .inputs import required_text

if TYPE_CHECKING:
    from .organization import Organization

Payload = dict[str, Any]

LONGEST = 40_000
ID = "rp-rehearsal01"


# What any account of the organization may call.
_OPEN_TO_MEMBERS = frozenset({"DescribeEffectivePolicy", "DescribeOrganization"})


def is_open(organization: Organization, caller: str, operation: str) -> bool:
    """Whether an account may call this without being delegated it by the resource policy.

    The management account everything, a delegated administrator of a service everything that reads.
    """
    if caller == organization.landscape.management or operation in _OPEN_TO_MEMBERS:
        return True
    return operation.startswith(("Describe", "List")) and organization.is_delegated(caller)


def put_resource_policy(organization: Organization, payload: Payload) -> Payload:
    """PutResourcePolicy: there is one, and it is replaced."""
    content = required_text(payload, "Content", 1, LONGEST)
    try:
        document = json.loads(content)
    except ValueError as error:
        raise _not_json() from error
    if not isinstance(document, dict) or not document.get("Statement"):
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


def _not_json() -> ApiError:
    return invalid_input(
        "INVALID_RESOURCE_POLICY_JSON", "You provided an invalid resource policy document."
    )


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "PutResourcePolicy": put_resource_policy,
    "DescribeResourcePolicy": describe_resource_policy,
    "DeleteResourcePolicy": delete_resource_policy,
}
