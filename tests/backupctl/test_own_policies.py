"""The examples of docs/own-policies.md, pasted as the page says, and what accounts then get."""

import json
import re
import subprocess

import pytest
from kit.environment import environment
from kit.names import ROOT
from kit.solution import ORG_POLICY_TEMPLATE

from .conftest import BINARY

PAGE = ROOT / "docs" / "own-policies.md"
PARAMETERS = ROOT / "cloudformation" / "parameters" / "aws-backup-org-policy.json"
VAULT = "arn:aws:backup:eu-west-1:333333333333:backup-vault:AWSBackupSolutionCentralVault"
TARGETS = {
    "OrganizationId": "o-abcd123456",
    "OrgManagementAccount": "111111111111",
    "TargetHomeAccount": "222222222222",
    "CentralBackupVaultArn": VAULT,
    "TargetOUs": "ou-ab12-workload",
    "TargetRegions": "eu-central-1, eu-west-1",
    "TargetGlobalRegion": "eu-central-1",
}
# The unit that the page names, below the target: `shop` is in it, `other` is not.
PRODUCTION = {
    "id": "ou-ab12-cdefgh34",
    "name": "Production",
    "accounts": [{"id": "444444444442", "name": "shop"}],
}
ORGANIZATION = {
    "policy_type": "BACKUP_POLICY",
    "root": {
        "id": "r-ab12",
        "name": "Root",
        "organizational_units": [
            {
                "id": "ou-ab12-workload",
                "name": "Workloads",
                "accounts": [{"id": "444444444441", "name": "other"}],
                "organizational_units": [PRODUCTION],
            }
        ],
    },
    "policies": {},
}


def examples():
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def pasted(tmp_path_factory):
    """The template with every example between its last resource and `Outputs:`."""
    before, after = ORG_POLICY_TEMPLATE.read_text().split("\nOutputs:\n")
    path = tmp_path_factory.mktemp("own") / "aws-backup-org-policy.yaml"
    path.write_text("\n".join([before, *examples(), f"Outputs:\n{after}"]))
    return path


def backupctl(*arguments):
    return subprocess.run(
        [BINARY, *map(str, arguments)], env=environment(), capture_output=True, text=True
    )


def test_the_examples_are_valid_and_only_the_partial_policy_says_what_it_leaves_out(pasted):
    found = backupctl("validate", "--format", "json", "--parameters", PARAMETERS, pasted)
    assert found.returncode == 0, found.stdout + found.stderr
    (report,) = json.loads(found.stdout)
    findings = report["findings"]
    assert {finding["severity"] for finding in findings} == {"warning"}
    assert sorted(finding["code"] for finding in findings) == [
        "plan-incomplete",
        "rule-without-schedule",
        "rule-without-vault",
    ]


def test_accounts_get_every_plan_and_production_keeps_its_daily_backups_longer(pasted, tmp_path):
    targets, organization = tmp_path / "targets.json", tmp_path / "organization.json"
    targets.write_text(json.dumps({"Parameters": TARGETS}))
    organization.write_text(json.dumps(ORGANIZATION))
    place = ("--organization", organization, "--targets", targets, "--parameters", PARAMETERS)
    found = backupctl("plan", "--format", "json", *place, pasted)
    assert found.returncode == 0, found.stdout + found.stderr
    planned = json.loads(found.stdout)
    assert planned["findings"] == []
    got = {
        account["name"]: {change["path"]: change["after"] for change in group["differences"]}
        for group in planned["accounts"]
        for account in group["accounts"]
    }
    daily = "plans/OrgDailyBackupPlan/rules/orgdailybackuprule"
    days = {
        name: (
            str(values[f"{daily}/lifecycle/delete_after_days"]),
            str(values[f"{daily}/copy_actions/{VAULT}/lifecycle/delete_after_days"]),
        )
        for name, values in got.items()
    }
    assert days == {"other": ("35", "35"), "shop": ("90", "90")}
    for values in got.values():
        tags = {
            (values[path.replace("tag_value", "tag_key")], tuple(value))
            for path, value in values.items()
            if path.endswith("/tag_value")
        }
        assert tags == {
            ("backup", ("daily",)),
            ("backup", ("monthly",)),
            ("backup", ("weekly",)),
            ("backup", ("continuous",)),
            ("data-class", ("confidential", "secret")),
        }


def test_one_change_at_a_time_is_asked_of_the_organization():
    """Each example waits for the one before it, the first for the template's last policy."""
    names, waits = ["MonthlyBackupPolicy"], []
    for example in examples():
        names.append(re.match(r"  (\w+):\n", example)[1])
        waits.append(re.search(r"^    DependsOn: (\w+)$", example, re.MULTILINE)[1])
    assert waits == names[:-1]
