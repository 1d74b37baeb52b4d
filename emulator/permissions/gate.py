"""Where everybody asks whether something is allowed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import tagging

from ..organizations.delegation import is_open
from ..published import reference
from ..wire.place import Place, here
from . import evaluation, identity, limits, resource_policies
from .documents import Policy, read
from .evaluation import Question, ResourcePolicy
from .keys import Keys, of_any_request
from .ledger import Denial, Ledger
from .needs import Need, Unmapped, Value
from .principals import ROLE, ROOT, Principal

__all__ = ["GATE", "Denial", "Gate"]


@dataclass(frozen=True)
class Without:
    """Evaluate as if the identity policies of some roles did not have an action.

    ``role`` is their name; `*` stands for what CloudFormation makes up.
    """

    role: str
    action: str

    def is_for(self, role: str | None) -> bool:
        """Whether a role of this name is meant."""
        return role is not None and fnmatch.fnmatchcase(role, self.role)

    def drops(self, action: str, pattern: str) -> bool:
        """Whether a pattern counts as taken out for a need with this action.

        A pattern as written, or the action itself, whichever pattern allows it.
        """
        wanted = self.action.lower()
        return wanted in (pattern.lower(), action.lower())


class Gate:
    """Decides, and remembers what it decided."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        # The organization of an account; the emulator puts its own in.
        self.organization_of: limits.Find = lambda account: None
        self.roots = True
        self.without: tuple[Without, ...] = ()

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self.ledger.forget()
        self.roots = True
        self.without = ()

    def check(
        self, principal: Principal, needs: Iterable[Need], via: str, place: Place | None = None
    ) -> Denial | None:
        """The first need that is refused, recorded; None when all are allowed.

        Identity policies, boundary, session policies, service control policies of the account's
        organization, and the resource's own policy where its service keeps one.
        """
        place = place or here()
        for need in needs:
            if (reason := self._refusal(principal, need, via, place)) is not None:
                return self._deny(principal.arn, need, place, via, reason)
        return None

    def check_service(
        self,
        service: str,
        need: Need,
        policy: dict[str, Any] | str | None,
        keys: Mapping[str, str],
        via: str,
    ) -> Denial | None:
        """Whether a resource's policy lets an AWS service in; recorded when not."""
        place = here()
        reason: str | None = None
        try:
            if contradiction := reference.problem(need.action, need.resource):
                raise Unmapped(contradiction)
            if not self._service_may(service, need, policy, keys, place):
                reason = f"because no resource-based policy allows the {need.action} action"
        except Unmapped as error:
            reason = f"unmapped: {error}"
        return self._deny(service, need, place, via, reason) if reason is not None else None

    def check_pass_role(
        self, principal: Principal, role_arn: str, to: str, via: str
    ) -> Denial | None:
        """iam:PassRole with iam:PassedToService; then the role must exist and trust the service."""
        need = Need("iam:PassRole", role_arn, {"iam:passedtoservice": to})
        if (denial := self.check(principal, [need], via)) is not None:
            return denial
        trust = resource_policies.find("sts:AssumeRole", role_arn)
        assume = Need("sts:AssumeRole", role_arn)
        policy = trust.policy if trust is not None else Policy("no trust policy", ())
        return self._check_trust(to, assume, policy, via)

    def refuse(
        self,
        principal: Principal | str,
        need: Need,
        via: str,
        reason: str,
        place: Place | None = None,
    ) -> Denial:
        """Record a refusal that somebody else decided, for the reason given."""
        who = principal if isinstance(principal, str) else principal.arn
        return self._deny(who, need, place or here(), via, reason)

    def _check_trust(self, service: str, need: Need, trust: Policy, via: str) -> Denial | None:
        place = here()
        keys = Keys({**of_any_request(), "aws:sourceaccount": place.account, **need.context})
        try:
            if not evaluation.service_refusal(trust, service, need.action, need.resource, keys):
                return None
            reason = "because the role does not exist or its trust policy does not allow it"
        except Unmapped as error:
            reason = f"unmapped: {error}"
        return self._deny(service, need, place, via, reason)

    def _service_may(
        self,
        service: str,
        need: Need,
        policy: dict[str, Any] | str | None,
        keys: Mapping[str, str],
        place: Place,
    ) -> bool:
        self.ledger.asked(need.action)
        values: dict[str, Value | None] = {
            **of_any_request(),
            "aws:principalisawsservice": "true",
            "aws:principalservicename": service,
            "aws:requestedregion": place.region,
            **need.context,
            **{name.lower(): value for name, value in keys.items()},
        }
        document = read(f"policy of {need.resource}", policy)
        return not evaluation.service_refusal(
            document, service, need.action, need.resource, Keys(values)
        )

    def _refusal(self, principal: Principal, need: Need, via: str, place: Place) -> str | None:
        self.ledger.asked(need.action)
        if principal.kind == ROOT and not self.roots:
            return "because the account's root is not to be used any more"
        if (contradiction := reference.problem(need.action, need.resource)) is not None:
            return f"unmapped: {contradiction}"
        try:
            question = self._question(principal, need, place)
            reason = evaluation.refusal(self._reduced(question))
            if reason is None and principal.kind == ROLE:
                self._learn(question, via)
        except Unmapped as error:
            return f"unmapped: {error}"
        return reason

    def _question(self, principal: Principal, need: Need, place: Place) -> Question:
        owner = resource_policies.owner_of(need.resource, place.account or principal.account)
        policy = self._resource_policy(principal, need)
        keys: dict[str, Value | None] = {
            **of_any_request(),
            **principal.keys(),
            **limits.keys(self.organization_of, "principal", principal.account),
            **limits.keys(self.organization_of, "resource", owner),
            "aws:resourceaccount": owner,
            "aws:requestedregion": place.region,
            # SNS's own key, in the policy that every topic has at first.
            "aws:sourceowner": principal.account,
            "kms:calleraccount": principal.account,
            **{name.lower(): value for name, value in need.context.items()},
        }
        own = identity.policies_of(principal)
        narrowing = [
            *identity.limits_of(principal),
            *limits.service_control(self.organization_of(principal.account), principal),
        ]

        def tags() -> Mapping[str, str]:
            with request_scope(owner, place.region):
                return tagging.resource_tags(need.resource) or {}

        return Question(
            principal,
            need.action,
            need.resource,
            Keys(keys, tags),
            own,
            tuple(narrowing),
            policy.owner if policy is not None else principal.account,
            policy,
        )

    def _resource_policy(self, principal: Principal, need: Need) -> ResourcePolicy | None:
        if not need.action.startswith("organizations:"):
            return resource_policies.find(need.action, need.resource)
        organization = self.organization_of(principal.account)
        operation = need.action.partition(":")[2]
        if organization is None or is_open(organization, principal.account, operation):
            return None
        return resource_policies.of_organization(organization)

    def _reduced(self, question: Question) -> Question:
        """The question as if the actions that are to be left out were not there."""
        taken = [w for w in self.without if w.is_for(question.principal.name)]
        if not taken or question.principal.kind != ROLE:
            return question

        def is_dropped(pattern: str) -> bool:
            matching = pattern in patterns_here
            return matching and any(w.drops(question.action, pattern) for w in taken)

        patterns_here = {
            pattern
            for policy in question.identity
            for statement in policy.statements
            for pattern in statement.patterns_for(question.action)
        }
        return replace(
            question, identity=tuple(policy.without(is_dropped) for policy in question.identity)
        )

    def _learn(self, question: Question, via: str) -> None:
        """Which pattern of the role's policies was decisive for what has just been allowed."""
        role = str(question.principal.role_arn)
        self.ledger.has(role, question.identity)
        by = {"action": question.action, "resource": question.resource, "via": via}
        decisive: dict[str, bool] = {}
        for match in evaluation.matches(self._reduced(question)):
            for pattern in match.patterns:
                if self.ledger.is_known(role, match.policy, match.statement, pattern):
                    continue
                if pattern not in decisive:
                    removed = _exactly(question, pattern)
                    decisive[pattern] = evaluation.refusal(self._reduced(removed)) is not None
                self.ledger.used(
                    role, match.policy, match.statement, pattern, decisive[pattern], by
                )

    def _deny(self, who: str, need: Need, place: Place, via: str, reason: str) -> Denial:
        return self.ledger.refuse(
            Denial(who, need.action, need.resource, place.account, place.region, via, reason)
        )


def _exactly(question: Question, pattern: str) -> Question:
    """The question as if one pattern, as written, were in none of the role's policies."""
    gone = tuple(
        policy.without(lambda written: written.lower() == pattern.lower())
        for policy in question.identity
    )
    return replace(question, identity=gone)


GATE = Gate()
