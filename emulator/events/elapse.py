"""Time that passes at once: a queue's visibility timeouts, a schedule's interval.

A demonstration cannot wait for 36 minutes. Nothing else changes: receive counts
rise, redrive policies hold, and functions are invoked as if the time had passed.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge, lambda_svc, sqs

from ..functions import queue_batches
from ..wire.native import BASE
from ..wire.place import Place
from . import bus

# A function that is given a message for longer than this is stuck.
LONGEST_BATCH_SECONDS = 120


def queues() -> list[dict[str, Any]]:
    """Every queue with its messages by state; ``at_work`` are those that a function has."""
    shown = []
    for (account, region, _), queue in sorted(sqs._queues._data.items()):
        arn = queue["attributes"].get("QueueArn", "")
        now = time.time()
        waiting = [message for message in queue["messages"] if message["visible_at"] <= now]
        at_work = _at_work(queue)
        shown.append(
            {
                "account": account,
                "region": region,
                "name": arn.rpartition(":")[2],
                "visible": len(waiting),
                "at_work": at_work,
                "hidden": len(queue["messages"]) - len(waiting) - at_work,
            }
        )
    return shown


def under_way() -> list[dict[str, Any]]:
    """Queues with messages that a function has, or gets as soon as its mapping polls."""
    found = []
    for queue in queues():
        arn = f"arn:aws:sqs:{queue['region']}:{queue['account']}:{queue['name']}"
        if queue["at_work"] or (queue["visible"] and _mappings(arn)):
            numbers = f"{queue['visible']} visible, {queue['at_work']} at work in a function"
            found.append({"id": arn, "what": f"messages of the queue {arn}: {numbers}"})
    return found


async def visibility_timeouts(place: Place, name: str) -> int:
    """Make every message of a queue visible that a function gave back; how many.

    First waits for the messages that functions still work on: no visibility timeout
    that is six times the function's can pass meanwhile.
    """
    queue = _queue(place, name)
    arn = queue["attributes"]["QueueArn"]
    deadline = time.monotonic() + LONGEST_BATCH_SECONDS
    while _at_work(queue):
        if time.monotonic() > deadline:
            raise ValueError(f"a function still works on messages of `{name}`")
        await asyncio.sleep(0.02)
    now = time.time()
    changed = 0
    with sqs._queues_lock:
        for message in queue["messages"]:
            if message["visible_at"] > now:
                message["visible_at"] = now
                changed += 1
    # The mapping pauses for a second after a failed invocation; that has passed too.
    for mapping in _mappings(arn):
        lambda_svc._esm_backoff_until._data.pop(mapping, None)
    lambda_svc._esm_wake.set()
    return changed


def schedule(place: Place, name: str) -> None:
    """Let the interval of a schedule or a scheduled rule pass, so that it fires now, once."""
    with request_scope(*place):
        if (found := _schedule(place, name)) is not None:
            _fire(place, "aws.scheduler", found, [found["Target"]])
        elif (rule := BASE.find(place, "events", "DescribeRule", Name=name)) is not None:
            if not rule.get("ScheduleExpression"):
                raise ValueError(f"the rule `{name}` has no schedule")
            targets = BASE.ask(place, "events", "ListTargetsByRule", Rule=name)["Targets"]
            _fire(place, "aws.events", rule, targets)
        else:
            raise ValueError(f"no schedule `{name}` in {place.account}, {place.region}")


def _schedule(place: Place, name: str) -> dict[str, Any] | None:
    """A schedule of this name, in whichever group it is."""
    listed = BASE.ask(place, "scheduler", "ListSchedules", NamePrefix=name)["Schedules"]
    for entry in (entry for entry in listed if entry["Name"] == name):
        return BASE.ask(place, "scheduler", "GetSchedule", Name=name, GroupName=entry["GroupName"])
    return None


def _fire(place: Place, source: str, rule: dict[str, Any], targets: list[dict[str, Any]]) -> None:
    if rule.get("State") != "ENABLED":
        raise ValueError(f"the schedule `{rule['Name']}` is disabled")
    event = bus.event(place, source, "Scheduled Event", [rule["Arn"]], {})
    for target in targets:
        eventbridge._invoke_target(target, event, rule)


def _queue(place: Place, name: str) -> dict[str, Any]:
    for key, queue in list(sqs._queues._data.items()):
        arn = str(queue["attributes"].get("QueueArn", ""))
        if key[:2] == place and arn.rpartition(":")[2] == name:
            found: dict[str, Any] = queue
            return found
    raise ValueError(f"no queue `{name}` in {place.account}, {place.region}")


def _mappings(arn: str) -> list[tuple[str, str, str]]:
    """The keys of the event source mappings of a queue."""
    region, account = arn.split(":")[3:5]
    place = Place(account, region)
    found = BASE.ask(place, "lambda", "ListEventSourceMappings", EventSourceArn=arn)
    return [(account, region, mapping["UUID"]) for mapping in found["EventSourceMappings"]]


def _at_work(queue: dict[str, Any]) -> int:
    """How many messages a function has; none where no mapping gives any to a function."""
    if not _mappings(queue["attributes"].get("QueueArn", "")):
        return 0
    return sum(queue_batches.is_at_work(message) for message in list(queue["messages"]))
