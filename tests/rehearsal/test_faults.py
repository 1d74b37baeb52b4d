"""Faults while the pipeline runs, and what the next run makes of them."""

import pytest

from rehearsal.names import RehearsalFailed
from rehearsal.test_defects import tell

MEMBER = "444444444442"
FAILING = {"service": "cloudformation", "kind": "refuse", "account": MEMBER, "times": 1}


def test_a_conflict_while_a_policy_is_attached_is_waited_out(rehearse):
    story, emulator = rehearse()
    tell(story, "deploy the home account")
    emulator.inject(
        {"service": "organizations", "operation": "AttachPolicy", "kind": "conflict", "times": 3}
    )
    story.first_commit()
    story.see_first()
    struck = [call for call in emulator.calls() if call["fault"] == "conflict"]
    assert len(struck) == 3


def test_an_account_that_fails_stops_its_stage_and_is_named(rehearse):
    """No more is promised: what repairs it depends on what the other accounts keep."""
    story, emulator = rehearse()
    tell(story, "deploy the management account")
    emulator.inject(FAILING | {"operation": "CreateStack"})
    story.home()
    with pytest.raises(RehearsalFailed, match=f"(?s)MemberAccounts/.*{MEMBER}"):
        story.first_commit()
    policies = [policy["name"] for policy in emulator.organization()["policies"]]
    assert policies == [], "backup policies came before what they refer to"
