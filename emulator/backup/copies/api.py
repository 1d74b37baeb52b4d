"""AWS Backup's API for copies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ministack.services import backup

from ...wire.native import NativeError
from ...wire.place import Place
from ..lists import reach
from ..recovery_points import RecoveryPoints
from ..restores.job_filters import seconds
from .jobs import CopyJob, CopyJobs

OPERATIONS = frozenset({"StartCopyJob", "DescribeCopyJob", "ListCopyJobs"})

_VAULT = re.compile(r"arn:aws[a-z-]*:backup:([a-z0-9-]+):(\d{12}):backup-vault:([\w-]{2,50})")

# The page of a list that a query asks for, as the answer has it.
Page = Callable[[str, list[Any], dict[str, str]], dict[str, Any]]

# From a text in the query of ListCopyJobs to what a job must fulfil.
_FILTERS: dict[str, Callable[[CopyJob, str], bool]] = {
    "completeAfter": lambda job, text: (job.completed or 0) > seconds(text),
    "completeBefore": lambda job, text: 0 < (job.completed or 0) < seconds(text),
    "createdAfter": lambda job, text: job.created > seconds(text),
    "createdBefore": lambda job, text: job.created < seconds(text),
    "destinationVaultArn": lambda job, text: job.copy.vault_arn == text,
    # No job here has children.
    "parentJobId": lambda job, text: False,
    "resourceArn": lambda job, text: job.copy.point.resource_arn == text,
    "resourceType": lambda job, text: job.copy.point.resource_type == text,
    "sourceRecoveryPointArn": lambda job, text: job.copy.point.arn == text,
    "state": lambda job, text: job.state == text,
}


class CopyApi:
    """Answers what concerns copy jobs."""

    def __init__(self, points: RecoveryPoints, jobs: CopyJobs) -> None:
        self._points = points
        self._jobs = jobs

    def answer(
        self,
        operation: str,
        place: Place,
        labels: dict[str, str],
        query: dict[str, str],
        payload: dict[str, Any],
        page: Page,
    ) -> dict[str, Any]:
        """One of `OPERATIONS`. Raises `NativeError` or ``ValueError``."""
        if operation == "StartCopyJob":
            return self.start(place, payload)
        if operation == "ListCopyJobs":
            kept = [
                job.describe() for job in reversed(self._jobs.all()) if _keeps(job, place, query)
            ]
            return page("CopyJobs", kept, query)
        job = self._jobs.find(place, labels["CopyJobId"])
        if job is None:
            raise NativeError("ResourceNotFoundException", "Cannot find copy job.")
        return {"CopyJob": job.describe()}

    def described(self) -> list[tuple[Place, dict[str, Any]]]:
        """Every job with its place."""
        return [(job.place, job.describe()) for job in self._jobs.all()]

    def start(
        self,
        place: Place,
        payload: dict[str, Any],
        created_by: dict[str, str] | None = None,
        seconds_ago: float = 0,
    ) -> dict[str, Any]:
        """StartCopyJob; ``created_by`` is the plan's rule that makes it, if one does.

        A job of the past is shown as one of ``seconds_ago``.
        """
        asked = ("RecoveryPointArn", "SourceBackupVaultName", "DestinationBackupVaultArn")
        for name in (*asked, "IamRoleArn"):
            if not payload.get(name):
                raise NativeError("MissingParameterValueException", f"{name} is missing")
        arn, vault, destination = (str(payload[name]) for name in asked)
        point = self._points.find(place, arn)
        if point is None or point.vault != vault:
            raise NativeError("ResourceNotFoundException", "Cannot find recovery point.")
        found = _VAULT.fullmatch(destination)
        if found is None:
            raise ValueError(f"Invalid destination backup vault ARN: {destination}")
        target = Place(found[2], found[1])
        if destination == point.vault_arn:
            raise ValueError("Source and destination backup vaults must not be the same")
        if backup._vaults.get_scoped(*target, found[3]) is None:
            raise NativeError("ResourceNotFoundException", f"Backup vault not found: {found[3]}")
        role = str(payload["IamRoleArn"])
        job = self._jobs.start(point, target, found[3], role, created_by, seconds_ago)
        return {"CopyJobId": job.id, "CreationDate": job.created, "IsParent": False}


def _keeps(job: CopyJob, place: Place, query: dict[str, str]) -> bool:
    return reach(place, query)(job.place) and all(
        keeps(job, query[name]) for name, keeps in _FILTERS.items() if name in query
    )
