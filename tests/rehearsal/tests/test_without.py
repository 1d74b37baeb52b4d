"""Permissions taken away in earnest: the rehearsal fails, and names what was missing."""

import pytest

from rehearsal.grants.permissions import expect_no_denials
from rehearsal.grants.without import first_denial, outcome
from rehearsal.names import RehearsalFailed
from rehearsal.tests.test_defects import tell

# One of a function, of CloudFormation's service role, and of what a service does with a role.
TAKEN = {
    ("BackupOrgPolicyManagerOrgAdmin", "organizations:AttachPolicy"): (
        "OrgPolicy/DeployBackupOrgPolicy: .*organizations:AttachPolicy"
    ),
    ("CloudFormationRole", "lambda:CreateFunction"): "lambda:CreateFunction",
    ("aws-backup-codepipeline-PipelineRole", "codecommit:UploadArchive"): (
        "Source/Source: .*codecommit:UploadArchive"
    ),
}


@pytest.mark.parametrize("taken", TAKEN, ids=lambda grant: f"{grant[0]} {grant[1]}")
def test_a_rehearsal_without_an_action_fails_and_names_it(rehearse, taken):
    role, action = taken
    story, emulator = rehearse()
    emulator.leave_out((f"{role}*", action))
    with pytest.raises(RehearsalFailed, match=f"(?s){TAKEN[taken]}"):
        tell(story, "see what every account has")
    assert first_denial(emulator.denials(), role, action)
    with pytest.raises(RehearsalFailed, match=action):
        expect_no_denials(emulator)


def test_what_is_refused_and_swallowed_fails_the_rehearsal_too(rehearse):
    """A build that may not write its log goes on as if nothing had been."""
    story, emulator = rehearse()
    emulator.leave_out(("aws-backup-codebuild-test-package-*", "logs:PutLogEvents"))
    tell(story, "the first commit goes through the pipeline")
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
        refused, said = outcome(held, denials, ledger, role, "a:One")
        assert not refused
        assert words in said
