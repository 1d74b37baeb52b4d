"""What a person or a build sees: exit status, one line for an error, the file of variables."""

import json

import pytest
from deploy import __main__ as command_line
from deploy import targets
from deploy.stacks import BY_NAME, load_template
from test_targets import GOOD

NO_CALL = "error: AWS could not be called:"


@pytest.fixture(autouse=True)
def no_aws_around(monkeypatch, tmp_path):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def good_targets(tmp_path):
    path = tmp_path / "aws-backup-ssm-targets.json"
    path.write_text(json.dumps({"Parameters": GOOD}))
    return f"--targets={path}"


def test_sound_targets_exit_with_zero(good_targets, capsys):
    assert command_line.main([good_targets, "targets-check"]) == 0
    assert capsys.readouterr().out == "aws-backup-ssm-targets.json: 0 errors, 0 warnings\n"


def test_wrong_targets_exit_with_one_and_list_every_error(tmp_path, capsys):
    path = tmp_path / "targets.json"
    path.write_text(json.dumps({"Parameters": GOOD | {"TargetOUs": "x", "OrganizationId": "y"}}))
    assert command_line.main([f"--targets={path}", "targets-check"]) == 1
    assert capsys.readouterr().out.endswith("targets.json: 2 errors, 0 warnings\n")


def test_a_retention_that_a_vault_does_not_take_is_an_error_of_the_targets_too(tmp_path, capsys):
    path = tmp_path / "aws-backup-org-policy.json"
    document = json.loads((targets.PARAMETERS / path.name).read_text())
    document["Parameters"]["DailyRetentionDays"] = "5"
    path.write_text(json.dumps(document))
    given = tmp_path / "aws-backup-ssm-targets.json"
    given.write_text(json.dumps(document | {"Parameters": GOOD}))
    assert command_line.main([f"--targets={given}", "targets-check"]) == 1
    assert capsys.readouterr().out == (
        "error: retention: aws-backup-org-policy.json: DailyRetentionDays: 5 days are outside "
        "VaultLockMinRetentionDays 7 and VaultLockMaxRetentionDays 3660 of "
        "aws-backup-solution-central-account.json; every job would fail\n"
        "aws-backup-ssm-targets.json: 1 errors, 0 warnings\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["deploy", "home"], "error: Region: none is set; add REGION=NAME"),
        (
            ["--profile=missing", "deploy", "home"],
            f"{NO_CALL} The config profile",
        ),
        (
            ["--region=eu-central-1", "deploy", "home"],
            f"{NO_CALL} Unable to locate",
        ),
    ],
)
def test_what_keeps_aws_from_being_called_is_one_line(
    good_targets, arguments, expected, capsys, monkeypatch
):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert command_line.main([good_targets, *arguments]) == 1
    captured = capsys.readouterr().err
    assert captured.startswith(expected)
    assert captured.count("\n") == 1


def test_wrong_targets_stop_a_deployment_before_aws_is_called(tmp_path, capsys):
    path = tmp_path / "aws-backup-ssm-targets.json"
    path.write_text(json.dumps({"Parameters": GOOD | {"TargetRegions": "Frankfurt"}}))
    assert (
        command_line.main([f"--targets={path}", "--region=eu-central-1", "deploy", "central"]) == 1
    )
    assert "TargetRegions: `Frankfurt` is not a Region's name" in capsys.readouterr().err


def test_variables_are_written_for_the_build(tmp_path):
    path = tmp_path / "dist" / "variables.env"
    command_line._write(path, {"PACKAGE_KEY": "a/b.zip", "PACKAGE_ARCHITECTURE": "arm64"})
    assert path.read_text() == "export PACKAGE_KEY=a/b.zip\nexport PACKAGE_ARCHITECTURE=arm64\n"


def test_the_targets_of_the_repository_are_the_default():
    assert command_line._parse(["targets-check"]).targets == targets.FILE


def test_the_reader_role_is_the_one_that_the_management_account_makes(good_targets, capsys):
    assert command_line.main([good_targets, "reader-role"]) == 0
    arn = capsys.readouterr().out.strip()
    assert arn == "arn:aws:iam::111111111111:role/BackupOrgPolicyReader"
    template = BY_NAME["aws-backup-backuporgpolicymanager-mangement-role"].template_path
    roles = load_template(template.read_text())["Resources"].values()
    assert arn.split("/")[1] in [role["Properties"]["RoleName"] for role in roles]
