"""Counts of jobs: ListBackupJobSummaries, ListCopyJobSummaries and ListRestoreJobSummaries.

After the API's reference. ``ANY`` counts each value apart and ``AGGREGATE_ALL`` all together; a
value that is not given is taken as ``AGGREGATE_ALL``, which the reference's example of two requests
and their difference supposes. Not published, and so a guess: days are those of UTC, today is not
counted yet, and without a period the counts are by day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from ..wire.place import Place
from .lists import sees_all
from .times import now

# Operation -> what the answer calls its list, and a job its state.
OPERATIONS = {
    "ListBackupJobSummaries": ("BackupJobSummaries", "State"),
    "ListCopyJobSummaries": ("CopyJobSummaries", "State"),
    "ListRestoreJobSummaries": ("RestoreJobSummaries", "Status"),
}
DAY = 86400
# Each period's length in days; a summary is never of more than 14.
PERIODS = {"ONE_DAY": 1, "SEVEN_DAYS": 7, "FOURTEEN_DAYS": 14}
REMEMBERED = 14
MOST_RESULTS = 500
ANY, ALL = "ANY", "AGGREGATE_ALL"

Job = tuple[Place, dict[str, Any]]
# The part of a list that a query asks for, and the token of the rest.
Slice = Callable[[list[Any], dict[str, str]], tuple[list[Any], str | None]]


def answer(
    operation: str, place: Place, query: dict[str, str], jobs: Iterable[Job], part: Slice
) -> dict[str, Any]:
    """One of `OPERATIONS`, of ``jobs`` as they are described. Raises ``ValueError``."""
    named, state = OPERATIONS[operation]
    period = query.get("AggregationPeriod", "ONE_DAY")
    if period not in PERIODS:
        raise ValueError(f"AggregationPeriod must be one of {', '.join(PERIODS)}")
    if not 1 <= int(query.get("MaxResults", MOST_RESULTS)) <= MOST_RESULTS:
        raise ValueError(f"MaxResults must be from 1 to {MOST_RESULTS}")
    today = int(now()) // DAY * DAY
    counts: Counter[tuple[str, ...]] = Counter()
    windows: dict[tuple[str, ...], tuple[int, int]] = {}
    for at, job in jobs:
        window = _window(int(job["CreationDate"]), today, PERIODS[period])
        keys = _keys(place, at, job, state, query, operation)
        if window is None or keys is None:
            continue
        whole = (*keys.values(), str(window[0]))
        counts[whole] += 1
        windows[whole] = window
    names = [name for name in _FILTERS if name in _of(operation)]
    listed = [
        {
            "Region": place.region,
            **dict(zip(names, whole, strict=False)),
            "Count": counts[whole],
            "StartTime": float(windows[whole][0]),
            "EndTime": float(windows[whole][1]),
        }
        for whole in sorted(counts)
    ]
    texts = {"nextToken": query["NextToken"]} if "NextToken" in query else {}
    shown, token = part(listed, texts | {"maxResults": query.get("MaxResults", str(MOST_RESULTS))})
    found = {named: shown, "AggregationPeriod": period}
    return found | ({"NextToken": token} if token else {})


# What can be asked for, in the order of the answer's members.
_FILTERS = ("AccountId", "State", "ResourceType", "MessageCategory")


def _of(operation: str) -> tuple[str, ...]:
    """Restores have no category."""
    return _FILTERS[:3] if operation == "ListRestoreJobSummaries" else _FILTERS


def _keys(
    place: Place, at: Place, job: dict[str, Any], state: str, query: dict[str, str], operation: str
) -> dict[str, str] | None:
    """What a job is counted under; None for one that is not asked for."""
    if at.region != place.region or (at.account != place.account and not sees_all(place.account)):
        return None
    values = {
        "AccountId": at.account,
        "State": str(job[state]),
        "ResourceType": str(job["ResourceType"]),
        "MessageCategory": _category(job, state),
    }
    keys = {}
    for name in _of(operation):
        wanted = query.get(name, ALL)
        if name == "AccountId" and "AccountId" not in query:
            # Who names no account asks of its own.
            wanted = place.account
        if wanted not in (ANY, ALL, values[name]):
            return None
        keys[name] = ALL if wanted == ALL else values[name]
    return keys


def _category(job: dict[str, Any], state: str) -> str:
    """Of the reference's samples the two that fit: what fails here lacks a permission."""
    return {"COMPLETED": "SUCCESS", "FAILED": "AccessDenied"}.get(str(job[state]), str(job[state]))


def _window(created: int, today: int, days: int) -> tuple[int, int] | None:
    """The beginning and the end of the period in which a job is counted."""
    length = days * DAY
    ago = (today - created - 1) // length if created < today else -1
    if ago < 0 or (ago + 1) * days > REMEMBERED or (days > 1 and ago > 0):
        return None
    return today - (ago + 1) * length, today - ago * length
