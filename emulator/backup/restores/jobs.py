"""AWS Backup's restore jobs: from StartRestoreJob to the resource and the last event."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import request_scope

from ...tags.stores import Tags, parse, store_of
from ...wire.native import Native, NativeError
from ...wire.place import Place
from ..events import BackupEvents
from ..instances import Instances
from ..jobs import Jobs
from ..recovery_points import RecoveryPoint
from ..times import iso, now
from . import kinds as restore_kinds
from .kinds import RESTORE_TEST_TAG, Metadata

_log = logging.getLogger(__name__)

# Types for which CopySourceTagsToRestoredResource fails the job ("Copy tags during a restore").
_NO_NATIVE_COPY = frozenset({"DynamoDB", "S3"})


@dataclass
class RestoreJob:
    """One restore job; times are seconds since the epoch."""

    id: str
    place: Place
    point: RecoveryPoint
    metadata: Metadata
    role: str
    copies_tags: bool = False
    plan_arn: str | None = None
    status: str = "PENDING"
    message: str | None = None
    created_resource: str | None = None
    created: float = field(default_factory=now)
    completed: float | None = None

    def describe(self) -> dict[str, Any]:
        """The job as DescribeRestoreJob and ListRestoreJobs show it."""
        shown: dict[str, Any] = {
            "AccountId": self.place.account,
            "RestoreJobId": self.id,
            "RecoveryPointArn": self.point.arn,
            "SourceResourceArn": self.point.resource_arn,
            "BackupVaultArn": self.point.vault_arn,
            "CreationDate": self.created,
            "Status": self.status,
            "PercentDone": "100.00%" if self.status == "COMPLETED" else "0.00%",
            "BackupSizeInBytes": 0,
            "IamRoleArn": self.role,
            "ResourceType": self.point.resource_type,
            "RecoveryPointCreationDate": self.point.created,
            "IsParent": False,
        }
        optional = {
            "CompletionDate": self.completed,
            "StatusMessage": self.message,
            "CreatedResourceArn": self.created_resource,
            "CreatedBy": {"RestoreTestingPlanArn": self.plan_arn} if self.plan_arn else None,
        }
        return shown | {name: value for name, value in optional.items() if value is not None}

    def detail(self) -> dict[str, Any]:
        """The detail of the event about its present status."""
        detail: dict[str, Any] = {
            "restoreJobId": self.id,
            "backupSizeInBytes": "0",
            "creationDate": iso(self.created),
            "iamRoleArn": self.role,
            "percentDone": 0,
            "resourceType": self.point.resource_type,
            "status": self.status,
        }
        if self.message:
            detail["statusMessage"] = self.message
        if self.plan_arn:
            detail["restoreTestingPlanArn"] = self.plan_arn
        if self.status == "COMPLETED":
            detail |= {
                "backupVaultArn": self.point.vault_arn,
                "recoveryPointArn": self.point.arn,
                "sourceResourceArn": self.point.resource_arn,
                "createdResourceArn": self.created_resource,
            }
        if self.completed:
            detail["completionDate"] = iso(self.completed)
        return detail


class RestoreJobs(Jobs[RestoreJob]):
    """The restore jobs of all accounts and Regions."""

    def __init__(self, native: Native, instances: Instances, events: BackupEvents) -> None:
        super().__init__("restore job")
        self._native = native
        self._instances = instances
        self._events = events

    def start(
        self,
        point: RecoveryPoint,
        metadata: Metadata,
        role: str,
        *,
        copies_tags: bool = False,
        plan_arn: str | None = None,
    ) -> RestoreJob:
        """Start a job, which goes on by itself; ``plan_arn`` makes it a restore test."""
        job_id = self._new_id()
        job = RestoreJob(job_id, point.place, point, metadata, role, copies_tags, plan_arn)
        self._begin(job, self._run(job))
        return job

    async def _run(self, job: RestoreJob) -> None:
        self._tell_created(job)
        self._tell(job)
        with request_scope(*job.place):
            try:
                # After the answer to StartRestoreJob, and before it can matter to anyone.
                await asyncio.sleep(0)
                job.status = "RUNNING"
                self._tell(job)
                job.created_resource = await self._restore(job)
                await asyncio.sleep(self.seconds)
                job.status = "COMPLETED"
            except NativeError as error:
                job.status, job.message = "FAILED", error.message or error.code
            except Exception as error:
                # Nobody awaits the task: the job must say it.
                _log.exception("restore job %s", job.id)
                job.status, job.message = "FAILED", f"the emulator failed: {error!r}"
        job.completed = now()
        self._tell(job)

    async def _restore(self, job: RestoreJob) -> str:
        if job.copies_tags and job.point.resource_type in _NO_NATIVE_COPY:
            raise NativeError(
                "InvalidParameterValueException",
                f"Copying tags is not supported for {job.point.resource_type}.",
            )
        prefix = "awsbackup-restore-test-" if job.plan_arn else "restored-"
        asked = restore_kinds.Restore(
            place=job.place,
            point_arn=job.point.arn,
            source_arn=job.point.resource_arn,
            contents=job.point.contents,
            wanted={name.lower(): value for name, value in job.metadata.items()},
            name=f"{prefix}{job.id[:8].lower()}",
        )
        arn = await restore_kinds.restore(self._native, self._instances, asked)
        tags: Tags = dict(job.point.source_tags) if job.copies_tags else {}
        if job.plan_arn:
            tags[RESTORE_TEST_TAG] = job.plan_arn.rpartition(":")[2]
        await self._tag(arn, tags)
        return arn

    async def _tag(self, arn: str, tags: Tags) -> None:
        resource = parse(arn)
        store = store_of(resource) if resource else None
        if tags and resource is not None and store is not None:
            await store.add(self._native, resource, tags)

    def _tell_created(self, job: RestoreJob) -> None:
        """The first event has less in it, and `state` where the others have `status`."""
        detail = {
            "restoreJobId": job.id,
            "creationDate": iso(job.created),
            "state": "CREATED",
        }
        self._events.send(job.place, _KIND, [job.point.arn], detail)

    def _tell(self, job: RestoreJob) -> None:
        self._events.send(job.place, _KIND, [job.point.arn], job.detail())


_KIND = "Restore Job State Change"
