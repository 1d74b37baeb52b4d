"""Whose jobs AWS Backup's lists have."""

from __future__ import annotations

from typing import Any

import pytest

from ..world import CENTRAL, MANAGEMENT, MEMBER, World
from .copying import DESTINATION, Copying
from .restoring import ROLE, TAGS, VAULT

OTHER = "444444444442"
ADMINISTRATOR = CENTRAL


@pytest.fixture
def copying(world: World) -> Copying:
    """A member with one job of each kind."""
    copying = Copying(world)
    point = copying.account.back_up(copying.account.source("S3", TAGS))
    copying.copy(point)
    copying.account.restore(point)
    return copying


def accounts(world: World, account: str, **filters: Any) -> list[list[str]]:
    """The accounts of the jobs in each list, as one account sees them."""
    client = world.client("backup", account)
    listed = (
        client.list_backup_jobs(**filters)["BackupJobs"],
        client.list_copy_jobs(**filters)["CopyJobs"],
        client.list_restore_jobs(**filters)["RestoreJobs"],
    )
    return [[job["AccountId"] for job in jobs] for jobs in listed]


def test_the_management_account_sees_the_jobs_of_all(copying: Copying) -> None:
    world = copying.world
    assert accounts(world, MANAGEMENT, ByAccountId="*") == [[MEMBER]] * 3
    assert accounts(world, MANAGEMENT, ByAccountId=MEMBER) == [[MEMBER]] * 3
    assert accounts(world, MANAGEMENT, ByAccountId=OTHER) == [[]] * 3
    assert accounts(world, MANAGEMENT) == [[]] * 3


def test_so_does_aws_backup_s_delegated_administrator_and_nobody_else(copying: Copying) -> None:
    world = copying.world
    assert accounts(world, ADMINISTRATOR, ByAccountId="*") == [[]] * 3
    world.client("organizations", MANAGEMENT).register_delegated_administrator(
        AccountId=ADMINISTRATOR, ServicePrincipal="backup.amazonaws.com"
    )
    assert accounts(world, ADMINISTRATOR, ByAccountId="*") == [[MEMBER]] * 3
    assert accounts(world, MEMBER, ByAccountId="*") == [[MEMBER]] * 3
    assert accounts(world, OTHER, ByAccountId="*") == [[]] * 3


def test_backup_jobs_are_listed_by_every_filter(copying: Copying) -> None:
    backup = copying.account.backup
    [job] = backup.list_backup_jobs()["BackupJobs"]
    for filters in (
        {"ByState": "COMPLETED"},
        {"ByResourceType": "S3"},
        {"ByResourceArn": job["ResourceArn"]},
        {"ByBackupVaultName": VAULT},
    ):
        assert backup.list_backup_jobs(**filters)["BackupJobs"] == [job], filters
    for filters in (
        {"ByState": "FAILED"},
        {"ByResourceType": "EBS"},
        {"ByResourceArn": DESTINATION},
        {"ByBackupVaultName": "another"},
        {"ByCreatedAfter": job["CreationDate"]},
        {"ByCreatedBefore": job["CreationDate"]},
        {"ByParentJobId": ROLE},
    ):
        assert backup.list_backup_jobs(**filters)["BackupJobs"] == [], filters
