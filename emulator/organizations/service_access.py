"""Trusted access of AWS services, and the accounts that administer them for the organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..wire.errors import ApiError, constraint_violation, invalid_input
from .inputs import required_text
from .organization import STACK_SETS, Organization
from .paging import paginate
from .tree_operations import describe_account

Payload = dict[str, Any]

# The principals that this emulator knows; AWS refuses others, too.
PRINCIPALS = frozenset(
    {
        STACK_SETS,
        "backup.amazonaws.com",
        "config.amazonaws.com",
        "config-multiaccountsetup.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "guardduty.amazonaws.com",
        "ram.amazonaws.com",
        "reporting.trustedadvisor.amazonaws.com",
        "securityhub.amazonaws.com",
        "ssm.amazonaws.com",
        "sso.amazonaws.com",
        "tagpolicies.tag.amazonaws.com",
    }
)


def enable_access(organization: Organization, payload: Payload) -> Payload:
    """EnableAWSServiceAccess; enabling it again changes nothing."""
    organization.service_access.setdefault(_principal(payload), organization.clock())
    return {}


def disable_access(organization: Organization, payload: Payload) -> Payload:
    """DisableAWSServiceAccess."""
    organization.service_access.pop(_principal(payload), None)
    return {}


def list_access(organization: Organization, payload: Payload) -> Payload:
    """ListAWSServiceAccessForOrganization."""
    entries = [
        (principal, {"ServicePrincipal": principal, "DateEnabled": since})
        for principal, since in sorted(organization.service_access.items())
    ]
    return paginate("ListAWSServiceAccess", entries, payload, organization.settings).answer(
        "EnabledServicePrincipals"
    )


def register(organization: Organization, payload: Payload) -> Payload:
    """RegisterDelegatedAdministrator."""
    principal = _principal(payload)
    account = _member(organization, payload)
    if account == organization.landscape.management:
        raise constraint_violation(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register the management account as a delegated administrator.",
        )
    accounts = organization.delegated.setdefault(principal, {})
    if account in accounts:
        raise ApiError(
            "AccountAlreadyRegisteredException",
            "The provided account is already a delegated administrator for your organization.",
        )
    accounts[account] = organization.clock()
    return {}


def deregister(organization: Organization, payload: Payload) -> Payload:
    """DeregisterDelegatedAdministrator."""
    principal = _principal(payload)
    account = _member(organization, payload)
    if organization.delegated.get(principal, {}).pop(account, None) is None:
        raise ApiError(
            "AccountNotRegisteredException",
            "The provided account is not a registered delegated administrator for your "
            "organization.",
        )
    return {}


def list_administrators(organization: Organization, payload: Payload) -> Payload:
    """ListDelegatedAdministrators: of one service, or of any."""
    wanted = payload.get("ServicePrincipal")
    since: dict[str, float] = {}
    for principal, accounts in organization.delegated.items():
        if wanted is None or principal == wanted:
            for account, moment in accounts.items():
                since[account] = min(moment, since.get(account, moment))
    entries = [
        (
            account,
            {
                **describe_account(organization, {"AccountId": account})["Account"],
                "DelegationEnabledDate": moment,
            },
        )
        for account, moment in sorted(since.items())
    ]
    listing = f"ListDelegatedAdministrators/{wanted}"
    return paginate(listing, entries, payload, organization.settings).answer(
        "DelegatedAdministrators"
    )


def list_services(organization: Organization, payload: Payload) -> Payload:
    """ListDelegatedServicesForAccount."""
    account = _member(organization, payload)
    entries = [
        (principal, {"ServicePrincipal": principal, "DelegationEnabledDate": accounts[account]})
        for principal, accounts in sorted(organization.delegated.items())
        if account in accounts
    ]
    if not entries:
        raise ApiError(
            "AccountNotRegisteredException",
            "The provided account is not a registered delegated administrator for your "
            "organization.",
        )
    listing = f"ListDelegatedServicesForAccount/{account}"
    return paginate(listing, entries, payload, organization.settings).answer("DelegatedServices")


def enable_all_features(organization: Organization, payload: Payload) -> Payload:
    """EnableAllFeatures: this organization has them since it was made."""
    raise ApiError(
        "HandshakeConstraintViolationException",
        "The organization already has all features enabled.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
    )


def _principal(payload: Payload) -> str:
    principal = required_text(payload, "ServicePrincipal", 1, 128)
    if principal not in PRINCIPALS:
        raise invalid_input(
            "UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."
        )
    return principal


def _member(organization: Organization, payload: Payload) -> str:
    account = required_text(payload, "AccountId")
    if not organization.has_account(account):
        raise ApiError(
            "AccountNotFoundException",
            "We can't find an AWS account with the AccountId that you specified.",
        )
    return account


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "EnableAWSServiceAccess": enable_access,
    "DisableAWSServiceAccess": disable_access,
    "ListAWSServiceAccessForOrganization": list_access,
    "RegisterDelegatedAdministrator": register,
    "DeregisterDelegatedAdministrator": deregister,
    "ListDelegatedAdministrators": list_administrators,
    "ListDelegatedServicesForAccount": list_services,
    "EnableAllFeatures": enable_all_features,
}
