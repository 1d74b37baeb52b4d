"""Every value that the templates and the guide offer passes the stage Validate, edit by edit.

Tried is what the stage asks of its user's values. Its other checks read no parameter file: see
tests/templates/conftest.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deploy import targets
from deploy.pipeline import parameter_files
from deploy.stacks import BY_NAME, ROOT, load_template
from test_parameter_files import (
    AIR_GAPPED,
    CENTRAL,
    MEMBERS,
    PIPELINE,
    POLICY,
    SHIPPED,
    SOURCE,
    Edit,
    edited,
)
from test_targets import GOOD

MANAGER_ROLE = "aws-backup-backuporgpolicymanager-role"
MANAGER = "aws-backup-backuporgpolicymanager"
TAGGING = "stackset-aws-backup-tagonrestore"
TOPIC = "arn:aws:sns:eu-central-1:222222222222:operations"
MOST = "36500"

# What the guide and docs/restore-tagging.md have users write, besides what a template lists.
DOCUMENTED: tuple[Edit, ...] = (
    (PIPELINE, "AlarmTopicArn", TOPIC),
    (PIPELINE, "FullRepositoryId", "example-org/backup"),
    (MANAGER, "AlarmTopicArn", TOPIC),
    (MANAGER_ROLE, "PolicyContentBucket", "example-policies"),
    ("aws-backup-notifications", "NotificationEmail", "backups@example.com"),
    ("aws-backup-failed-jobs", "HomeRegion", "us-gov-west-1"),
    ("aws-backup-scp-limit-to-central-vault", "TargetIds", "111111111111"),
    ("aws-backup-scp-limit-to-organization", "TargetIds", "ou-ab12-cdefgh34,ou-ab12-ijklmn56"),
    (POLICY, "DailySchedule", "cron(30 2 ? * MON-FRI *)"),
    (POLICY, "MonthlySchedule", "cron(0 3 L * ? *)"),
    (POLICY, "DailyRetentionDays", "90"),
    (POLICY, "MonthlyRetentionDays", "3660"),
    (CENTRAL, "BreakGlassRoleName", "Emergency"),
    (MEMBERS, "BreakGlassRoleName", "Emergency"),
    (AIR_GAPPED, "BreakGlassRoleName", "Emergency"),
    (AIR_GAPPED, "MinRetentionDays", "7"),
    (TAGGING, "ExcludeKeys", "temporary:*,Owner"),
    (TAGGING, "IncludeKeys", "cost-*"),
    (TAGGING, "AlarmTopicName", "operations"),
    *((stack, "BranchName", "production") for stack in (PIPELINE, SOURCE)),
)

_CONNECTED = (
    (PIPELINE, "SourceProvider", "CodeConnections"),
    (SOURCE, "SourceProvider", "CodeConnections"),
    (PIPELINE, "FullRepositoryId", "example-org/backup"),
)
_BRANCHES = tuple((stack, "BranchName", "production") for stack in (PIPELINE, SOURCE))
_DELEGATED = tuple((name, "DelegatedAdministrator", "true") for name in (MANAGER_ROLE, MANAGER))
_LOCKS = tuple(
    (vault, f"VaultLock{bound}RetentionDays")
    for vault in (CENTRAL, MEMBERS)
    for bound in ("Min", "Max")
)
_SHORTEST = tuple((POLICY, f"{plan}RetentionDays", "1") for plan in ("Daily", "Monthly"))
_LONGEST = tuple((POLICY, f"{plan}RetentionDays", MOST) for plan in ("Daily", "Monthly"))
_WIDE = tuple((vault, name, "1" if "Min" in name else MOST) for vault, name in _LOCKS)

# Edits that the guide tells users to make together: refused alone, or the stage would be of no use.
TOGETHER: dict[Edit, tuple[Edit, ...]] = {
    **{edit: _CONNECTED for edit in _CONNECTED[:2]},
    **{edit: _BRANCHES for edit in _BRANCHES},
    **{edit: _DELEGATED for edit in _DELEGATED},
    (CENTRAL, "VaultLockMode", "compliance"): (
        (CENTRAL, "ComplianceAcknowledgement", "cannot-be-undone"),
    ),
    (POLICY, "CopyToAirGappedVault", "true"): ((AIR_GAPPED, "MinRetentionDays", "7"),),
    (AIR_GAPPED, "MinRetentionDays", MOST): ((AIR_GAPPED, "MaxRetentionDays", MOST),),
    **{edit: _WIDE for edit in (_SHORTEST + _LONGEST)},
    **{(vault, name, MOST): _WIDE + _LONGEST for vault, name in _LOCKS if "Min" in name},
    **{(vault, name, "1"): _WIDE + _SHORTEST for vault, name in _LOCKS if "Max" in name},
}


def offered() -> list[Edit]:
    """Every value that a template lists, and both ends of every range."""
    found = []
    for name, document in SHIPPED.items():
        declared = load_template(BY_NAME[name].template_path.read_text())["Parameters"]
        for parameter in document["Parameters"]:
            ends = (declared[parameter].get(end) for end in ("MinValue", "MaxValue"))
            values = declared[parameter].get("AllowedValues") or [v for v in ends if v is not None]
            found += [(name, parameter, str(value)) for value in values]
    return found


EDITS = list(dict.fromkeys([*offered(), *DOCUMENTED]))


@pytest.fixture(scope="session")
def validator(tmp_path_factory):
    """What `make validate-policies` finds in the deployed policies, with these values."""
    program = os.environ.get("BACKUPCTL", ROOT / "target" / "debug" / "backupctl")
    values = tmp_path_factory.mktemp("values") / f"{POLICY}.json"

    def problems(document: dict, template: Path = BY_NAME[POLICY].template_path) -> str:
        values.write_text(json.dumps(document))
        command = [program, "validate", "--parameters", values, template]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        return "" if result.returncode == 0 else result.stdout + result.stderr

    return problems


def problems(edits, validator) -> list[str]:
    """What stage Validate finds."""
    documents = edited(*edits)
    found = parameter_files.check(documents)
    if any(file == POLICY for file, _, _ in edits):
        found += validator(documents[POLICY]).splitlines()
    return found


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: " ".join(edit))
def test_an_offered_value_passes(edit, validator):
    if edit not in TOGETHER:
        assert problems([edit], validator) == []
    else:
        assert problems([edit], validator) != [], "it passes alone: take it out of TOGETHER"
        assert problems([*TOGETHER[edit], edit], validator) == []


@pytest.mark.parametrize("true", ["'true'", "true"])
def test_a_policy_of_another_name_that_is_taken_over_passes(true, validator, tmp_path):
    """As docs/moving.md has it: the other policy is one that the stack makes itself."""
    text = BY_NAME[POLICY].template_path.read_text()
    for there, instead in (
        ("PolicyName: org-daily-backup-policy\n", "PolicyName: company-daily\n"),
        ("AdoptExisting: !Ref AdoptExistingPolicies\n", f"AdoptExisting: {true}\n"),
    ):
        assert there in text
        text = text.replace(there, instead, 1)
    template = tmp_path / "aws-backup-org-policy.yaml"
    template.write_text(text)
    assert validator(SHIPPED[POLICY], template) == ""
    lint = [sys.executable, Path(sys.executable).parent / "cfn-lint", "--", template]
    result = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, ""), result.stdout


def test_every_value_of_every_file_is_edited():
    tried = {(file, parameter) for file, parameter, _ in EDITS}
    there = {(file, name) for file in SHIPPED for name in SHIPPED[file]["Parameters"]}
    assert there - tried == {(targets.FILE.stem, name) for name in targets.KEYS}
    assert set(TOGETHER) <= set(EDITS)


def test_the_target_values_of_the_guide_pass_their_template_too():
    """`targets-check` accepts them: see test_targets.py."""
    assert targets.check(GOOD, targets.known_regions()) == []
    declared = load_template(BY_NAME[targets.FILE.stem].template_path.read_text())["Parameters"]
    assert {
        key: parameter_files.misfit(declared[key], value) for key, value in GOOD.items()
    } == dict.fromkeys(GOOD)
