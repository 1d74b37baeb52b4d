"""The events that AWS Backup sends to EventBridge, and what may happen to them.

AWS sends them best effort, and EventBridge delivers at least once: a test can
have the next ones lost, delivered twice, or held back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..events import bus
from ..wire.place import Place

EFFECTS = ("lose", "duplicate", "hold")


@dataclass
class Sent:
    """An event with what became of it: ``fate`` is sent, lost, sent twice or held."""

    place: Place
    event: dict[str, Any]
    fate: str = "sent"
    deliveries: int = 0


@dataclass
class Disturbance:
    """What happens to the next ``times`` events with this status."""

    effect: str
    times: int = 1
    status: str = "COMPLETED"

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"unknown effect `{self.effect}`; known are {', '.join(EFFECTS)}")
        if not isinstance(self.times, int) or self.times < 1:
            raise ValueError("`times` must be an integer of at least 1")


@dataclass
class BackupEvents:
    """All events so far, oldest first, and the disturbances to come."""

    sent: list[Sent] = field(default_factory=list)
    disturbances: list[Disturbance] = field(default_factory=list)

    def clear(self) -> None:
        """Forget everything."""
        self.sent.clear()
        self.disturbances.clear()

    def send(self, place: Place, kind: str, resources: list[str], detail: dict[str, Any]) -> Sent:
        """Send an event, or do with it what a disturbance says."""
        entry = Sent(place, bus.event(place, "aws.backup", kind, resources, detail))
        self.sent.append(entry)
        effect = self._effect(str(detail.get("status", detail.get("state"))))
        if effect == "lose":
            entry.fate = "lost"
        elif effect == "hold":
            entry.fate = "held"
        else:
            entry.fate = "sent twice" if effect == "duplicate" else "sent"
            for _ in range(2 if effect == "duplicate" else 1):
                deliver(entry)
        return entry

    def release(self) -> int:
        """Send every event that is held back; how many."""
        held = [entry for entry in self.sent if entry.fate == "held"]
        for entry in held:
            entry.fate = "sent"
            deliver(entry)
        return len(held)

    def find(self, event_id: str) -> Sent:
        """The event of this id. Raises ``ValueError``."""
        for entry in self.sent:
            if entry.event["EventId"] == event_id:
                return entry
        raise ValueError(f"no event `{event_id}`")

    def show(self) -> list[dict[str, Any]]:
        """Every event for the control plane."""
        return [
            {
                "id": entry.event["EventId"],
                "account": entry.place.account,
                "region": entry.place.region,
                "kind": entry.event["DetailType"],
                "resources": entry.event["Resources"],
                "detail": json.loads(entry.event["Detail"]),
                "fate": entry.fate,
                "deliveries": entry.deliveries,
            }
            for entry in list(self.sent)
        ]

    def _effect(self, status: str) -> str | None:
        for disturbance in self.disturbances:
            if disturbance.times and disturbance.status in ("*", status):
                disturbance.times -= 1
                return disturbance.effect
        return None


def deliver(entry: Sent) -> None:
    """Hand an event to EventBridge's rules; a second time it is the same event, with its id."""
    bus.dispatch(entry.place, entry.event)
    entry.deliveries += 1
