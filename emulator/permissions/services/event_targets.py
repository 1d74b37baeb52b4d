"""Whether an event may go to a target: what EventBridge and EventBridge Scheduler need.

EventBridge's guide, "Using resource-based policies": a queue, a topic and a function must let
`events.amazonaws.com` in, with the rule as `aws:SourceArn` (for a topic EventBridge sends no
condition key); an event bus is reached with the target's role, and a bus of another account
must let that role in by its own policy. EventBridge Scheduler's guide, "Execution role": a
schedule does everything with its role. A customer's key of a queue or a topic must let the same
principal in (SQS's and SNS's guides, "Key management").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ministack.services import sns, sqs

from ...wire.native import BASE
from ...wire.place import Place, here
from ..gate import GATE, Denial
from ..needs import Need
from . import encryption
from .execution_role import key_of
from .service_roles import refused

EVENTS = "events.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"
_ACTIONS = {
    "lambda": "lambda:InvokeFunction",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
}


@dataclass(frozen=True)
class Source:
    """The rule or the schedule that sends, with the role that it has for this target."""

    arn: str
    role: str
    place: Place

    @property
    def is_schedule(self) -> bool:
        """Whether EventBridge Scheduler sends."""
        return ":scheduler:" in self.arn


def denial(source: Source, target: str) -> Denial | None:
    """Why the source may not hand an event to a target; None when it may."""
    service = target.split(":")[2]
    need = Need(_ACTIONS[service], target)
    if source.is_schedule:
        return _with_role(source, SCHEDULER, need, "EventBridge Scheduler")
    if service == "events":
        # Inside an account EventBridge's guide recommends a role, and asks for none.
        asks = source.role or target.split(":")[4] != source.place.account
        return _with_role(source, EVENTS, need, "EventBridge") if asks else None
    keys = {"aws:sourcearn": source.arn, "aws:sourceaccount": source.place.account}
    if service == "sns":
        keys = {}
    return GATE.check_service(
        EVENTS, need, _policy(target, service), keys, "EventBridge"
    ) or key_denial(EVENTS, target, keys, "EventBridge")


def key_denial(service: str, target: str, keys: Mapping[str, str], via: str) -> Denial | None:
    """Why a service cannot use the customer's key of a queue or a topic."""
    kind = target.split(":")[2]
    if kind not in ("sqs", "sns"):
        return None
    region, account = target.split(":")[3:5]
    for need in encryption.needs(
        key_of(target), kind, encryption.READ_AND_WRITE, account, Place(account, region)
    ):
        policy = encryption.policy_of(need.resource)
        if found := GATE.check_service(service, need, policy, keys, via):
            return found
    return None


def _with_role(source: Source, service: str, need: Need, via: str) -> Denial | None:
    keys = {"aws:sourcearn": source.arn, "aws:sourceaccount": source.place.account}
    needs = [need]
    kind = need.resource.split(":")[2]
    if kind in ("sqs", "sns"):
        needs += encryption.needs(
            key_of(need.resource),
            kind,
            encryption.READ_AND_WRITE,
            source.place.account,
            source.place,
        )
    return refused(source.role, service, source.arn.rpartition("/")[2], needs, keys, via)


def _policy(target: str, service: str) -> str:
    """The resource-based policy of a queue, a topic or a function; empty without one."""
    if service == "lambda":
        found = BASE.find(here(), "lambda", "GetPolicy", FunctionName=target)
        return str((found or {}).get("Policy") or "")
    find = sqs.queue_policy_for_arn if service == "sqs" else sns.topic_policy_for_arn
    found = find(target)
    return found[0] if found else ""
