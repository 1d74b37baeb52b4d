"""What AWS Backup's roles can do besides: each ability exactly when its parameter is on.

What an ability needs is read from AWS's managed policies as AWS publishes them (`make aws-data`).
"""

import json

import pytest
from model import ROOT, Template, as_list

PUBLISHED = ROOT / "emulator/published/managed_policies"
ROLES = {
    "BackupRole": "member-account/aws-backup-member-account-role.yaml",
    "CentralAccountRole": "central-account/aws-backup-central-backup-account-role.yaml",
}
# Parameter, what AWS's policy for it is called, and an action without which the ability is none.
ABILITIES = {
    "RestoreSapHana": ("AWSBackupRestoreAccessForSAPHANA", "ssm-sap:RestoreDatabase"),
    "RestoreItems": ("AWSBackupServiceRolePolicyForItemRestores", "ebs:GetSnapshotBlock"),
    "IndexBackups": ("AWSBackupServiceRolePolicyForIndexing", "ebs:GetSnapshotBlock"),
}
BOTH = pytest.mark.parametrize("role", ROLES)
EACH = pytest.mark.parametrize("ability", ABILITIES)


def template_of(role: str) -> Template:
    return Template(ROOT / "cloudformation" / ROLES[role])


def published(name: str) -> set[str]:
    """The actions that AWS's managed policy of this name allows."""
    return {action for entry in allowed(name) for action in as_list(entry["Action"])}


def allowed(name: str) -> list[dict]:
    """The statements of AWS's managed policy of this name that allow something."""
    document = json.loads((PUBLISHED / f"{name}.json").read_text())["document"]
    return [entry for entry in document["Statement"] if entry["Effect"] == "Allow"]


def attached(role: str, resource: str, on: set[str]) -> list[str]:
    """The managed policies of a role when these parameters are on."""
    template = template_of(role)
    conditions = template.body["Conditions"]

    def holds(name: str) -> bool:
        reference, value = conditions[name]["Fn::Equals"]
        assert value == "true"
        return reference["Ref"] in on

    found = template.body["Resources"][resource]
    if "Condition" in found and not holds(found["Condition"]):
        return []
    chosen = []
    for entry in found["Properties"]["ManagedPolicyArns"]:
        if "Fn::If" in entry:
            name, yes, no = entry["Fn::If"]
            entry = yes if holds(name) else no
        if entry != {"Ref": "AWS::NoValue"}:
            chosen.append(entry["Fn::Sub"].rpartition("/")[2])
    return chosen


def actions(role: str, on: set[str]) -> set[str]:
    return {action for policy in attached(role, role, on) for action in published(policy)}


@BOTH
@EACH
def test_an_ability_is_there_exactly_when_its_parameter_is_on(role, ability):
    policy, action = ABILITIES[ability]
    assert action in published(policy)
    assert action not in actions(role, set())
    assert published(policy) <= actions(role, {ability})
    assert actions(role, {ability}) - actions(role, set()) <= published(policy)


@BOTH
def test_abilities_are_off_until_somebody_asks(role):
    declared = template_of(role).body["Parameters"]
    defaults = {name: definition["Default"] for name, definition in declared.items()}
    assert defaults == dict.fromkeys([*ABILITIES, "ScanBackups"], "false")
    assert attached(role, "ScannerRole", set()) == []


@BOTH
def test_scans_need_the_role_that_guardduty_reads_with_and_nothing_else(role):
    # AWS's policy for scans has no more than the backup role has anyhow.
    assert published("AWSBackupServiceRolePolicyForScans") <= actions(role, set())
    passed = {
        service
        for policy in attached(role, role, set())
        for entry in allowed(policy)
        if "iam:PassRole" in as_list(entry["Action"])
        for service in as_list(entry["Condition"]["StringEquals"]["iam:PassedToService"])
    }
    assert attached(role, "ScannerRole", {"ScanBackups"}) == [
        "AWSBackupGuardDutyRolePolicyForScans"
    ]
    scanner = template_of(role).body["Resources"]["ScannerRole"]["Properties"]
    (statement,) = scanner["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"]["Service"] in passed


def test_both_roles_can_do_the_same():
    member, central = (attached(role, role, set(ABILITIES)) for role in ROLES)
    assert member == central
