"""`backupctl status` says what was backed up, copied and restored in the whole organization."""

import html
import json

import pytest
from kit.names import CENTRAL_VAULT, HOME, MANAGEMENT, REGION, SECOND_MEMBER, THIRD_MEMBER
from kit.wait import eventually

from .consultation import back_up_a_table, deploy, targets_file

VAULT = "AWSBackupSolutionVault"
ELSEWHERE = "us-east-1"


@pytest.fixture
def status(world, tmp_path):
    """Exit status and report, as an account sees it."""
    targets = targets_file(tmp_path / "targets.json", regions=(REGION, ELSEWHERE))

    def run(*arguments, account=MANAGEMENT):
        where = ("--targets", targets, "--region", REGION)
        result = world.run("status", *where, "--format", "json", *arguments, account=account)
        assert result.returncode in (0, 1), result.stderr
        return result.returncode, json.loads(result.stdout)

    run.targets = targets
    return run


@pytest.fixture
def tables(world):
    """Two members with a table each that was backed up."""
    for account in (SECOND_MEMBER, THIRD_MEMBER):
        deploy(world, account, REGION, "member-account", "aws-backup-member-account-role")
        world.client("backup", account).create_backup_vault(BackupVaultName=VAULT)
        back_up_a_table(world, account)


def copy(world, account):
    """A copy that fails: nobody has switched copies between accounts on."""
    backup = world.client("backup", account)
    points = backup.list_recovery_points_by_backup_vault(BackupVaultName=VAULT)["RecoveryPoints"]
    started = backup.start_copy_job(
        RecoveryPointArn=points[0]["RecoveryPointArn"],
        SourceBackupVaultName=VAULT,
        DestinationBackupVaultArn=CENTRAL_VAULT,
        IamRoleArn=f"arn:aws:iam::{account}:role/AWSBackupSolutionRole",
    )

    def ended():
        job = backup.describe_copy_job(CopyJobId=started["CopyJobId"])["CopyJob"]
        return job["State"] == "FAILED"

    eventually(ended, "the copy still runs")


def test_backups_of_all_accounts_are_seen_without_a_role_in_any(world, tables, status):
    world.emulator.forget_calls()
    code, report = status()
    assert code == 0
    assert [(it["account"], it["resource_type"]) for it in report["last"]] == [
        (SECOND_MEMBER, "DynamoDB"),
        (THIRD_MEMBER, "DynamoDB"),
    ]
    assert all(it["backup"] and not it["copy"] for it in report["last"])
    assert (report["jobs"], report["late"], report["failed"]) == (2, [], [])
    called = world.calls()
    assert "sts:AssumeRole" not in called
    assert all(call.split(":")[1].startswith(("Get", "List", "Describe")) for call in called)


def test_every_page_is_read(world, tables, status):
    world.emulator.control("POST", "restore-settings", {"page_size": 1})
    assert status()[1]["jobs"] == 2


def test_a_failed_copy_is_named_with_aws_s_words(world, tables, status):
    central = CENTRAL_VAULT.split(":")[4]
    world.client("backup", central, CENTRAL_VAULT.split(":")[3]).create_backup_vault(
        BackupVaultName=CENTRAL_VAULT.rpartition(":")[2]
    )
    copy(world, SECOND_MEMBER)
    code, report = status()
    assert code == 1
    [failed] = report["failed"]
    assert (failed["account"], failed["kind"], failed["resources"]) == (SECOND_MEMBER, "copy", 1)
    assert failed["message"]
    assert failed["name"]
    # Who watches for other things is not alarmed by it.
    assert status("--fail-on", "late")[0] == 0
    text = world.run("status", "--targets", status.targets, "--region", REGION).stdout
    assert f"FAILED, and not made good since\n{SECOND_MEMBER} {failed['name']} {REGION}" in text
    assert failed["message"][:40] in text


def test_what_cannot_be_looked_at_is_said_and_counts(world, tables, status):
    fault = {"service": "backup", "operation": "ListCopyJobs", "kind": "refuse", "times": 1}
    world.emulator.inject(fault)
    code, report = status()
    assert code == 1
    [line] = report["not_looked_at"]
    assert line.startswith(f"copy jobs in {REGION}: backup:ListCopyJobs is denied")
    assert report["jobs"] == 2
    assert status("--fail-on", "none")[0] == 0


def test_an_account_that_is_not_the_organization_s_sees_its_own_and_says_so(tables, status):
    code, report = status(account=SECOND_MEMBER)
    assert code == 1
    assert [it["account"] for it in report["last"]] == [SECOND_MEMBER]
    assert report["late"] is None
    assert any(line.startswith("what is late: organizations:") for line in report["not_looked_at"])


def test_an_account_that_backup_is_delegated_to_sees_what_the_management_account_sees(
    world, tables, status
):
    organizations = world.client("organizations", MANAGEMENT)
    service = {"ServicePrincipal": "backup.amazonaws.com"}
    organizations.enable_aws_service_access(**service)
    organizations.register_delegated_administrator(AccountId=HOME, **service)
    code, report = status(account=HOME)
    expected = status()[1]
    for moment in ("as_of", "since"):
        del report[moment], expected[moment]
    assert (code, report) == (0, expected)
    assert [it["account"] for it in report["last"]] == [SECOND_MEMBER, THIRD_MEMBER]


def test_the_page_is_written_into_a_file_and_says_what_failed(world, tables, status, tmp_path):
    world.client(
        "backup", CENTRAL_VAULT.split(":")[4], CENTRAL_VAULT.split(":")[3]
    ).create_backup_vault(BackupVaultName=CENTRAL_VAULT.rpartition(":")[2])
    copy(world, SECOND_MEMBER)
    file = tmp_path / "status.html"
    where = ("--targets", status.targets, "--region", REGION)
    result = world.run("status", *where, "--format", "html", "--output", file)
    assert (result.returncode, result.stdout) == (1, "")
    page = file.read_text()
    assert page.startswith("<!doctype html>")
    assert f'<code class="id">{SECOND_MEMBER}</code>' in page
    assert "Failed: 1 resource<" in page
    [failed] = status()[1]["failed"]
    assert html.escape(failed["message"], quote=False) in page


def test_where_nothing_can_be_listed_there_is_no_report(world, status):
    for operation in ("ListBackupJobs", "ListCopyJobs", "ListRestoreJobs"):
        fault = {"service": "backup", "operation": operation, "kind": "refuse", "times": 9}
        world.emulator.inject(fault)
    result = world.run("status", "--targets", status.targets, "--region", REGION)
    assert result.returncode == 2
    assert "error: no job can be listed: backup jobs in" in result.stderr
