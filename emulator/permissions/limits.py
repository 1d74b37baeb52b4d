"""Service control policies of the account's organization, and where an account is in it."""

from __future__ import annotations

from collections.abc import Callable

from ..organizations.organization import Organization
from .documents import read
from .evaluation import SERVICE_CONTROL, Layer
from .needs import Value
from .principals import Principal

_TYPE = "SERVICE_CONTROL_POLICY"

# What AWS attaches to the root and every OU and account of an organization. Detaching it, as an
# allow list does, is not emulated: it is always there.
FULL_ACCESS = read(
    "FullAWSAccess", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)

# The organization of an account, None for an account of no organization.
Find = Callable[[str], Organization | None]


def service_control(organization: Organization | None, principal: Principal) -> list[Layer]:
    """One layer for the root, each OU above the principal's account, and the account itself.

    They bind neither the management account nor service-linked roles.
    """
    account = principal.account
    if (
        organization is None
        or account == organization.landscape.management
        or principal.is_service_linked
        or not organization.is_enabled(_TYPE)
    ):
        return []
    targets = [*reversed(organization.parents_of(account)), account]
    return [
        Layer(
            SERVICE_CONTROL,
            (
                FULL_ACCESS,
                *(
                    read(policy.name, policy.content)
                    for policy in organization.policies.attached_to(target, _TYPE)
                ),
            ),
        )
        for target in targets
    ]


def keys(find: Find, prefix: str, account: str) -> dict[str, Value | None]:
    """`aws:PrincipalOrgID` and `aws:PrincipalOrgPaths`, or those of the resource."""
    organization = find(account)
    if organization is None:
        return {}
    return {
        f"aws:{prefix}orgid": organization.landscape.organization_id,
        f"aws:{prefix}orgpaths": [organization.path_of(account)],
    }
