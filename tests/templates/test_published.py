"""What the pages state of AWS's managed policies is what AWS publishes (`make aws-data`).

Renewed data that says something else makes these fail, and the page is read again.
"""

import json
import re

import pytest
from model import ROOT
from test_abilities import published

pytestmark = pytest.mark.shipped

DOCS = ROOT / "docs"
LINKED = "AWSBackupServiceLinkedRolePolicyForBackup"
BACKUP = "AWSBackupServiceRolePolicyForBackup"


def version(policy: str) -> tuple[str, str]:
    """The version of a managed policy, and the day on which AWS changed it last."""
    path = ROOT / f"emulator/published/managed_policies/{policy}.json"
    found = json.loads(path.read_text())
    return found["version"], found["date"]


def test_the_statement_for_ones_own_keys_has_all_that_aws_backups_role_can_use():
    guide = (DOCS / "deployment.md").read_text()
    (block,) = re.findall(r'```json\n(\{\n  "Sid": "CopiesInto.*?)```', guide, re.DOTALL)
    given = re.findall(r'"(kms:\w+)"(?!:)', block)
    assert sorted(given) == sorted(name for name in published(LINKED) if name.startswith("kms:"))
    named = re.search(rf"`{LINKED}`, (v\d+) of ([\d-]+)\)", guide)
    assert named and named.groups() == version(LINKED)


def test_what_is_copied_is_copied_by_these_actions():
    page = (DOCS / "copies.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("|") and " P: " in line]
    actions = {action for row in rows for action in re.findall(r"`(\w+:\w+)`", row)}
    copying = {name for name in published(LINKED) if name.partition(":")[2].startswith("Copy")}
    assert actions == copying
    (redshift,) = [row for row in rows if row.startswith("| Redshift")]
    assert re.findall(r"version (\d+)", redshift) == [
        version(policy)[0].removeprefix("v") for policy in (LINKED, BACKUP)
    ]
    # To share a snapshot is to authorize access to it, or to put a policy on it.
    way_out = re.compile(r"redshift(-serverless)?:(\w*Copy\w*|Authorize\w*|Put\w*Policy)")
    for policy in (LINKED, BACKUP):
        assert not [name for name in published(policy) if way_out.fullmatch(name)]
