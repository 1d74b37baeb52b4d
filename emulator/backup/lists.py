"""Whose jobs a list has: the caller's, or by ``accountId`` those of an account or of all accounts.

The API's reference (ListBackupJobs, ByAccountId): "If used from an AWS Organizations management
account, passing * returns all jobs across the organization". That AWS Backup's delegated
administrator may do the same is AWS's guide on cross-account monitoring; what anybody else gets is
published nowhere: here, the own jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..permissions.gate import GATE
from ..wire.place import Place
from .restores.job_filters import seconds

BACKUP = "backup.amazonaws.com"

Entry = dict[str, Any]

# From a text in the query of ListBackupJobs to what an entry must fulfil.
BACKUP_FILTERS: dict[str, Callable[[Entry, str], bool]] = {
    "backupVaultName": lambda job, text: bool(job["BackupVaultName"] == text),
    "completeAfter": lambda job, text: bool(job["CompletionDate"] > seconds(text)),
    "completeBefore": lambda job, text: bool(job["CompletionDate"] < seconds(text)),
    "createdAfter": lambda job, text: bool(job["CreationDate"] > seconds(text)),
    "createdBefore": lambda job, text: bool(job["CreationDate"] < seconds(text)),
    "resourceArn": lambda job, text: bool(job["ResourceArn"] == text),
    "resourceType": lambda job, text: bool(job["ResourceType"] == text),
    "state": lambda job, text: bool(job["State"] == text),
    # No job here has children.
    "parentJobId": lambda job, text: False,
}


def reach(place: Place, query: dict[str, str]) -> Callable[[Place], bool]:
    """Whether a job's place is among those that a list from ``place`` has."""
    wanted = query.get("accountId")
    everybody = wanted is not None and sees_all(place.account)

    def has(other: Place) -> bool:
        if other.region != place.region or wanted not in (None, "*", other.account):
            return False
        return everybody or other == place

    return has


def keeps(job: Entry, query: dict[str, str]) -> bool:
    """Whether a backup job is as all filters of the query want it."""
    filters = BACKUP_FILTERS.items()
    return all(wanted(job, query[name]) for name, wanted in filters if name in query)


def sees_all(account: str) -> bool:
    """Whether an account may see the jobs of its whole organization."""
    organization = GATE.organization_of(account)
    if organization is None:
        return False
    return account == organization.landscape.management or organization.is_delegated(
        account, BACKUP
    )
