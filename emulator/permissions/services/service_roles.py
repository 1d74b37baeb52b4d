"""A service that acts with a role: the role must be there and let it in, or nothing happens."""

from __future__ import annotations

from collections.abc import Mapping

from ...wire.credentials import find_role
from ..gate import GATE, Denial
from ..needs import Need
from ..principals import Principal, of_role


def trusts(role_arn: str, service: str, keys: Mapping[str, str], via: str) -> Denial | None:
    """Why a service cannot assume a role; ``keys`` are what it sends, in lower case."""
    role = find_role(role_arn)
    trust = role["AssumeRolePolicyDocument"] if role is not None else None
    return GATE.check_service(service, Need("sts:AssumeRole", role_arn), trust, keys, via)


def refused(
    role_arn: str, service: str, session: str, needs: list[Need], keys: Mapping[str, str], via: str
) -> Denial | None:
    """Why a service that acts with a role may not: its trust first, then what it needs."""
    return trusts(role_arn, service, keys, via) or GATE.check(acting(role_arn, session), needs, via)


def acting(role_arn: str, session: str) -> Principal:
    """The session of a role that a service has."""
    return of_role(role_arn, session)
