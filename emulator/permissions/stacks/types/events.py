"""AWS::Events::EventBus, AWS::Events::Rule and AWS::Scheduler::Schedule."""

from __future__ import annotations

from typing import Any

from ...needs import Need
from .keys import key_arn
from .resource import Demands, Passed, Properties, Resource, entries, last_part, on


def event_bus(resource: Resource) -> Demands:
    """After the published schema. PutPermission and RemovePermission have no resource in IAM."""
    arn = resource.arn("events", f"event-bus/{resource.name('Name')}")
    if resource.deletes:
        yield Need("events:DescribeEventBus", arn)
        if resource.has("Policy"):
            yield Need("events:RemovePermission")
        yield Need("events:DeleteEventBus", arn)
        return
    if resource.creates:
        yield Need("events:CreateEventBus", arn)
    elif any(
        resource.sets(name) or resource.drops(name)
        for name in ("DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig")
    ):
        yield Need("events:UpdateEventBus", arn)
    if resource.sets("Policy"):
        yield Need("events:PutPermission")
    key = str(resource.properties.get("KmsKeyIdentifier") or "")
    if key and resource.sets("KmsKeyIdentifier"):
        via = f"events.{resource.region}.amazonaws.com"
        yield from on(
            key_arn(resource, key),
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:Decrypt",
            kms__ViaService=via,
        )
    yield from resource.tagging(arn, "events:TagResource", "events:UntagResource")
    yield from on(arn, "events:DescribeEventBus", "events:ListTagsForResource")


def rule(resource: Resource) -> Demands:
    """After the published schema; a role is passed when it is written, not at every read."""
    name = resource.name("Name")
    bus = last_part(str(resource.properties.get("EventBusName") or "default"))
    arn = resource.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")
    targets, before = _targets(resource.properties), _targets(resource.previous)
    yield Need("events:DescribeRule", arn)
    if resource.deletes:
        yield Need("events:ListTargetsByRule", arn)
        if targets:
            yield Need("events:RemoveTargets", arn)
        yield Need("events:DeleteRule", arn)
        return
    if resource.creates or any(
        resource.sets(name) or resource.drops(name)
        for name in ("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State")
    ):
        yield Need("events:PutRule", arn)
    if resource.sets("RoleArn"):
        yield Passed(str(resource.properties["RoleArn"]), "events.amazonaws.com")
    written = [target for id, target in targets.items() if before.get(id) != target]
    for target in written:
        yield Need("events:PutTargets", arn, {"events:targetarn": str(target.get("Arn", ""))})
    for role in sorted({str(target["RoleArn"]) for target in written if target.get("RoleArn")}):
        yield Passed(role, "events.amazonaws.com")
    if set(before) - set(targets):
        yield Need("events:RemoveTargets", arn)
    yield from resource.tagging(arn, "events:TagResource", "events:UntagResource")
    yield from on(arn, "events:ListTargetsByRule", "events:ListTagsForResource")


def schedule(resource: Resource) -> Demands:
    """After the published schema."""
    group = resource.properties.get("GroupName") or "default"
    arn = resource.arn("scheduler", f"schedule/{group}/{resource.name('Name')}")
    verb = {"create": "Create", "update": "Update"}.get(resource.operation, "Delete")
    yield Need(f"scheduler:{verb}Schedule", arn)
    role = (resource.properties.get("Target") or {}).get("RoleArn")
    if role and not resource.deletes:
        # UpdateSchedule writes the whole schedule, and so passes the role again.
        yield Passed(str(role), "scheduler.amazonaws.com")
    yield Need("scheduler:GetSchedule", arn)


def _targets(properties: Properties) -> dict[str, dict[str, Any]]:
    return {str(target.get("Id")): target for target in entries(properties.get("Targets"))}
