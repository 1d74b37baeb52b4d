"""Services that tell a topic or a queue of something: its policy and its key must let them in.

CloudWatch's guide, "Notifying users on alarm changes": an alarm publishes as
`cloudwatch.amazonaws.com`, with itself as `aws:SourceArn`. SNS's and S3's guides say the same of
their deliveries to queues and topics.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sns, sqs

from ..permissions.gate import GATE, Denial
from ..permissions.needs import Need
from ..permissions.services import event_targets

_CLOUDWATCH = "cloudwatch.amazonaws.com"
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def alarm_actions(
    original: Any, alarm: dict[str, Any], old_state: str, new_state: str, reason: str
) -> None:
    """Tell an alarm's topics, those that let it; stands in for the base's."""
    field = {"ALARM": _ACTIONS[0], "OK": _ACTIONS[1]}.get(new_state, _ACTIONS[2])
    account = get_account_id()
    arn = f"arn:aws:cloudwatch:{get_region()}:{account}:alarm:{alarm.get('AlarmName')}"
    if not alarm.get("ActionsEnabled", True):
        return
    allowed = [
        action
        for action in alarm.get(field) or []
        if ":sns:" not in action or _denial(action, _CLOUDWATCH, arn, account) is None
    ]
    original({**alarm, field: allowed}, old_state, new_state, reason)


def queue_lets_in(queue: str, service: str, source: str, source_account: str) -> bool:
    """Whether a service may send to a queue; stands in for the base's `queue_policy_allows`."""
    return _denial(queue, service, source, source_account) is None


def topic_lets_in(topic: str, service: str, source: str, source_account: str) -> bool:
    """Whether a service may publish to a topic; stands in for the base's `topic_policy_allows`."""
    return _denial(topic, service, source, source_account) is None


def _denial(target: str, service: str, source: str, source_account: str) -> Denial | None:
    is_queue = ":sqs:" in target
    found = (sqs.queue_policy_for_arn if is_queue else sns.topic_policy_for_arn)(target)
    keys = {"aws:sourcearn": source, "aws:sourceaccount": source_account}
    need = Need("sqs:SendMessage" if is_queue else "sns:Publish", target)
    via = service.partition(".")[0]
    return GATE.check_service(
        service, need, found[0] if found else None, keys, via
    ) or event_targets.key_denial(service, target, keys, via)
