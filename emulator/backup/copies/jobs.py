"""AWS Backup's copy jobs: from StartCopyJob to the copy and the last event.

States are those of the API's model (`CopyJobState`); the events have the shape of the guide's
samples, "Monitoring events using EventBridge", with `state` in all of them. They go to the account
and Region of the source, whose job it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import request_scope

from ...tags.stores import Tags, parse, store_of
from ...wire.native import Native, NativeError
from ...wire.place import Place
from ..events import BackupEvents
from ..jobs import Jobs
from ..recovery_points import RecoveryPoint, RecoveryPoints, users_tags
from ..times import iso, now
from . import kinds as copy_kinds
from . import rights as copy_rights
from .rights import Copy

_log = logging.getLogger(__name__)

_KIND = "Copy Job State Change"

# What events have of a job's description, under the same names but for the first letter's case.
_IN_EVENTS = (
    "CopyJobId",
    "DestinationBackupVaultArn",
    "DestinationRecoveryPointArn",
    "IamRoleArn",
    "ResourceArn",
    "ResourceType",
    "SourceBackupVaultArn",
    "StatusMessage",
)


@dataclass
class CopyJob:
    """One copy job; times are seconds since the epoch."""

    id: str
    copy: Copy
    state: str = "CREATED"
    message: str | None = None
    is_made: bool = False
    created_by: dict[str, str] | None = None
    # How long before its real end it is shown to have ended.
    seconds_ago: float = 0
    created: float = field(default_factory=now)
    completed: float | None = None

    @property
    def place(self) -> Place:
        """The account and Region that the job is in: the source's."""
        return self.copy.point.place

    def describe(self) -> dict[str, Any]:
        """The job as DescribeCopyJob and ListCopyJobs show it."""
        point = self.copy.point
        shown: dict[str, Any] = {
            "AccountId": self.place.account,
            "CopyJobId": self.id,
            "SourceBackupVaultArn": point.vault_arn,
            "SourceRecoveryPointArn": point.arn,
            "DestinationBackupVaultArn": self.copy.vault_arn,
            "ResourceArn": point.resource_arn,
            "ResourceType": point.resource_type,
            "CreationDate": self.created,
            "State": self.state,
            "BackupSizeInBytes": 0,
            "IamRoleArn": self.copy.role,
            "IsParent": False,
        }
        optional = {
            "CompletionDate": self.completed,
            "StatusMessage": self.message,
            "CreatedBy": self.created_by,
            "DestinationRecoveryPointArn": self.copy.arn if self.is_made else None,
        }
        return shown | {name: value for name, value in optional.items() if value is not None}

    def detail(self) -> dict[str, Any]:
        """The detail of the event about its present state."""
        described = self.describe()
        shown = {name[:1].lower() + name[1:]: described.get(name) for name in _IN_EVENTS}
        detail = {name: value for name, value in shown.items() if value is not None}
        detail |= {"backupSizeInBytes": 0, "creationDate": iso(self.created), "state": self.state}
        if self.completed:
            detail["completionDate"] = iso(self.completed)
        return detail


class CopyJobs(Jobs[CopyJob]):
    """The copy jobs of all accounts and Regions."""

    def __init__(
        self,
        native: Native,
        points: RecoveryPoints,
        events: BackupEvents,
        is_enabled: Callable[[str], bool],
    ) -> None:
        """``is_enabled``: has an account's organization cross-account backup switched on?"""
        super().__init__("copy job")
        self._native = native
        self._points = points
        self._events = events
        self._is_enabled = is_enabled

    def start(
        self,
        point: RecoveryPoint,
        destination: Place,
        vault: str,
        role: str,
        created_by: dict[str, str] | None = None,
        seconds_ago: float = 0,
    ) -> CopyJob:
        """Start a job, which goes on by itself; ``created_by`` is the plan's rule, if one does.

        A job of the past is shown as one of ``seconds_ago``.
        """
        job_id = self._new_id()
        arn = copy_kinds.arn_of_copy(point, destination, job_id)
        copy = Copy(point, destination, vault, role, arn)
        job = CopyJob(job_id, copy, created_by=created_by, seconds_ago=seconds_ago)
        job.created -= seconds_ago
        self._begin(job, self._run(job))
        return job

    async def _run(self, job: CopyJob) -> None:
        self._tell(job)
        try:
            # After the answer to StartCopyJob, and before it can matter to anyone.
            await asyncio.sleep(0)
            job.state = "RUNNING"
            self._tell(job)
            job.message = copy_rights.refusal(job.copy, self._is_enabled(job.place.account))
            if job.message is None:
                await self._copy(job)
                await asyncio.sleep(self.seconds)
            job.state = "COMPLETED" if job.is_made else "FAILED"
        except NativeError as error:
            job.state, job.message = "FAILED", error.message or error.code
        except Exception as error:
            # Nobody awaits the task: the job must say it.
            _log.exception("copy job %s", job.id)
            job.state, job.message = "FAILED", f"the emulator failed: {error!r}"
        job.completed = now() - job.seconds_ago
        self._tell(job)

    async def _copy(self, job: CopyJob) -> None:
        wanted = job.copy
        point = wanted.point
        tags = await self._tags(point)
        made = await copy_kinds.make(self._native, point, wanted.destination, wanted.arn, tags)
        key = wanted.destination_key or "alias/aws/backup"
        self._points.add(
            RecoveryPoint(
                arn=made.arn,
                place=wanted.destination,
                vault=wanted.vault,
                resource_arn=point.resource_arn,
                resource_type=point.resource_type,
                role=wanted.role,
                contents=made.contents,
                tags=tags if point.is_managed_in_full else None,
                source_tags=point.source_tags,
                keys=() if point.is_managed_in_full else (key,),
            )
        )
        job.is_made = True

    async def _tags(self, point: RecoveryPoint) -> Tags:
        """The tags of a recovery point, which its copy gets too."""
        if point.tags is not None:
            return dict(point.tags)
        resource = parse(point.arn)
        store = store_of(resource) if resource else None
        if resource is None or store is None:
            return {}
        with request_scope(*point.place):
            return users_tags(await store.read(self._native, resource))

    def _tell(self, job: CopyJob) -> None:
        self._events.send(job.place, _KIND, [job.copy.point.arn], job.detail())
