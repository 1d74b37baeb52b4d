"""Edits of the sample policies' template, as a user makes them in a text editor."""

import re

from .solution import ORG_POLICY_TEMPLATE


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
    return _once(
        text,
        "        plans:\n          OrgDailyBackupPlan:",
        "        plan:\n          OrgDailyBackupPlan:",
    )


def drop_monthly_policy(text):
    """Without the monthly policy and its outputs."""
    text, policies = re.subn(
        r"\n  MonthlyBackupPolicy:\n.*?(?=\nOutputs:)", "", text, flags=re.DOTALL
    )
    text, outputs = re.subn(r"  MonthlyBackupPolicy\w+:\n(?:    .*\n)+", "", text)
    assert policies == 1 and outputs == 2, "the template has changed: see `edits.py`"
    return text


def _once(text, old, new):
    assert text.count(old) == 1, f"the template has changed: `{old.strip()}` is not there once"
    return text.replace(old, new)
