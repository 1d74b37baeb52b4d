"""AWS Organizations on the wire: JSON 1.1, its operations and who may call them."""

from __future__ import annotations

import json
from typing import Any

from ..wire.errors import ApiError, invalid_input
from . import (
    delegation,
    effective_policies,
    membership,
    policy_operations,
    service_access,
    tree_operations,
)
from .organization import Organization

Payload = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

CONTENT_TYPE = "application/x-amz-json-1.1"

OPERATIONS = {
    **tree_operations.OPERATIONS,
    **policy_operations.OPERATIONS,
    **effective_policies.OPERATIONS,
    **delegation.OPERATIONS,
    **membership.OPERATIONS,
    **service_access.OPERATIONS,
}

# What cannot be delegated to a member.
NEVER_DELEGATED = frozenset({"PutResourcePolicy", "DeleteResourcePolicy"})


def handle(organization: Organization, caller: str, target: str, body: bytes) -> Response:
    """Answer one request of account ``caller``; ``target`` is the X-Amz-Target header."""
    operation = target.rpartition(".")[2]
    try:
        return _json(200, _call(organization, caller, operation, body))
    except ApiError as error:
        return error_response(error)


def error_response(error: ApiError, status: int = 400) -> Response:
    """An error as Organizations writes it."""
    body = {"__type": error.code, "Message": error.message}
    if error.reason is not None:
        body["Reason"] = error.reason
    return _json(status, body)


def _call(organization: Organization, caller: str, operation: str, body: bytes) -> Payload:
    if not organization.has_account(caller):
        raise ApiError(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        )
    payload = _payload(body)
    if operation == "DescribeEffectivePolicy":
        payload.setdefault("TargetId", caller)
    if not _is_possible(organization, caller, operation, payload):
        raise ApiError(
            "AccessDeniedException", "You don't have permissions to access this resource."
        )
    handler = OPERATIONS.get(operation)
    if handler is None:
        raise ApiError(
            "UnknownOperationException", f"the emulator has no organizations:{operation}"
        )
    return handler(organization, payload)


def _is_possible(organization: Organization, caller: str, operation: str, payload: Payload) -> bool:
    """Whether a permission for it can be had at all; who has one is decided before."""
    if operation == "DescribeEffectivePolicy" and payload["TargetId"] != caller:
        is_manager = caller == organization.landscape.management
        return is_manager or organization.is_delegated(caller) or bool(organization.resource_policy)
    return caller == organization.landscape.management or operation not in NEVER_DELEGATED


def _payload(body: bytes) -> Payload:
    try:
        payload = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", "the request body is not JSON") from error
    if not isinstance(payload, dict):
        raise invalid_input("INPUT_REQUIRED", "You must provide a JSON object.")
    return payload


def _json(status: int, body: Payload) -> Response:
    return status, {"Content-Type": CONTENT_TYPE}, json.dumps(body).encode()
