"""How many at once, and when an operation stops: tables, with nothing deployed."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest

from ...stack_sets.model import Targets
from ...stack_sets.rollout import TOLERANCE_EXCEEDED, Limits, Rollout
from ...wire.place import Place
from ..world import PATIENCE

TEN = [f"{number:012d}" for number in range(10)]


def places(accounts: list[str], *regions: str) -> Targets:
    return {Place(account, region): "" for region in regions for account in accounts}


class Recorder:
    """Acts by failing in some places; remembers results and the highest concurrency.

    The first ``together`` places wait until all of them have begun.
    """

    def __init__(
        self, failing: set[Place] | frozenset[Place] = frozenset(), together: int = 1
    ) -> None:
        self.failing = failing
        self._together = threading.Barrier(together)
        self._waits = together
        self.results: dict[Place, tuple[str, str]] = {}
        self.order: list[Place] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def act(self, place: Place) -> str | None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.order.append(place)
            waits = len(self.order) <= self._waits
        if waits:
            with contextlib.suppress(threading.BrokenBarrierError):
                self._together.wait(PATIENCE)
        with self._lock:
            self._now -= 1
        return "no" if place in self.failing else None

    def report(self, place: Place, status: str, reason: str) -> None:
        self.results[place] = (status, reason)

    def run(self, targets: Targets, **preferences: Any) -> bool:
        return Rollout(self.act, self.report, lambda: False).run(targets, preferences)

    def statuses(self, region: str = "a") -> list[str]:
        return [self.results[Place(account, region)][0] for account in TEN]


@pytest.mark.parametrize(
    ("preferences", "accounts", "limits"),
    [
        ({}, 10, (1, 0, 1)),
        ({"MaxConcurrentCount": 5}, 10, (5, 0, 1)),
        ({"MaxConcurrentCount": 5, "FailureToleranceCount": 2}, 10, (5, 2, 3)),
        ({"MaxConcurrentPercentage": 25, "FailureTolerancePercentage": 10}, 4, (1, 0, 1)),
        ({"MaxConcurrentPercentage": 25, "FailureTolerancePercentage": 10}, 30, (7, 3, 4)),
        ({"MaxConcurrentPercentage": 1}, 3, (1, 0, 1)),
        (
            {"MaxConcurrentCount": 5, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"},
            10,
            (5, 0, 5),
        ),
    ],
)
def test_percentages_are_rounded_down_and_strict_mode_lowers_concurrency(
    preferences: dict[str, Any], accounts: int, limits: tuple[int, int, int]
) -> None:
    found = Limits.of(preferences, accounts)
    assert (found.concurrent, found.tolerance, found.at_once(0)) == limits


def test_by_default_one_after_another_and_the_first_failure_stops() -> None:
    recorder = Recorder({Place(TEN[2], "a")})
    assert not recorder.run(places(TEN, "a", "b"))
    assert recorder.most == 1
    assert recorder.statuses() == ["SUCCEEDED"] * 2 + ["FAILED"] + ["CANCELLED"] * 7
    assert recorder.results[Place(TEN[3], "a")] == ("CANCELLED", TOLERANCE_EXCEEDED)
    # No subsequent Region is tried.
    assert recorder.statuses("b") == ["CANCELLED"] * 10


def test_failures_within_the_tolerance_do_not_stop_it() -> None:
    recorder = Recorder({Place(TEN[0], "a"), Place(TEN[5], "a"), Place(TEN[0], "b")})
    assert recorder.run(places(TEN, "a", "b"), FailureToleranceCount=2, MaxConcurrentCount=3)
    assert recorder.statuses().count("FAILED") == 2
    assert recorder.statuses("b").count("SUCCEEDED") == 9


def test_strict_mode_never_fails_more_than_one_above_the_tolerance() -> None:
    recorder = Recorder({Place(account, "a") for account in TEN})
    assert not recorder.run(places(TEN, "a"), FailureToleranceCount=2, MaxConcurrentCount=10)
    assert recorder.most <= 3
    assert recorder.statuses().count("FAILED") == 3


def test_soft_mode_keeps_its_concurrency_and_may_fail_more() -> None:
    recorder = Recorder({Place(account, "a") for account in TEN}, together=4)
    soft = "SOFT_FAILURE_TOLERANCE"
    assert not recorder.run(places(TEN, "a"), MaxConcurrentCount=4, ConcurrencyMode=soft)
    assert recorder.most == 4
    assert recorder.statuses().count("FAILED") == 4


def test_regions_one_after_another_in_the_wanted_order_or_all_at_once() -> None:
    recorder = Recorder()
    assert recorder.run(places(TEN[:1], "a", "b", "c"), RegionOrder=["c", "a"])
    assert [region for _, region in recorder.order] == ["c", "a", "b"]
    recorder = Recorder(together=3)
    assert recorder.run(places(TEN[:1], "a", "b", "c"), RegionConcurrencyType="PARALLEL")
    assert recorder.most == 3
