"""The operations on effective policies: what an account gets, and whether AWS withholds it.

AWS merges after a change; here it is done when somebody asks. So the last valid document, which an
account keeps while the merged one is invalid, is the last that somebody asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..wire.errors import ApiError, invalid_input
from .effective_merge import document, errors, merged
from .inputs import required_text
from .organization import Organization, known_type
from .paging import paginate

Payload = dict[str, Any]


def describe_effective_policy(organization: Organization, payload: Payload) -> Payload:
    """DescribeEffectivePolicy; who names no account asks for itself."""
    kind = known_type(payload.get("PolicyType"))
    account = required_text(payload, "TargetId")
    if account not in organization.accounts:
        if organization.has(account):
            raise invalid_input(
                "TARGET_NOT_SUPPORTED", "You specified a target that is no account."
            )
        raise ApiError("TargetNotFoundException", "You specified a target that does not exist.")
    if not organization.is_enabled(kind):
        raise ApiError(
            "EffectivePolicyNotFoundException",
            "We can't find an effective policy of this type for the target.",
        )
    content, since = _in_force(organization, kind, account)
    policy = {
        "PolicyContent": json.dumps(content),
        "LastUpdatedTimestamp": since - organization.settings.in_force_before,
        "TargetId": account,
        "PolicyType": kind,
    }
    return {"EffectivePolicy": policy}


def list_invalid(organization: Organization, payload: Payload) -> Payload:
    """ListAccountsWithInvalidEffectivePolicy."""
    kind = known_type(payload.get("PolicyType"))
    entries = [
        (account.id, {"Id": account.id, "Name": account.name})
        for account in sorted(organization.accounts.values(), key=lambda account: account.id)
        if organization.is_enabled(kind) and errors(_merged(organization, kind, account.id))
    ]
    listing = f"ListAccountsWithInvalidEffectivePolicy/{kind}"
    page = paginate(listing, entries, payload, organization.settings)
    return page.answer("Accounts") | {"PolicyType": kind}


def list_errors(organization: Organization, payload: Payload) -> Payload:
    """ListEffectivePolicyValidationErrors."""
    kind = known_type(payload.get("PolicyType"))
    account = required_text(payload, "AccountId")
    if account not in organization.accounts:
        raise ApiError(
            "AccountNotFoundException",
            "We can't find an AWS account with the AccountId that you specified.",
        )
    entries = list(enumerate(errors(_merged(organization, kind, account))))
    listing = f"ListEffectivePolicyValidationErrors/{account}/{kind}"
    page = paginate(listing, entries, payload, organization.settings)
    answer = page.answer("EffectivePolicyValidationErrors")
    answer |= {"AccountId": account, "PolicyType": kind}
    if entries:
        answer["Path"] = organization.path_of(account) + f"{account}/"
        answer["EvaluationTimestamp"] = organization.clock()
    return answer


def _in_force(organization: Organization, kind: str, account: str) -> tuple[Any, float]:
    known = organization.in_force
    content = _merged(organization, kind, account)
    before = known.get((kind, account))
    if errors(content):
        content = before[0] if before else {}
    if before is None or before[0] != content:
        known[kind, account] = (content, organization.clock())
    return known[kind, account]


def _merged(organization: Organization, kind: str, account: str) -> dict[str, Any]:
    places = [*reversed(organization.parents_of(account)), account]
    levels = [
        [json.loads(policy.content) for policy in organization.policies.attached_to(place, kind)]
        for place in places
    ]
    return document(merged(levels))


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "DescribeEffectivePolicy": describe_effective_policy,
    "ListAccountsWithInvalidEffectivePolicy": list_invalid,
    "ListEffectivePolicyValidationErrors": list_errors,
}
