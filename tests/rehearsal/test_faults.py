"""Faults while the pipeline runs, and what the next run makes of them."""

import pytest

from rehearsal.landscape import COMPLETE, NOTHING
from rehearsal.names import WORKLOADS, RehearsalFailed
from rehearsal.story import FIRST, FIRST_REGIONS
from rehearsal.test_defects import tell

MEMBER = "444444444442"
FAILING = {"service": "cloudformation", "kind": "refuse", "account": MEMBER, "times": 99}


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


def test_an_account_that_fails_withholds_nothing_from_the_others_and_is_named(rehearse):
    """In the first roll-out, in every stack set: told in the end, then repaired as told."""
    story, emulator = rehearse()
    tell(story, "deploy the management account")
    emulator.inject(FAILING | {"operation": "CreateStack"})
    story.home()
    with pytest.raises(RehearsalFailed, match="Verify/VerifyStackSets") as failure:
        story.first_commit()
    others = [account for account in FIRST if account != MEMBER]
    story.landscape.expect_places(others, FIRST_REGIONS, COMPLETE)
    story.landscape.expect_places([MEMBER], FIRST_REGIONS, NOTHING)
    story.landscape.expect_policies([WORKLOADS], FIRST_REGIONS, 35)
    told = str(failure.value)
    for region in FIRST_REGIONS:
        assert f"  {MEMBER} in {region}: OUTDATED (FAILED): " in told
    assert "444444444441" not in told
    emulator.mend()
    commands = [line.strip() for line in told.splitlines() if line.strip().startswith("aws ")]
    # One for each stack set: role, vault and key, function.
    assert len(commands) == 3
    story.repair(commands)
    story.start_again()
    story.see_first()
