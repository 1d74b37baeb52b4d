"""The target values: what is accepted, and every mistake with its message."""

import json

import pytest
from deploy import targets
from deploy.problem import Problem


def vault(region: str, account: str) -> str:
    return f"arn:aws:backup:{region}:{account}:backup-vault:AWSBackupSolutionCentralVault"


GOOD = {
    "OrganizationId": "o-abcd123456",
    "OrgManagementAccount": "111111111111",
    "TargetHomeAccount": "222222222222",
    "CentralBackupVaultArn": vault("eu-west-1", "333333333333"),
    "TargetOUs": "ou-ab12-cdefgh34, ou-ab12-ijklmn56",
    "TargetRegions": "eu-central-1, eu-west-1",
    "TargetGlobalRegion": "eu-central-1",
}
REGIONS = {"eu-central-1", "eu-west-1", "cn-north-1", "us-gov-west-1"}


def test_good_values_with_blanks_after_commas_are_accepted():
    assert targets.check(GOOD, REGIONS) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"OrganizationId": "abcd123456"},
            "error: OrganizationId: `abcd123456` is not an organization id, such as o-abcd123456",
        ),
        (
            {"OrgManagementAccount": "11111111111"},
            "error: OrgManagementAccount: `11111111111` is not an account id of twelve digits",
        ),
        (
            {"TargetHomeAccount": 222222222222},
            "error: TargetHomeAccount: not a text, or empty; write the value in quotes",
        ),
        (
            {"TargetHomeAccount": "000000000000"},
            "error: TargetHomeAccount: `000000000000` is the placeholder; type your own value",
        ),
        (
            {"TargetOUs": "ou-ab12-cdefgh34,"},
            "error: TargetOUs: `` is not the id of an organizational unit or root, such as "
            "ou-ab12-cdefgh34",
        ),
        (
            {"TargetOUs": "ou-ab12-cdefgh34,ou-ab12-cdefgh34"},
            "error: TargetOUs: `ou-ab12-cdefgh34` is there twice; remove one",
        ),
        (
            {"TargetOUs": "r-ab12, ou-ab12-cdefgh34"},
            "error: TargetOUs: the root contains every unit; name the root alone, or units only",
        ),
        (
            {"TargetRegions": "eu-central-1 eu-west-1"},
            "error: TargetRegions: `eu-central-1 eu-west-1` is not a Region's name, such as "
            "eu-central-1",
        ),
        (
            {"TargetRegions": "eu-central-1,eu-central-1"},
            "error: TargetRegions: `eu-central-1` is there twice; remove one",
        ),
        (
            {"TargetRegions": "eu-centrall-1"},
            "warning: TargetRegions: `eu-centrall-1` is not among the Regions known here; is "
            "it new, or misspelt?",
        ),
        (
            {"TargetGlobalRegion": "Frankfurt"},
            "error: TargetGlobalRegion: `Frankfurt` is not a Region's name, such as eu-central-1",
        ),
        (
            {"CentralBackupVaultArn": "AWSBackupSolutionCentralVault"},
            "error: CentralBackupVaultArn: `AWSBackupSolutionCentralVault` is not the ARN of "
            "a backup vault",
        ),
        (
            {"CentralBackupVaultArn": vault("us-gov-west-1", "333333333333")},
            "error: CentralBackupVaultArn: Region `us-gov-west-1` is not in the partition `aws`",
        ),
        (
            {"CentralBackupVaultArn": "arn:aws:backup:eu-west-1:333333333333:backup-vault:Other"},
            "warning: CentralBackupVaultArn: make deploy-central makes "
            "AWSBackupSolutionCentralVault, not `Other`",
        ),
        (
            {"CentralBackupVaultArn": vault("eu-west-1", "111111111111")},
            "warning: CentralBackupVaultArn: service control policies do not bind the "
            "management account; use another",
        ),
        (
            {"CentralBackupVaultArn": vault("eu-west-1", "222222222222")},
            "warning: CentralBackupVaultArn: who can commit to the home account could reach "
            "the copies; use another account",
        ),
        ({"Extra": "x"}, f"error: Extra: unknown; the file takes {', '.join(targets.KEYS)}"),
    ],
)
def test_each_mistake_has_one_message(change, expected):
    assert [str(finding) for finding in targets.check(GOOD | change, REGIONS)] == [expected]


CHINA = (
    "is in China, where this cannot be deployed: CodePipeline has no actions for CloudFormation "
    "there, and StackSets no trusted access to the organization"
)


def test_china_is_refused_with_the_reason():
    values = GOOD | {
        "CentralBackupVaultArn": vault("cn-north-1", "333333333333").replace("aws", "aws-cn", 1),
        "TargetRegions": "cn-north-1, cn-northwest-1",
        "TargetGlobalRegion": "cn-northwest-1",
    }
    known = REGIONS | {"cn-northwest-1"}
    assert [str(finding) for finding in targets.check(values, known)] == [
        f"error: TargetRegions: `cn-north-1` {CHINA}",
        f"error: TargetRegions: `cn-northwest-1` {CHINA}",
        f"error: TargetGlobalRegion: `cn-northwest-1` {CHINA}",
        f"error: CentralBackupVaultArn: `cn-north-1` {CHINA}",
    ]


def test_a_missing_value_is_an_error():
    values = {key: value for key, value in GOOD.items() if key != "TargetOUs"}
    assert [str(finding) for finding in targets.check(values, REGIONS)] == [
        "error: TargetOUs: missing; add it to the file"
    ]


def test_every_mistake_is_reported_at_once_errors_first():
    values = GOOD | {"TargetRegions": "eu-new-9", "OrganizationId": "x", "TargetOUs": "y"}
    found = targets.check(values, REGIONS)
    assert [finding.severity for finding in found] == ["error", "error", "warning"]


def test_placeholders_are_refused_whichever_way_they_are_written(tmp_path):
    path = tmp_path / "targets.json"
    values = GOOD | {
        "OrganizationId": "o-replaceme00",
        "CentralBackupVaultArn": vault("replace-me-1", "000000000000"),
        "TargetOUs": "ou-replace-me",
    }
    path.write_text(json.dumps({"Parameters": values}))
    with pytest.raises(Problem) as refused:
        targets.load(path)
    assert str(refused.value).count("is the placeholder") == 3


def test_known_regions_come_from_every_partition():
    assert {"eu-central-1", "cn-north-1", "us-gov-west-1"} <= targets.known_regions()


def test_load_gives_the_checked_values(tmp_path):
    path = tmp_path / "targets.json"
    path.write_text(json.dumps({"Parameters": GOOD}))
    loaded = targets.load(path)
    assert loaded.central_account == "333333333333"
    assert loaded.central_region == "eu-west-1"
    assert loaded.regions == ("eu-central-1", "eu-west-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Parameters": {"a": 1,}}', "line 1 is not JSON"),
        ("[]", "it has no object `Parameters`"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, text, expected):
    path = tmp_path / "targets.json"
    path.write_text(text)
    with pytest.raises(Problem, match=expected):
        targets.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Problem, match="the file is missing"):
        targets.read(tmp_path / "none.json")
