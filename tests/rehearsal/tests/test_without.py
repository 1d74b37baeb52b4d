"""Permissions taken away in earnest: the rehearsal fails, and names what was missing."""

import pytest

from rehearsal.grants.permissions import expect_no_denials
from rehearsal.grants.without import first_denial, outcome
from rehearsal.names import RehearsalFailed
from rehearsal.tests.test_defects import tell

PIPELINE_ROLE, FUNCTIONS_ROLE, POLICIES_ROLE = (
    "aws-backup-codepipeline-PipelineRole",
    "CloudFormationRole",
    "BackupOrgPolicyManagerOrgAdmin",
)
GUARD = ("aws-backup-codepipeline-GuardOrgPolicyRole*", "logs:PutLogEvents")

# One of the pipeline, of CloudFormation's service role, and of a function, in the order in which a
# rehearsal needs them; the stage that fails without it; what is reported.
TAKEN = {
    (PIPELINE_ROLE, "codecommit:UploadArchive"): (
        "Source",
        "Source/Source: .*codecommit:UploadArchive",
    ),
    (FUNCTIONS_ROLE, "lambda:CreateFunction"): ("Functions", "lambda:CreateFunction"),
    (POLICIES_ROLE, "organizations:AttachPolicy"): (
        "OrgPolicy",
        "OrgPolicy/DeployBackupOrgPolicy: .*organizations:AttachPolicy",
    ),
}


def test_without_an_action_a_rehearsal_fails_and_names_it(rehearsal):
    """One after the other, each given back before the stage is run again.

    A build that may not write its log goes on as if nothing had been: that is seen, too.
    """
    story, emulator = rehearsal
    emulator.leave_out(*((f"{role}*", action) for role, action in TAKEN), GUARD)
    tell(story, "deploy the home account")
    left = list(TAKEN)
    while left:
        role, action = left.pop(0)
        stage, expected = TAKEN[role, action]
        with pytest.raises(RehearsalFailed, match=f"(?s){expected}"):
            story.watch.succeed()
        assert first_denial(emulator.denials(), role, action)
        with pytest.raises(RehearsalFailed, match=action):
            expect_no_denials(emulator)
        emulator.leave_out(*((f"{role}*", action) for role, action in left), GUARD)
        # It removes a stack whose first creation failed.
        story.home()
        emulator.take_denials()
        if stage == "Source":
            story.start()
        else:
            story.watch.retry(stage, "ALL_ACTIONS")
    story.watch.succeed()
    with pytest.raises(RehearsalFailed, match="logs:PutLogEvents"):
        expect_no_denials(emulator)


def test_only_the_refusal_of_what_was_taken_away_counts():
    ledger = {"roles": [{"role": "arn:aws:iam::222222222222:role/Ours"}]}
    denial = {
        "principal": "arn:aws:sts::222222222222:assumed-role/Ours/session",
        "action": "a:One",
        "message": "Ours may not a:One",
        "via": "call",
    }
    assert outcome(False, [denial], ledger, "Ours", "a:One") == (True, "Ours may not a:One (call)")
    for held, denials, role, words in (
        (True, [], "Ours", "NOT MISSED"),
        (False, [], "Ours", "another reason"),
        (False, [denial | {"action": "a:Two"}], "Ours", "another reason"),
        (True, [], "Misspelt", "no role of this name"),
    ):
        refused, printed = outcome(held, denials, ledger, role, "a:One")
        assert not refused
        assert words in printed
