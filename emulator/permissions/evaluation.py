"""AWS's evaluation logic: all policies that bear on one need, together.

After "How AWS enforcement code logic evaluates requests" of IAM's guide: an explicit Deny
anywhere wins; service control policies, boundary and session policies must each allow; then
identity or resource policy suffices inside an account, and across accounts both must allow.
A key policy and a role's trust policy must allow inside the account, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from .conditions import hold
from .documents import ALLOW, DENY, Policy, Statement
from .keys import Keys
from .principals import ANONYMOUS, ROOT, Principal

SERVICE_CONTROL = "service control policy"
RESOURCE = "resource-based policy"


@dataclass(frozen=True)
class Layer:
    """Policies of one kind; one of them has to allow."""

    kind: str
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class ResourcePolicy:
    """A resource's own policy and account; ``required`` when it must allow in any case."""

    policy: Policy
    owner: str
    required: bool = False


@dataclass(frozen=True)
class Question:
    """One need, with everything that bears on it.

    ``identity`` are the principal's own policies, ``limits`` what narrows them.
    """

    principal: Principal
    action: str
    resource: str
    keys: Keys
    identity: tuple[Policy, ...]
    limits: tuple[Layer, ...]
    owner: str
    resource_policy: ResourcePolicy | None


@dataclass(frozen=True)
class Match:
    """A statement of an identity policy that allows, by these patterns."""

    policy: str
    statement: str
    patterns: tuple[str, ...]


def refusal(question: Question) -> str | None:
    """Why it is refused, in AWS's words; None when it is allowed."""
    own = question.resource_policy
    if reason := _explicit_deny(question):
        return reason
    blocking = [layer for layer in question.limits if not _any(question, layer.policies, ALLOW)]
    identity = question.principal.kind == ROOT or _any(question, question.identity, ALLOW)
    named, entitled = _resource_allows(question)
    no_identity = f"because no identity-based policy allows the {question.action} action"
    no_resource = f"because no resource-based policy allows the {question.action} action"
    # In the account itself, a statement that names the user or the session is not narrowed by an
    # implicit denial of boundary and session policies; a service control policy always counts.
    if named == "itself" and question.owner == question.principal.account:
        blocking = [layer for layer in blocking if layer.kind == SERVICE_CONTROL]
    if blocking:
        return f"because no {blocking[0].kind} allows the {question.action} action"
    if question.owner != question.principal.account:
        if question.principal.kind == ANONYMOUS:
            return None if named else no_resource
        if not identity:
            return no_identity
        return None if named or entitled else no_resource
    if own is not None and own.required:
        if named:
            return None
        return no_identity if entitled and not identity else None if entitled else no_resource
    return None if identity or named else no_identity


def matches(question: Question) -> list[Match]:
    """The statements of identity policies that allow what is asked."""
    found = []
    for policy in question.identity:
        for statement in policy.statements:
            if statement.effect == ALLOW and _applies(question, statement):
                patterns = statement.patterns_for(question.action)
                found.append(Match(policy.name, statement.label, patterns))
    return found


def service_refusal(policy: Policy, service: str, action: str, resource: str, keys: Keys) -> bool:
    """Whether a resource's policy keeps an AWS service out."""
    effects = {
        statement.effect
        for statement in policy.statements
        if statement.patterns_for(action)
        and statement.covers(resource)
        and _names_service(statement, service)
        and hold(statement, keys)
    }
    return effects != {ALLOW}


def _explicit_deny(question: Question) -> str | None:
    layers = [Layer("identity-based policy", question.identity), *question.limits]
    for layer in layers:
        if _any(question, layer.policies, DENY):
            return f"with an explicit deny in {_article(layer.kind)} {layer.kind}"
    own = question.resource_policy
    if own is not None and any(
        statement.effect == DENY
        and _naming(question.principal, statement)
        and _applies(question, statement)
        for statement in own.policy.statements
    ):
        return f"with an explicit deny in a {RESOURCE}"
    return None


def _resource_allows(question: Question) -> tuple[str, bool]:
    """How the resource's policy names the principal in an Allow, and whether it names its account.

    "itself" (the user, or the session), "role" (or everybody), or "".
    """
    if question.resource_policy is None:
        return "", False
    naming = {
        _naming(question.principal, statement)
        for statement in question.resource_policy.policy.statements
        if statement.effect == ALLOW
        and _naming(question.principal, statement)
        and _applies(question, statement)
    }
    named = "itself" if "itself" in naming else "role" if "role" in naming else ""
    return named, "account" in naming


def _naming(principal: Principal, statement: Statement) -> str:
    """How `Principal.AWS` of a statement means the principal: "itself", "role", "account", ""."""
    named = (statement.principals or {}).get("AWS", ())
    if principal.kind != ANONYMOUS:
        if principal.arn in named:
            return "itself"
        if principal.role_arn in named or "*" in named:
            return "role"
        account = (principal.account, f"arn:aws:iam::{principal.account}:root")
        if any(entry in account for entry in named):
            return "account"
    return "role" if "*" in named else ""


def _names_service(statement: Statement, service: str) -> bool:
    principals = statement.principals or {}
    return service in principals.get("Service", ()) or "*" in principals.get("AWS", ())


def _any(question: Question, policies: tuple[Policy, ...], effect: str) -> bool:
    found = [
        _applies(question, statement)
        for policy in policies
        for statement in policy.statements
        if statement.effect == effect
    ]
    return any(found)


def _applies(question: Question, statement: Statement) -> bool:
    return (
        bool(statement.patterns_for(question.action))
        and statement.covers(question.resource)
        and hold(statement, question.keys)
    )


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"
