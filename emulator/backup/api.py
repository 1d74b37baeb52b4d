"""AWS Backup's API for backups, copies and restores; vaults and plans are the base's."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ..cloudformation import kept_policies
from ..tags.rules import MOST_TAGS, is_system
from ..wire import rest_routes
from ..wire.native import Handler, NativeError
from ..wire.place import Place, here
from . import lists
from .changes import Changes
from .copies import api as copy_api
from .copies.api import CopyApi
from .recovery_points import RecoveryPoint, RecoveryPoints
from .restores import job_filters
from .restores.jobs import RestoreJob, RestoreJobs
from .times import now

Headers = dict[str, str]
Response = tuple[int, Headers, bytes]

MOST_RESULTS = 1000

_OF_JOBS = frozenset(
    {
        "StartRestoreJob",
        "ListRestoreJobs",
        "DescribeRestoreJob",
        "GetRestoreJobMetadata",
        "PutRestoreValidationResult",
    }
)


class BackupApi:
    """Answers what concerns recovery points, copies and restores; the base answers the rest."""

    def __init__(
        self,
        points: RecoveryPoints,
        jobs: RestoreJobs,
        copies: CopyApi,
        changes: Changes,
        base: Handler,
    ) -> None:
        self._points = points
        self._jobs = jobs
        self._copies = copies
        self._changes = changes
        self._base = base
        self._backup_jobs: dict[tuple[Place, str], dict[str, Any]] = {}
        # What requests with a token were answered: sent again, they start nothing.
        self._answered: dict[tuple[Place, str, str], dict[str, Any]] = {}
        # By restore job; each can be set once.
        self._validations: dict[str, dict[str, str]] = {}
        # The most entries of one page, whatever is asked for.
        self.page_size = MOST_RESULTS

    def clear(self) -> None:
        """Forget every backup job."""
        self._backup_jobs.clear()
        self._answered.clear()
        self._validations.clear()
        self.page_size = MOST_RESULTS

    async def handle(
        self, method: str, path: str, headers: Headers, body: bytes, query: Any
    ) -> Response:
        """One call."""
        texts = {k: v[0] if isinstance(v, list) else v for k, v in (query or {}).items()}
        operation, labels = rest_routes.match("backup", method, path, texts, headers)
        try:
            payload = json.loads(body) if body else {}
            place = here()
            request = (place, operation, str(payload.get("IdempotencyToken", "")))
            answer: dict[str, Any] | None = self._answered.get(request)
            if answer is not None:
                pass
            elif operation == "StartBackupJob":
                answer = await self.start_backup_job(place, payload)
            elif operation in copy_api.OPERATIONS:
                asked = (operation, place, labels, texts, payload)
                answer = self._copies.answer(*asked, self._page)
            elif operation in _OF_JOBS:
                answer = self._jobs_answer(operation, place, labels, texts, payload)
            else:
                answer = self._points_answer(operation, place, labels, texts, payload)
        except NativeError as error:
            return _error(error.code, error.message)
        except ValueError as error:
            return _error("InvalidParameterValueException", str(error))
        if answer is not None and request[2]:
            self._answered[request] = answer
        if answer is None:
            response: Response = await self._base(method, path, headers, body, query)
            return response
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _points_answer(
        self,
        operation: str,
        place: Place,
        labels: dict[str, str],
        query: dict[str, str],
        payload: Any,
    ) -> dict[str, Any] | None:
        """What concerns backups; None for an operation that is the base's."""
        match operation:
            case "DescribeBackupJob":
                return self._backup_jobs.get((place, labels["BackupJobId"]))
            case "ListBackupJobs":
                has = lists.reach(place, query)
                jobs = self._backup_jobs.items()
                kept = [it for (at, _), it in jobs if has(at) and lists.keeps(it, query)]
                return self._page("BackupJobs", kept, query)
            case "DeleteRecoveryPoint":
                point = self._point(place, labels)
                self._points.remove(point)
                self._changes.point(point, "DELETING")
                return {}
            case "DescribeRecoveryPoint":
                return self._point(place, labels).describe()
            case "ListRecoveryPointsByBackupVault":
                return self._list_points(place, labels["BackupVaultName"], query)
            case "ListRecoveryPointsByResource":
                return self._list_points_of(place, labels["ResourceArn"], query)
            case operation if operation in kept_policies.VAULT_OPERATIONS:
                return kept_policies.answer(operation, place, labels, payload)
            case "ListTags" | "TagResource" | "UntagResource":
                return self._tags(operation, place, labels["ResourceArn"], query, payload)
        return None

    def _jobs_answer(
        self,
        operation: str,
        place: Place,
        labels: dict[str, str],
        query: dict[str, str],
        payload: Any,
    ) -> dict[str, Any]:
        """What concerns restores; one operation a name in `_OF_JOBS`."""
        if operation == "StartRestoreJob":
            return self._start_restore_job(place, payload)
        if operation == "ListRestoreJobs":
            return self._list_restore_jobs(place, query)
        job = self._job(place, labels)
        if operation == "GetRestoreJobMetadata":
            return {"RestoreJobId": job.id, "Metadata": job.metadata}
        if operation == "PutRestoreValidationResult":
            return self._validate(job, payload)
        return self._describe(job)

    async def start_backup_job(
        self, place: Place, payload: dict[str, Any], created_by: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """StartBackupJob; ``created_by`` is the plan's rule that makes it, if one does."""
        tags = payload.get("RecoveryPointTags") or {}
        if any(is_system(key) for key in tags):
            raise ValueError("Tag keys must not start with aws:")
        job_id = str(uuid.uuid4()).upper()
        begun = now()
        point = await self._points.back_up(
            place,
            _required(payload, "BackupVaultName"),
            _required(payload, "ResourceArn"),
            job_id,
            _required(payload, "IamRoleArn"),
            tags,
        )
        self._backup_jobs[place, job_id] = {
            "AccountId": place.account,
            "BackupJobId": job_id,
            "BackupVaultName": point.vault,
            "BackupVaultArn": point.vault_arn,
            "RecoveryPointArn": point.arn,
            "ResourceArn": point.resource_arn,
            "ResourceType": point.resource_type,
            "IamRoleArn": point.role,
            "CreationDate": begun,
            "CompletionDate": now(),
            "State": "COMPLETED",
            "PercentDone": "100.0",
            "IsParent": False,
            **({"CreatedBy": created_by} if created_by else {}),
        }
        return {
            "BackupJobId": job_id,
            "RecoveryPointArn": point.arn,
            "CreationDate": begun,
            "IsParent": False,
        }

    def _point(self, place: Place, labels: dict[str, str]) -> RecoveryPoint:
        point = self._points.find(place, labels["RecoveryPointArn"])
        if point is None or point.vault != labels["BackupVaultName"]:
            raise NativeError("ResourceNotFoundException", "Cannot find recovery point.")
        return point

    def _list_points(self, place: Place, vault: str, query: dict[str, str]) -> dict[str, Any]:
        points = [p for p in self._points.all() if p.place == place and p.vault == vault]
        if wanted := query.get("resourceArn"):
            points = [point for point in points if point.resource_arn == wanted]
        if wanted := query.get("resourceType"):
            points = [point for point in points if point.resource_type == wanted]
        return self._page("RecoveryPoints", [point.describe() for point in points], query)

    def _list_points_of(self, place: Place, arn: str, query: dict[str, str]) -> dict[str, Any]:
        points = [p for p in self._points.all() if p.place == place and p.resource_arn == arn]
        shown = [
            {
                "RecoveryPointArn": point.arn,
                "CreationDate": point.created,
                "Status": "COMPLETED",
                "BackupVaultName": point.vault,
            }
            for point in points
        ]
        return self._page("RecoveryPoints", shown, query)

    def _tags(
        self, operation: str, place: Place, arn: str, query: dict[str, str], payload: Any
    ) -> dict[str, Any] | None:
        """Tags of recovery points; None for vaults and plans.

        A snapshot or an image is none of AWS Backup's resources: EC2 and RDS keep its tags.
        """
        arn = arn.rstrip("/")
        if not arn.startswith("arn:aws:backup:"):
            raise ValueError("Invalid resource ARN: only ARNs of AWS Backup are supported")
        if ":recovery-point:" not in arn:
            return None
        point = self._points.find(place, arn)
        if point is None or point.tags is None:
            raise NativeError("ResourceNotFoundException", "Cannot find recovery point.")
        if operation == "ListTags":
            keys = sorted(point.tags)
            listed, token = self._slice(keys, query)
            answer: dict[str, Any] = {"Tags": {key: point.tags[key] for key in listed}}
            return answer | ({"NextToken": token} if token else {})
        if operation == "TagResource":
            wanted = point.tags | payload["Tags"]
            if any(is_system(key) for key in payload["Tags"]) or len(wanted) > MOST_TAGS:
                raise ValueError("The tags are reserved, or more than 50")
            point.tags.update(payload["Tags"])
        else:
            for key in payload["TagKeyList"]:
                point.tags.pop(key, None)
        return {}

    def _start_restore_job(self, place: Place, payload: dict[str, Any]) -> dict[str, Any]:
        arn = _required(payload, "RecoveryPointArn")
        metadata = _required(payload, "Metadata")
        point = self._points.find(place, arn)
        if point is None:
            raise NativeError("ResourceNotFoundException", "Cannot find recovery point.")
        job = self._jobs.start(
            point,
            {str(name): str(value) for name, value in metadata.items()},
            str(payload.get("IamRoleArn", "")),
            copies_tags=bool(payload.get("CopySourceTagsToRestoredResource")),
        )
        return {"RestoreJobId": job.id}

    def _job(self, place: Place, labels: dict[str, str]) -> RestoreJob:
        job = self._jobs.find(place, labels["RestoreJobId"])
        if job is None:
            raise NativeError("ResourceNotFoundException", "Cannot find restore job.")
        return job

    def _describe(self, job: RestoreJob) -> dict[str, Any]:
        return job.describe() | self._validations.get(job.id, {})

    def _list_restore_jobs(self, place: Place, query: dict[str, str]) -> dict[str, Any]:
        filters = [test(query[name]) for name, test in job_filters.FILTERS.items() if name in query]
        has = lists.reach(place, query)
        jobs = [
            self._describe(job)
            for job in reversed(self._jobs.all())
            if has(job.place) and all(keeps(job) for keeps in filters)
        ]
        return self._page("RestoreJobs", jobs, query)

    def _validate(self, job: RestoreJob, payload: dict[str, Any]) -> dict[str, Any]:
        if job.plan_arn is None or job.id in self._validations:
            raise NativeError("InvalidRequestException", "The validation result cannot be set.")
        result = {"ValidationStatus": _required(payload, "ValidationStatus")}
        if message := payload.get("ValidationStatusMessage"):
            result["ValidationStatusMessage"] = message
        self._validations[job.id] = result
        return {}

    def _page(self, name: str, entries: list[Any], query: dict[str, str]) -> dict[str, Any]:
        listed, token = self._slice(entries, query)
        return {name: listed} | ({"NextToken": token} if token else {})

    def _slice(self, entries: list[Any], query: dict[str, str]) -> tuple[list[Any], str | None]:
        wanted = int(query.get("maxResults", MOST_RESULTS))
        if not 1 <= wanted <= MOST_RESULTS:
            raise ValueError(f"MaxResults must be from 1 to {MOST_RESULTS}")
        token = query.get("nextToken", "0")
        if not token.isdecimal():
            raise ValueError("The NextToken is invalid")
        start, size = int(token), min(wanted, self.page_size)
        after = start + size
        return entries[start:after], str(after) if after < len(entries) else None


def _required(payload: dict[str, Any], name: str) -> Any:
    if not payload.get(name) and payload.get(name) != {}:
        raise NativeError("MissingParameterValueException", f"{name} is missing")
    return payload[name]


def _error(code: str, message: str) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-errortype": code}
    # AWS Backup answers every client's error with 400.
    return 400, headers, json.dumps({"Code": code, "Message": message}).encode()
