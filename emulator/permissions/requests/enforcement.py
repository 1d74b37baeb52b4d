"""The base asks us: who sent a request is the base's business, whether they may is ours."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError, EvalResult
from ministack.core.responses import get_account_id

from ...base import patches
from ...wire.calls import Call
from ...wire.place import Place
from .. import principals
from ..gate import GATE
from ..ledger import Denial
from ..needs import UNKNOWN, Need
from ..principals import Principal
from . import http, resources

VIA = "call"

_EVALUATOR = "ministack.core.iam_evaluator"
_ACTIONS = "ministack.core.iam_actions"

# Services of the emulator that the base does not have, by the name that it routes them under.
_NAMESPACES = {
    "codecommit": "codecommit",
    "codepipeline": "codepipeline",
    # Their management APIs are authorized as those of RDS.
    "documentdb": "rds",
    "neptune": "rds",
}

# What else some requests need, beside their own action: asked in order, the first refusal counts.
FURTHER: list[Callable[[http.Asked, str, Principal], Denial | None]] = []

# STS's API reference: nobody needs a permission for these, and no policy takes them away.
_ALWAYS_ALLOWED = ("sts:GetCallerIdentity", "sts:GetSessionToken")

# The refusal of the request that is being decided, for the body of its answer.
_DENIAL: contextvars.ContextVar[Denial | None] = contextvars.ContextVar("denial", default=None)

RESOURCES = resources.Resources()

# What the request that is being answered has been allowed.
_ALLOWED: contextvars.ContextVar[tuple[Need, ...]] = contextvars.ContextVar("allowed", default=())

# What the base has asked about the request so far; None outside of requests.
_HEARD: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("heard", default=None)

_base_denied = iam_actions.access_denied_response
_base_origin = iam_evaluator.pin_request_origin


def install() -> None:
    """Put our decisions in the place of the base's."""
    iam_actions.SERVICE_TO_IAM_NAMESPACE.update(_NAMESPACES)
    patches.replace(_ACTIONS, "extract_iam_action", http.action)
    patches.replace(_ACTIONS, "extract_resource_arn", http.resource)
    patches.replace(_ACTIONS, "access_denied_response", denied_response)
    patches.replace(_EVALUATOR, "enforce", enforce)
    patches.replace(_EVALUATOR, "resource_policy_allows", _already_decided)
    patches.replace(_EVALUATOR, "evaluate_trust_policy", _already_decided)
    patches.replace("ministack.services.s3", "_foreign_bucket_allows", _foreign_bucket_allows)
    patches.replace(_EVALUATOR, "pin_request_origin", _over_tls)


def listen() -> None:
    """A request begins: hear whether the base asks."""
    _HEARD.set([])


def expect_question(call: Call) -> None:
    """A request has succeeded: record it when the base let it through without asking."""
    if _HEARD.get():
        return
    need = Need(f"{call.service}:{call.operation}", UNKNOWN)
    place = Place(call.account, call.region)
    GATE.refuse(call.principal, need, VIA, f"{http.UNMAPPED} the base did not ask", place)


def enforce(
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> EvalResult | AuthError | None:
    """None when the request is allowed, else why its sender is unknown or may not do it.

    The base asks once for each action on each resource that it sees in a request.
    """
    if (heard := _HEARD.get()) is not None:
        heard.append(iam_action)
    failure = _authenticate(access_key_id, service)
    if failure is not None:
        return failure
    if iam_action in _ALWAYS_ALLOWED:
        return None
    account = get_account_id()
    principal = principals.of_access_key(access_key_id, account)
    context = {key.lower(): value for key, value in (service_context or {}).items() if value}
    denial = _decide(principal, iam_action, resource_arn, context, Place(account, region))
    _DENIAL.set(denial)
    if denial is None:
        return None
    explicit = "explicit deny" in denial.reason
    return EvalResult("Deny" if explicit else "ImplicitDeny", principal.arn, reason=denial.reason)


def _decide(
    principal: Principal, action: str, resource: str, context: dict[str, Any], place: Place
) -> Denial | None:
    if action.startswith(http.UNMAPPED):
        need = Need(action.removeprefix(http.UNMAPPED), resource)
        reason = f"{http.UNMAPPED} nobody here knows the action of this request"
        return GATE.refuse(principal.arn, need, VIA, reason, place)
    asked = http.CURRENT.get()
    http.CURRENT.set(None)
    if asked is None:
        # A further resource of a request whose first has been decided.
        return _ask(principal, [Need(action, resource, context)], place)
    _ALLOWED.set(())
    organization = GATE.organization_of(place.account)
    needs = RESOURCES.needs(asked, action, resource, context, organization)
    denial = _ask(principal, needs, place)
    for further in FURTHER:
        denial = denial or further(asked, action, principal)
    return denial


def _ask(principal: Principal, needs: list[Need], place: Place) -> Denial | None:
    denial = GATE.check(principal, needs, VIA, place)
    if denial is None:
        _ALLOWED.set((*_ALLOWED.get(), *needs))
    return denial


def denied_response(
    service: str,
    action: str,
    principal_arn: str,
    request_id: str,
    *,
    error_code: str = "",
    message: str = "",
    resource_arn: str = "*",
    **more: Any,
) -> Any:
    """The base's body of a refusal, with what was really refused: it may be another action."""
    denial = _DENIAL.get()
    if denial is not None and not error_code:
        action, resource_arn, message = denial.action, denial.resource, denial.message
        if service == "organizations" and "resource-based" in denial.reason:
            # What a member is answered that nothing has been delegated to.
            message = "You don't have permissions to access this resource."
    return _base_denied(
        service,
        action,
        principal_arn,
        request_id,
        error_code=error_code,
        message=message,
        resource_arn=resource_arn,
        **more,
    )


def _authenticate(access_key: str, service: str) -> AuthError | None:
    """The base's checks of credentials, before any policy."""
    if access_key:
        return iam_evaluator.check_credentials(access_key, service)
    if service == "s3":
        return None
    return AuthError("MissingAuthenticationToken", "Request is missing Authentication Token")


def _already_decided(*arguments: Any, **more: Any) -> bool:
    """What the base asks of policies once more, after `enforce` has taken them into account."""
    return True


def _foreign_bucket_allows(owner: str, bucket: str, *arguments: Any, **more: Any) -> bool:
    """Whether this request has been allowed something in a bucket of another account.

    What a service looks up in its caller's name has not, and sees no foreign bucket; in the
    caller's own account it does, and bears no signature then.
    """
    if owner == get_account_id():
        return True
    arn = f"arn:aws:s3:::{bucket}"
    return any(
        need.resource == arn or need.resource.startswith(f"{arn}/") for need in _ALLOWED.get()
    )


def _over_tls(source_ip: str, secure_transport: bool) -> None:
    """On AWS services are called over TLS; the emulator's plain http stands for it."""
    _base_origin(source_ip, True)
