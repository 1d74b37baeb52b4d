"""Edits of the sample policies' template, as a user makes them in a text editor."""

import re

from .solution import ORG_POLICY_TEMPLATE

CHANGED = "the template has changed: change `demo/edits.py` with it"


def write(folder, *edits):
    """A copy of the template with the edits; its path."""
    text = ORG_POLICY_TEMPLATE.read_text()
    for edit in edits:
        text = edit(text)
    path = folder / f"{edits[0].__name__}.yaml"
    path.write_text(text)
    return path


def misspell_plans(text):
    """`plan` for `plans` in the daily policy."""
    right = "        plans:\n          OrgDailyBackupPlan:"
    assert text.count(right) == 1, CHANGED
    return text.replace(right, right.replace("plans", "plan"))


def drop_monthly_policy(text):
    """Without the monthly policy and its outputs."""
    text, policies = re.subn(r"(?s)\n  MonthlyBackupPolicy:\n.*?(?=\nOutputs:)", "", text)
    text, outputs = re.subn(r"  MonthlyBackupPolicy\w+:\n(?:    .*\n)+", "", text)
    assert (policies, outputs) == (1, 2), CHANGED
    return text
