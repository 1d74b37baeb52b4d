"""How AWS Backup counts jobs for whoever asks, after the API's reference."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import MANAGEMENT, MEMBER, World
from .copying import DESTINATION, Copying
from .restoring import PLACE, ROLE, TAGS, VAULT

OTHER = "444444444442"
DAY = 86400
PLAN = "arn:aws:backup:eu-west-1:333333333331:backup-plan:daily"


@pytest.fixture
def copying(world: World) -> Copying:
    """A member with a backup and a copy of a bucket on each of three days, and one of today."""
    copying = Copying(world)
    source = copying.account.source("S3", TAGS)
    for days in (3, 2, 1, 0):
        wanted: Any = {"resource": source, "vault": VAULT, "role": ROLE, "copy": DESTINATION}
        wanted |= {"plan": PLAN, "seconds_ago": days * DAY}
        world.control("POST", "scheduled-backups", {**PLACE, **wanted})
    return copying


def backups(world: World, account: str, **filters: Any) -> list[Any]:
    client = world.client("backup", account)
    return list(client.list_backup_job_summaries(**filters)["BackupJobSummaries"])


EACH = {"AccountId": "ANY", "State": "ANY", "ResourceType": "ANY", "MessageCategory": "ANY"}


def test_jobs_are_counted_by_day_and_today_is_not_over(copying: Copying) -> None:
    found = backups(copying.world, MANAGEMENT, **EACH, AggregationPeriod="ONE_DAY")
    assert [entry["Count"] for entry in found] == [1, 1, 1]
    for entry in found:
        assert (entry["AccountId"], entry["State"]) == (MEMBER, "COMPLETED")
        assert (entry["ResourceType"], entry["MessageCategory"]) == ("S3", "SUCCESS")
        assert (entry["EndTime"] - entry["StartTime"]).total_seconds() == DAY
    assert len({entry["StartTime"] for entry in found}) == 3


@pytest.mark.parametrize("period", ["SEVEN_DAYS", "FOURTEEN_DAYS"])
def test_longer_periods_are_one_count(copying: Copying, period: str) -> None:
    [entry] = backups(copying.world, MANAGEMENT, **EACH, AggregationPeriod=period)
    assert entry["Count"] == 3


def test_copies_and_restores_are_counted_too(copying: Copying) -> None:
    client = copying.world.client("backup", MANAGEMENT)
    asked = {**EACH, "AggregationPeriod": "SEVEN_DAYS"}
    [copies] = client.list_copy_job_summaries(**asked)["CopyJobSummaries"]
    assert copies["Count"] == 3
    del asked["MessageCategory"]
    assert client.list_restore_job_summaries(**asked)["RestoreJobSummaries"] == []


def test_everybodys_jobs_are_for_the_management_account(copying: Copying) -> None:
    asked = {**EACH, "AggregationPeriod": "SEVEN_DAYS"}
    assert len(backups(copying.world, MEMBER, **asked)) == 1
    assert backups(copying.world, OTHER, **asked) == []
    own = {key: value for key, value in asked.items() if key != "AccountId"}
    assert backups(copying.world, MANAGEMENT, **own) == []


def test_all_together_have_no_name_of_their_own(copying: Copying) -> None:
    asked = {"AccountId": "AGGREGATE_ALL", "AggregationPeriod": "SEVEN_DAYS"}
    [entry] = backups(copying.world, MANAGEMENT, **asked)
    assert (entry["Count"], entry["AccountId"]) == (3, "AGGREGATE_ALL")
    assert backups(copying.world, MANAGEMENT, **asked, State="FAILED") == []
    [entry] = backups(copying.world, MANAGEMENT, **asked, State="COMPLETED")
    assert (entry["Count"], entry["State"]) == (3, "COMPLETED")


def test_counts_come_in_pages(copying: Copying) -> None:
    client = copying.world.client("backup", MANAGEMENT)
    asked: Any = {**EACH, "AggregationPeriod": "ONE_DAY", "MaxResults": 2}
    first = client.list_backup_job_summaries(**asked)
    second = client.list_backup_job_summaries(**asked, NextToken=first["NextToken"])
    assert len(first["BackupJobSummaries"]) == 2 and len(second["BackupJobSummaries"]) == 1
    assert "NextToken" not in second
    with pytest.raises(ClientError, match="MaxResults must be from 1 to 500"):
        client.list_backup_job_summaries(**{**asked, "MaxResults": 501})
