"""Edits of the sample policies' template, as a user makes them in a text editor."""

import re

from kit.solution import ORG_POLICY_TEMPLATE

CHANGED = "the template has changed: change `demo/edits.py` with it"


def write(folder, *edits):
    """A copy of the template with the edits; its path."""
    text = ORG_POLICY_TEMPLATE.read_text()
    for edit in edits:
        text = edit(text)
    path = folder / f"{edits[0].__name__}.yaml"
    path.write_text(text)
    return path


def two_mistakes(text):
    """In the daily policy a schedule that AWS Backup policies do not know, and a misspelt key."""
    for right, wrong in (
        ("'@@assign': !Ref DailySchedule", "'@@assign': rate(1 day)"),
        ("                  tag_value:\n", "                  tag_values:\n"),
    ):
        assert right in text, CHANGED
        text = text.replace(right, wrong, 1)
    return text


def drop_monthly_policy(text):
    """Without the monthly policy and its outputs."""
    text, policies = re.subn(r"(?s)\n  MonthlyBackupPolicy:\n.*?(?=\nOutputs:)", "", text)
    text, outputs = re.subn(r"  MonthlyBackupPolicy\w+:\n(?:    .*\n)+", "", text)
    assert (policies, outputs) == (1, 2), CHANGED
    return text
