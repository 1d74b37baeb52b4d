"""Who may operate which stack sets: trusted access, the management account, delegated ones."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import get_region, request_scope
from ministack.services import iam

from .. import credentials
from ..errors import ApiError
from ..organization import STACK_SETS, Organization
from .instances import service_role
from .model import SELF_MANAGED, SERVICE_MANAGED, StackSet

_LINKED_ROLE = (
    "role/aws-service-role/stacksets.cloudformation.amazonaws.com/"
    "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
)


def administrator(organization: Organization, caller: str, call_as: str) -> str:
    """The account whose stack sets a request is about."""
    if call_as != "DELEGATED_ADMIN":
        return caller
    if not organization.is_delegated(caller, STACK_SETS):
        raise _not_entitled()
    return organization.landscape.management


def check_model(organization: Organization, caller: str, call_as: str, model: str) -> None:
    """Raise unless the caller may operate stack sets with this permission model."""
    if model == SELF_MANAGED:
        if call_as == "DELEGATED_ADMIN":
            raise ApiError(
                "ValidationError",
                "CallAs DELEGATED_ADMIN cannot be used with the SELF_MANAGED permission model.",
            )
        return
    is_management = caller == organization.landscape.management
    if not is_management and call_as != "DELEGATED_ADMIN":
        raise _not_entitled()
    if not organization.stack_sets_active:
        raise ApiError(
            "ValidationError",
            "You must enable organizations access to operate a service managed stack set",
        )


def is_visible(stack_set: StackSet, call_as: str) -> bool:
    """A delegated administrator sees service-managed stack sets only."""
    return call_as != "DELEGATED_ADMIN" or stack_set.permission_model == SERVICE_MANAGED


async def prepare_members(organization: Organization) -> None:
    """Make the role of service-managed stack sets in every member that has none."""
    management = organization.landscape.management
    for account in list(organization.accounts):
        role = service_role(management, account)
        if account != management and credentials.find_role(role) is None:
            await _create_role(account, role.rpartition("/")[2], management)


async def _create_role(account: str, name: str, management: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{management}:{_LINKED_ROLE}"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    create: dict[str, Any] = {
        "Action": ["CreateRole"],
        "RoleName": [name],
        "AssumeRolePolicyDocument": [json.dumps(trust)],
    }
    attach: dict[str, Any] = {
        "Action": ["AttachRolePolicy"],
        "RoleName": [name],
        "PolicyArn": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    }
    with request_scope(account, get_region()):
        for query in (create, attach):
            status, _, body = await iam.handle_request("POST", "/", {}, b"", query)
            if status != 200:
                raise RuntimeError(f"the role {name} of {account} was not prepared: {body!r}")


def _not_entitled() -> ApiError:
    return ApiError(
        "ValidationError",
        "You must be the management account or delegated admin account of an organization before "
        "operating a SERVICE_MANAGED stack set",
    )
