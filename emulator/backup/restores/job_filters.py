"""The filters of ListRestoreJobs, by their names in the query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from .jobs import RestoreJob

# From the text in the query to what a job must fulfil.
Filter = Callable[[str], Callable[[RestoreJob], bool]]


def _after(name: str) -> Filter:
    return lambda text: lambda job: (getattr(job, name) or 0) > seconds(text)


def _before(name: str) -> Filter:
    return lambda text: lambda job: 0 < (getattr(job, name) or 0) < seconds(text)


FILTERS: dict[str, Filter] = {
    "resourceType": lambda text: lambda job: job.point.resource_type == text,
    "status": lambda text: lambda job: job.status == text,
    "restoreTestingPlanArn": lambda text: lambda job: job.plan_arn == text,
    # No job here has children.
    "parentJobId": lambda text: lambda job: False,
    "createdAfter": _after("created"),
    "createdBefore": _before("created"),
    "completeAfter": _after("completed"),
    "completeBefore": _before("completed"),
}


def seconds(text: str) -> float:
    """A moment in a query: ISO 8601, or seconds since the epoch."""
    try:
        return float(text)
    except ValueError:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
