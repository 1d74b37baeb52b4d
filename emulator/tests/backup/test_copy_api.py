"""AWS Backup: the API of copy jobs, and their events."""

from __future__ import annotations

import pytest

from ..world import MEMBER, REGION, World, error_of
from .copying import DESTINATION, Copying, Json
from .restoring import ROLE, TAGS, VAULT


@pytest.fixture
def copying(world: World) -> Copying:
    return Copying(world)


def test_the_events_of_a_copy_are_aws_s(copying: Copying) -> None:
    point = copying.account.back_up(copying.account.source("S3", TAGS))
    job = copying.copy(point)
    copying.enable("false")
    failed = copying.copy(point)
    events = [
        event
        for event in copying.world.control("GET", "backup-events")
        if event["kind"] == "Copy Job State Change"
    ]
    states = [event["detail"]["state"] for event in events]
    assert states == ["CREATED", "RUNNING", "COMPLETED", "CREATED", "RUNNING", "FAILED"]
    assert {event["account"] for event in events} == {MEMBER}
    assert all(event["resources"] == [point] for event in events)
    detail = events[2]["detail"]
    assert detail["copyJobId"] == job["CopyJobId"]
    assert detail["destinationRecoveryPointArn"] == job["DestinationRecoveryPointArn"]
    assert detail["resourceType"] == "S3"
    assert "completionDate" in detail
    assert events[5]["detail"]["statusMessage"] == failed["StatusMessage"]


def test_copy_jobs_are_listed_newest_first_and_by_every_filter(copying: Copying) -> None:
    bucket = copying.copy_of(copying.account.source("S3", TAGS))
    copying.enable("false")
    disk = copying.copy_of(copying.account.source("EBS", TAGS))

    def listed(**filters: Json) -> list[str]:
        found = copying.account.backup.list_copy_jobs(**filters)["CopyJobs"]
        return [job["CopyJobId"] for job in found]

    both = [disk["CopyJobId"], bucket["CopyJobId"]]
    assert listed() == both
    assert listed(ByState="FAILED") == both[:1]
    assert listed(ByResourceType="S3") == both[1:]
    assert listed(ByResourceArn=disk["ResourceArn"]) == both[:1]
    assert listed(BySourceRecoveryPointArn=bucket["SourceRecoveryPointArn"]) == both[1:]
    assert listed(ByDestinationVaultArn=DESTINATION) == both
    assert listed(ByDestinationVaultArn=DESTINATION + "x") == []
    assert listed(ByCreatedAfter=disk["CreationDate"]) == []
    assert listed(ByCompleteBefore=bucket["CreationDate"]) == []
    copying.world.control("POST", "restore-settings", {"page_size": 1})
    page = copying.account.backup.list_copy_jobs()
    assert [job["CopyJobId"] for job in page["CopyJobs"]] == both[:1]
    rest = copying.account.backup.list_copy_jobs(NextToken=page["NextToken"])
    assert [job["CopyJobId"] for job in rest["CopyJobs"]] == both[1:]
    assert "NextToken" not in rest


def test_what_cannot_be_asked_for(copying: Copying) -> None:
    point = copying.account.back_up(copying.account.source("S3", TAGS))
    start = copying.account.backup.start_copy_job
    wanted = {
        "RecoveryPointArn": point,
        "SourceBackupVaultName": VAULT,
        "DestinationBackupVaultArn": DESTINATION,
        "IamRoleArn": ROLE,
    }
    missing = "ResourceNotFoundException"
    invalid = "InvalidParameterValueException"
    for change, code in [
        ({"RecoveryPointArn": f"{point}0"}, missing),
        ({"SourceBackupVaultName": "another"}, missing),
        ({"DestinationBackupVaultArn": f"{DESTINATION}0"}, missing),
        ({"DestinationBackupVaultArn": "vault"}, invalid),
        (
            {"DestinationBackupVaultArn": f"arn:aws:backup:{REGION}:{MEMBER}:backup-vault:{VAULT}"},
            invalid,
        ),
    ]:
        assert error_of(start, **(wanted | change))[0] == code, change
    assert error_of(copying.account.backup.describe_copy_job, CopyJobId="none")[0] == missing
    # A role that AWS Backup cannot assume is not passed on.
    other = copying.world.role("lambda", account=MEMBER)
    assert error_of(start, **(wanted | {"IamRoleArn": other}))[0] == "AccessDeniedException"
    assert copying.world.control("GET", "restores")["copies"] == []
