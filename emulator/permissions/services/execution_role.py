"""What Lambda does with a function's role, beside the function itself.

Lambda's guide: "Sending function logs to CloudWatch Logs" (CreateLogGroup where there is no
group, CreateLogStream, PutLogEvents), "Configuring an SQS event source" (ReceiveMessage,
DeleteMessage, GetQueueAttributes, and kms:Decrypt for a customer's key), and "Retaining records
of asynchronous invocations" (SendMessage and its like on the destination).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...wire.native import BASE
from ...wire.place import Place
from ..gate import GATE, Denial
from ..needs import Need
from . import encryption
from .service_roles import acting, trusts

SERVICE = "lambda.amazonaws.com"
_POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# What a destination of each service takes.
_SENDING = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
}


def start_refused(config: Mapping[str, Any]) -> Denial | None:
    """Why Lambda cannot run a function: its role is gone or does not trust Lambda."""
    keys = {"aws:sourceaccount": _place(config).account, "aws:sourcearn": config["FunctionArn"]}
    return trusts(str(config.get("Role")), SERVICE, keys, "Lambda")


def logs_refused(config: Mapping[str, Any], group: str, stream: str, new: bool) -> Denial | None:
    """Why a function's lines cannot be written; ``new`` when there is no such log group yet.

    The resources are those that CloudWatch Logs names in its own denials.
    """
    place = _place(config)
    base = f"arn:aws:logs:{place.region}:{place.account}:log-group:{group}:log-stream:"
    needs = [Need("logs:CreateLogStream", base), Need("logs:PutLogEvents", base + stream)]
    if new:
        needs.insert(0, Need("logs:CreateLogGroup", base))
    return _refused(config, needs, "Lambda logs")


def destination_refused(config: Mapping[str, Any], destination: str) -> Denial | None:
    """Why a record of an invocation that failed cannot be sent to its destination."""
    service = destination.split(":")[2] if destination.startswith("arn:") else ""
    if service not in _SENDING:
        return None
    needs = [Need(_SENDING[service], destination)]
    if service in ("sqs", "sns"):
        needs += _key_needs(config, destination, service, encryption.READ_AND_WRITE)
    return _refused(config, needs, "Lambda destination")


def polling_refused(config: Mapping[str, Any], queue: str) -> Denial | None:
    """Why Lambda cannot take messages from a queue for a function."""
    needs = [Need(action, queue) for action in _POLLING]
    needs += _key_needs(config, queue, "sqs", encryption.READ)
    return _refused(config, needs, "Lambda event source mapping")


def key_of(arn: str) -> str:
    """The key of a queue or a topic; empty without one."""
    return str((attributes_of(arn) or {}).get("KmsMasterKeyId") or "")


def attributes_of(arn: str) -> dict[str, str] | None:
    """What a queue or a topic is; None for one that there is not."""
    if arn.count(":") < 5:
        return None
    _, _, service, region, account, name = arn.split(":", 5)
    place = Place(account, region)
    if service == "sns":
        found = BASE.find(place, "sns", "GetTopicAttributes", TopicArn=arn)
    else:
        named = BASE.find(place, "sqs", "GetQueueUrl", QueueName=name)
        found = named and BASE.find(
            place,
            "sqs",
            "GetQueueAttributes",
            QueueUrl=named["QueueUrl"],
            AttributeNames=["All"],
        )
    return found and dict(found["Attributes"])


def _key_needs(
    config: Mapping[str, Any], arn: str, service: str, actions: tuple[str, ...]
) -> list[Need]:
    place = _place(config)
    return encryption.needs(key_of(arn), service, actions, place.account, place)


def _refused(config: Mapping[str, Any], needs: list[Need], via: str) -> Denial | None:
    principal = acting(str(config.get("Role")), str(config["FunctionName"]))
    return GATE.check(principal, needs, via, _place(config))


def _place(config: Mapping[str, Any]) -> Place:
    region, account = str(config["FunctionArn"]).split(":")[3:5]
    return Place(account, region)
