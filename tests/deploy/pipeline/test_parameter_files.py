"""The parameter files: every mistake with its message, and nothing that is only another choice."""

import copy

import pytest
from deploy.pipeline import parameter_files
from deploy.problem import Problem

SHIPPED = parameter_files.read()

# Edits as (file, parameter, value); a value of None removes the line.
Edit = tuple[str, str, object]


def edited(*edits: Edit) -> dict[str, dict]:
    documents = copy.deepcopy(SHIPPED)
    for file, parameter, value in edits:
        if value is None:
            del documents[file]["Parameters"][parameter]
        else:
            documents[file]["Parameters"][parameter] = value
    return documents


POLICY, CENTRAL = "aws-backup-org-policy", "aws-backup-solution-central-account"
PIPELINE, SOURCE = "aws-backup-codepipeline", "aws-backup-codecommit"
MEMBERS = "stackset-aws-backup-member-accounts"
AIR_GAPPED = "aws-backup-solution-central-air-gapped-vault"
EVERY_JOB = "every job would fail"


def test_the_files_that_are_shipped_are_sound():
    assert parameter_files.check(SHIPPED) == []


@pytest.mark.parametrize(
    ("edits", "file", "expected"),
    [
        (
            [(PIPELINE, "DeployTagOnRestore", "no")],
            PIPELINE,
            "DeployTagOnRestore: `no` is not one of true, false",
        ),
        (
            [(PIPELINE, "DeployTagOnRestore", False)],
            PIPELINE,
            "DeployTagOnRestore: not a text; write the value in quotes",
        ),
        (
            [(PIPELINE, "LogRetentionDays", "91")],
            PIPELINE,
            "LogRetentionDays: `91` is not one of 1, 3, 5, 7, 14, 30, 60, 90, 120, "
            "150, 180, 365, 400, 545, 731, 1096, 1827, 3653",
        ),
        (
            [(MEMBERS, "FailureTolerancePercentage", "101")],
            MEMBERS,
            "FailureTolerancePercentage: `101` is not a whole number from 0 to 100",
        ),
        (
            [(MEMBERS, "FailureTolerancePercentage", "10 %")],
            MEMBERS,
            "FailureTolerancePercentage: `10 %` is not a whole number from 0 to 100",
        ),
        (
            [(POLICY, "DailySchedule", "daily")],
            POLICY,
            "DailySchedule: `daily` is not an expression of the form cron(0 5 ? * * *)",
        ),
        (
            [(POLICY, "DailySchedule", "cron(" + "0" * 300 + ")")],
            POLICY,
            "DailySchedule: it is longer than 256 characters",
        ),
        (
            [("aws-backup-notifications", "Email", "a@example.com")],
            "aws-backup-notifications",
            "Email: unknown; the template takes OrganizationId, NotificationEmail, Watch",
        ),
        (
            [(PIPELINE, "RequireApproval", None)],
            PIPELINE,
            "RequireApproval: missing; the pipeline updates itself from this file alone",
        ),
        (
            [(PIPELINE, "BranchName", "trunk")],
            PIPELINE,
            f"BranchName: another value than in {SOURCE}.json; make them the same",
        ),
        (
            [(name, "SourceProvider", "CodeConnections") for name in (PIPELINE, SOURCE)],
            PIPELINE,
            "FullRepositoryId: empty; a connection needs OWNER/REPOSITORY",
        ),
        (
            [("aws-backup-backuporgpolicymanager", "DelegatedAdministrator", "true")],
            "aws-backup-backuporgpolicymanager",
            "DelegatedAdministrator: another value than in "
            "aws-backup-backuporgpolicymanager-role.json; make them the same",
        ),
        (
            [(CENTRAL, "VaultLockMode", "compliance")],
            CENTRAL,
            "ComplianceAcknowledgement: compliance mode can never be undone; write "
            "cannot-be-undone if it is meant",
        ),
        (
            [(POLICY, "DailyRetentionDays", "6")],
            POLICY,
            "DailyRetentionDays: 6 days are outside VaultLockMinRetentionDays 7 and "
            f"VaultLockMaxRetentionDays 3660 of {CENTRAL}.json; {EVERY_JOB}",
        ),
        (
            [(MEMBERS, "VaultLockMaxRetentionDays", "365")],
            POLICY,
            "MonthlyRetentionDays: 366 days are outside VaultLockMinRetentionDays 1 "
            f"and VaultLockMaxRetentionDays 365 of {MEMBERS}.json; {EVERY_JOB}",
        ),
        (
            [(POLICY, "CopyToAirGappedVault", "true")],
            POLICY,
            "CopyToAirGappedVault: there is no such vault: name MinRetentionDays in "
            f"{AIR_GAPPED}.json",
        ),
        (
            [(POLICY, "CopyToAirGappedVault", "true"), (AIR_GAPPED, "MinRetentionDays", "36")],
            POLICY,
            "DailyRetentionDays: 35 days are outside MinRetentionDays 36 and "
            f"MaxRetentionDays 3660 of {AIR_GAPPED}.json; {EVERY_JOB}",
        ),
        (
            [(AIR_GAPPED, "MinRetentionDays", "3661")],
            AIR_GAPPED,
            "MinRetentionDays: 3661 is more than MaxRetentionDays; no retention would fit",
        ),
    ],
)
def test_each_mistake_has_one_message(edits, file, expected):
    assert parameter_files.check(edited(*edits)) == [f"{file}.json: {expected}"]


def test_a_pipelines_stack_cannot_be_left_out_by_an_empty_value():
    """Only `make deploy-*` passes over a stack that is not wanted."""
    documents = edited() | {"aws-backup-ssm-targets": {"Parameters": {}, "Tags": {}}}
    documents["stackset-aws-backup-lambda-s3-bucket"]["Parameters"]["TemplateKey"] = ""
    found = parameter_files.check(documents)
    assert any("TemplateKey: `` is not" in line for line in found)


def test_a_lock_that_is_switched_off_bounds_nothing():
    off = [(CENTRAL, "VaultLockMode", "none"), (MEMBERS, "VaultLock", "none")]
    assert parameter_files.check(edited(*off, (POLICY, "DailyRetentionDays", "1"))) == []


def test_tags_of_ones_own_stand_beside_the_solutions():
    documents = edited()
    documents[POLICY]["Tags"]["CostCenter"] = "42"
    assert parameter_files.check(documents) == []
    del documents[POLICY]["Tags"]["Application"]
    assert parameter_files.check(documents) == [
        f"{POLICY}.json: the tag Application is missing or has another value; add yours beside it"
    ]


@pytest.mark.parametrize(
    ("name", "document", "expected"),
    [
        ("aws-backup-orgpolicy", {}, "no stack has this name; see cloudformation/README.md"),
        (POLICY, {"Parameters": {}}, "not of the form {Parameters, Tags}; see"),
        (POLICY, {"Parameters": [], "Tags": {}}, "Parameters and Tags each hold names and texts"),
    ],
)
def test_a_file_of_another_form_is_refused(name, document, expected):
    (found,) = parameter_files.check(SHIPPED | {name: document})
    assert found.startswith(f"{name}.json: {expected}")


def test_a_file_that_is_no_json_is_named_with_its_line(tmp_path):
    (tmp_path / "aws-backup-org-policy.json").write_text('{"Parameters": {"A": "b",}}')
    with pytest.raises(Problem, match=r"`aws-backup-org-policy.json`.* line 1 is not JSON"):
        parameter_files.read(tmp_path)
