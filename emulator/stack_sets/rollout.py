"""How an operation goes through accounts and Regions: how many at once, and when it stops.

As CloudFormation's guide has it under "stack set operation options". Knows
nothing of stacks: it is given a function that acts in one place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..wire.place import Place
from .model import Targets

# What AWS gives as reason for a place that it did not try any more.
TOLERANCE_EXCEEDED = "Cancelled since failure tolerance has exceeded"
STOPPED = "Cancelled by user"

# Acts in one place; the reason when that failed.
Act = Callable[[Place], str | None]
# Told the place, the status and the reason of each result as it comes.
Report = Callable[[Place, str, str], None]


@dataclass(frozen=True)
class Limits:
    """The preferences of an operation for a Region with so many accounts."""

    concurrent: int
    tolerance: int
    strict: bool

    @classmethod
    def of(cls, preferences: dict[str, Any], accounts: int) -> Limits:
        """Percentages are rounded down, concurrency to no less than one."""
        tolerance = int(preferences.get("FailureToleranceCount") or 0)
        if (share := preferences.get("FailureTolerancePercentage")) is not None:
            tolerance = int(share) * accounts // 100
        concurrent = int(preferences.get("MaxConcurrentCount") or 1)
        if (share := preferences.get("MaxConcurrentPercentage")) is not None:
            concurrent = max(1, int(share) * accounts // 100)
        mode = preferences.get("ConcurrencyMode", "STRICT_FAILURE_TOLERANCE")
        return cls(concurrent, tolerance, mode == "STRICT_FAILURE_TOLERANCE")

    def at_once(self, failures: int) -> int:
        """How many may be under way after so many failures."""
        if not self.strict:
            return self.concurrent
        return min(self.concurrent, self.tolerance + 1 - failures)


class Rollout:
    """One walk through all places of an operation."""

    def __init__(self, act: Act, report: Report, stopped: Callable[[], bool]) -> None:
        self._act = act
        self._report = report
        self._stopped = stopped
        # Set when a Region's failures exceed its tolerance: no other is begun or continued.
        self._exceeded = threading.Event()

    def run(self, targets: Targets, preferences: dict[str, Any]) -> bool:
        """Go through the places; whether failures stayed within the tolerance."""
        regions = _regions_in_order(targets, preferences)
        walks = [
            threading.Thread(
                target=self._walk,
                args=(region, accounts, Limits.of(preferences, len(accounts))),
                daemon=True,
            )
            for region, accounts in regions.items()
        ]
        parallel = preferences.get("RegionConcurrencyType") == "PARALLEL"
        for walk in walks:
            walk.start()
            if not parallel:
                walk.join()
        for walk in walks:
            walk.join()
        return not self._exceeded.is_set()

    def _walk(self, region: str, accounts: list[str], limits: Limits) -> None:
        waiting = list(accounts)
        under_way: list[threading.Thread] = []
        failed: list[str] = []
        changed = threading.Condition()

        def attempt(account: str) -> None:
            place = Place(account, region)
            reason = self._act(place)
            with changed:
                if reason is not None:
                    failed.append(account)
                if len(failed) > limits.tolerance:
                    self._exceeded.set()
                self._report(
                    Place(account, region), "FAILED" if reason else "SUCCEEDED", reason or ""
                )
                under_way.remove(threading.current_thread())
                changed.notify()

        with changed:
            while waiting and not self._exceeded.is_set() and not self._stopped():
                if len(under_way) < limits.at_once(len(failed)):
                    account = waiting.pop(0)
                    self._report(Place(account, region), "RUNNING", "")
                    thread = threading.Thread(target=attempt, args=(account,), daemon=True)
                    under_way.append(thread)
                    thread.start()
                else:
                    # A timeout: another Region may exceed its tolerance meanwhile.
                    changed.wait(0.1)
            changed.wait_for(lambda: not under_way)
        reason = TOLERANCE_EXCEEDED if self._exceeded.is_set() else STOPPED
        for account in waiting:
            self._report(Place(account, region), "CANCELLED", reason)


def _regions_in_order(targets: Targets, preferences: dict[str, Any]) -> dict[str, list[str]]:
    """Region -> accounts, in the wanted order of Regions, else in the order of the request."""
    order = list(preferences.get("RegionOrder") or [])
    found = list(dict.fromkeys(region for _, region in targets))
    ranked = [region for region in order if region in found]
    ranked += [region for region in found if region not in ranked]
    return {region: [account for account, place in targets if place == region] for region in ranked}
