"""Events as EventBridge has them, and their way to the rules of a bus."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from ..wire.place import Place

# An event as the base hands it from a rule to a target.
Event = dict[str, Any]


def event(
    place: Place, source: str, kind: str, resources: list[str], detail: Mapping[str, Any]
) -> Event:
    """A new event of an AWS service."""
    return {
        "EventId": str(uuid.uuid4()),
        "Source": source,
        "DetailType": kind,
        "Detail": json.dumps(detail),
        "EventBusName": "default",
        "Time": int(time.time()),
        "Resources": resources,
        "Account": place.account,
        "Region": place.region,
    }


def dispatch(place: Place, event: Event) -> None:
    """Hand an event to the rules of a place.

    Clients cannot do this: PutEvents refuses a source that begins with `aws.`.
    """
    with request_scope(*place):
        eventbridge._dispatch_event(event)


def envelope(event: Event) -> dict[str, Any]:
    """What a target gets of an event."""
    return {
        "version": "0",
        "id": event["EventId"],
        "detail-type": event["DetailType"],
        "source": event["Source"],
        "account": event["Account"],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event["Time"])),
        "region": event["Region"],
        "resources": event["Resources"],
        "detail": json.loads(event["Detail"]),
    }
