"""Who may operate which stack sets: trusted access, the management account, delegated ones."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import get_region, request_scope
from ministack.services import iam

from ..organizations.organization import STACK_SETS, Organization
from ..wire import credentials
from ..wire.errors import ApiError
from .instances import ORGANIZATION_SERVICE, linked_role, service_role
from .model import SELF_MANAGED, SERVICE_MANAGED, StackSet

# What AWS's managed policy `CloudFormationStackSetsOrgAdminServiceRolePolicy` allows.
_LINKED_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AllowsAWSOrganizationsReadAPIs",
            "Effect": "Allow",
            "Action": ["organizations:List*", "organizations:Describe*"],
            "Resource": "*",
        },
        {
            "Sid": "AllowAssumeRoleInMemberAccounts",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:*:iam::*:role/stacksets-exec-*",
        },
    ],
}


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
    """Make the roles of service-managed stack sets where there are none.

    The service-linked role of the management account, and the one in each member that trusts it.
    """
    management = organization.landscape.management
    linked = linked_role(management)
    if credentials.find_role(linked) is None:
        await _create_role(linked, {"Service": ORGANIZATION_SERVICE}, _LINKED_POLICY)
    for account in list(organization.accounts):
        role = service_role(management, account)
        if account != management and credentials.find_role(role) is None:
            await _create_role(role, {"AWS": linked}, None)


async def _create_role(arn: str, trusted: dict[str, str], policy: dict[str, Any] | None) -> None:
    """Make a role with an inline policy, or else as an administrator."""
    account, path = arn.split(":")[4], arn.partition(":role")[2]
    name = path.rpartition("/")[2]
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}],
    }
    create: dict[str, Any] = {
        "Action": ["CreateRole"],
        "Path": [path.removesuffix(name)],
        "RoleName": [name],
        "AssumeRolePolicyDocument": [json.dumps(trust)],
    }
    entitle: dict[str, Any] = {
        "Action": ["AttachRolePolicy"],
        "RoleName": [name],
        "PolicyArn": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    }
    if policy is not None:
        entitle = {
            "Action": ["PutRolePolicy"],
            "RoleName": [name],
            "PolicyName": ["CloudFormationStackSetsOrgAdminServiceRolePolicy"],
            "PolicyDocument": [json.dumps(policy)],
        }
    with request_scope(account, get_region()):
        for query in (create, entitle):
            status, _, body = await iam.handle_request("POST", "/", {}, b"", query)
            if status != 200:
                raise RuntimeError(f"the role {arn} was not prepared: {body!r}")


def _not_entitled() -> ApiError:
    return ApiError(
        "ValidationError",
        "You must be the management account or delegated admin account of an organization before "
        "operating a SERVICE_MANAGED stack set",
    )
