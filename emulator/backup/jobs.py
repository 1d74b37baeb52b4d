"""Jobs of AWS Backup: which there are, and that they run until they end or are stopped."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any, Generic, Protocol, TypeVar

from ..frame import under_way
from ..wire.place import Place

# How long a job is RUNNING; on AWS it is minutes or hours.
SECONDS = 0.2


class Job(Protocol):
    """What every job has."""

    id: str

    @property
    def place(self) -> Place:
        """The account and Region that the job is in."""


AnyJob = TypeVar("AnyJob", bound=Job)


class Jobs(Generic[AnyJob]):
    """The jobs of one kind, of all accounts and Regions."""

    def __init__(self, kind: str) -> None:
        """``kind`` names the jobs to who asks what is under way."""
        self._kind = kind
        self._jobs: dict[str, AnyJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.seconds = SECONDS

    def clear(self) -> None:
        """Stop every job and forget it."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._jobs.clear()
        self.seconds = SECONDS

    def all(self) -> list[AnyJob]:
        """Every job, oldest first."""
        return list(self._jobs.values())

    def find(self, place: Place, job_id: str) -> AnyJob | None:
        """The job of this id in this account and Region."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.place == place else None

    @staticmethod
    def _new_id() -> str:
        return str(uuid.uuid4()).upper()

    def _begin(self, job: AnyJob, work: Coroutine[Any, Any, None]) -> None:
        """Keep a job, whose work goes on by itself."""
        self._jobs[job.id] = job
        task = under_way.task(f"the {self._kind} {job.id}", work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
