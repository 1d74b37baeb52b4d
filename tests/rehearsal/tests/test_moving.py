"""The guide's way from the original's live stacks, and from what somebody made by hand.

One organization has both: the original's stacks for one unit, and in the other a vault, key and
role of the solution's names with a policy of its own, as Terraform would make them. After every
step each account has a plan, each vault its key, and each recovery point can be restored.
"""

import json
import re

import pytest
from kit.names import MEMBER, OWNER_TAG, ROOT, SANDBOX_MEMBER

from rehearsal.grants.permissions import expect_no_denials
from rehearsal.names import (
    CENTRAL_REGION,
    HOME_REGION,
    MANAGEMENT,
    POLICY_FILE,
    SANDBOXES,
    TARGETS_FILE,
    WORKLOADS,
    RehearsalFailed,
)
from rehearsal.stages.expectations import COMPLETE, POLICIES
from rehearsal.stages.original import Original
from rehearsal.stages.protection import CENTRAL_PLACE, Place, Protection
from rehearsal.stages.story import FIRST, FIRST_REGIONS

from .conftest import rehearsal_in
from .evidence import expect_section

PIPELINE_FILE = "cloudformation/parameters/aws-backup-codepipeline.json"
POLICY_TEMPLATE = "cloudformation/home-account/aws-backup-org-policy.yaml"
ADOPTING = {POLICY_FILE: {"AdoptExistingPolicies": "true"}}
PLACES = [
    *(Place(MEMBER, region) for region in FIRST_REGIONS),
    CENTRAL_PLACE,
    Place(SANDBOX_MEMBER, HOME_REGION),
]

BESIDE, TAKEN_OVER = "company-weekly", "company-daily"
GUIDE = ROOT / "docs" / "moving.md"


def content(plan, hour):
    """A policy that somebody wrote, with a plan of its own."""
    selection = {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/AWSBackupSolutionRole"}}
    selection |= {"tag_key": {"@@assign": "company"}, "tag_value": {"@@assign": ["yes"]}}
    rule = {
        "schedule_expression": {"@@assign": f"cron(0 {hour} ? * * *)"},
        "target_backup_vault_name": {"@@assign": "AWSBackupSolutionVault"},
        "lifecycle": {"delete_after_days": {"@@assign": "30"}},
    }
    body = {"rules": {"Rule": rule}, "selections": {"tags": {"Selection": selection}}}
    body["regions"] = {"@@assign": [HOME_REGION]}
    return json.dumps({"plans": {plan: body}})


class ByHand:
    """What somebody made without any stack, as Terraform would: policies, and what they name."""

    def __init__(self, administrators):
        self._administrators = administrators
        self.beside = self._policy(BESIDE, "CompanyWeekly", WORKLOADS)
        self.taken_over = self._policy(TAKEN_OVER, "CompanyDaily", SANDBOXES)
        kms = self._client("kms")
        key = kms.create_key()["KeyMetadata"]
        kms.create_alias(AliasName="alias/AWSBackupSolutionKey", TargetKeyId=key["KeyId"])
        self._client("backup").create_backup_vault(
            BackupVaultName="AWSBackupSolutionVault", EncryptionKeyArn=key["Arn"]
        )
        statement = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}}
        trust = {"Version": "2012-10-17", "Statement": [statement | {"Action": "sts:AssumeRole"}]}
        iam = self._client("iam")
        iam.create_role(
            RoleName="AWSBackupSolutionRole", AssumeRolePolicyDocument=json.dumps(trust)
        )
        for name in ("Backup", "Restores"):
            arn = f"arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor{name}"
            iam.attach_role_policy(RoleName="AWSBackupSolutionRole", PolicyArn=arn)

    def stacks(self):
        """The stacks of the account."""
        return self._client("cloudformation").describe_stacks()["Stacks"]

    def _policy(self, name, plan, unit):
        organizations = self._administrators.client("organizations", MANAGEMENT)
        made = organizations.create_policy(
            Name=name, Type="BACKUP_POLICY", Description=plan, Content=content(plan, 2)
        )
        identity = made["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=identity, TargetId=unit)
        return identity

    def _client(self, service):
        return self._administrators.client(service, SANDBOX_MEMBER, HOME_REGION)


class Walk:
    """The guide's steps in its order; what was seen on the way."""

    def __init__(self, story, emulator):
        self.story, self._emulator = story, emulator
        story.prepare()
        self.original = Original(story.administrators)
        self.original.deploy()
        self.by_hand = ByHand(story.administrators)
        self.before = self.policies()
        self._protection = Protection(story.administrators, PLACES)
        emulator.forget_calls()

    def go(self):
        """All of it, with the values that the guide names."""
        story = self.story
        self._run("aws-backup-org-policy: deleted", "remove-original", "home")
        self.left_at_home = self.original.stacks()
        self._make("remove-original", "management", APPLY=1)

        self._commit(**{PIPELINE_FILE: {"DeployMemberAccounts": "false"}}, **ADOPTING)
        for step, name in (
            (story.management, "`make deploy-management`"),
            (story.home, "`make deploy-home`"),
            (story.first_commit, "the first commit's way through the pipeline"),
        ):
            step()
            self._look(name)
        self.after_the_first_commit = self.policies()
        self.stacks_of_the_sandboxes = self.by_hand.stacks()

        self._run("will outlive it", "adopt-central", "central", CENTRAL_REGION)
        story.central()
        self._look("`make deploy-central`")

        add_the_guides_policy(story.checkout.folder / POLICY_TEMPLATE)
        self._commit(
            **{PIPELINE_FILE: {"DeployMemberAccounts": "true"}},
            **{TARGETS_FILE: {"TargetOUs": f"{WORKLOADS},{SANDBOXES}"}},
        )
        story.push()
        with pytest.raises(RehearsalFailed, match="Verify/VerifyStackSets") as failure:
            story.watch.succeed()
        self._look("the commit with the member accounts, whose last stage names what is in the way")
        self.in_the_way = re.search(r"ACCOUNT=([\d,]+)", str(failure.value))[1]
        self._run(": deleted", "adopt-account", "management", ACCOUNT=self.in_the_way)
        story.watch.retry("Verify")
        story.watch.succeed()
        self._protection.restore()
        self._make("remove-original", "home", APPLY=1)
        self._see()
        self.report = self._protection.report()

    def policies(self):
        """Name -> policy."""
        return {policy["name"]: policy for policy in self._emulator.organization()["policies"]}

    def _see(self):
        """What the end is."""
        expectations = self.story.expectations
        self.after = self.policies()
        self.calls = {(call["service"], call["operation"]) for call in self._emulator.calls()}
        self.requests = self._emulator.custom_resources()
        self.instances = expectations.instances()
        expectations.expect_holdings([*FIRST, SANDBOX_MEMBER], FIRST_REGIONS, COMPLETE)
        self.plans = {one: self._protection.plans(one) for one in (*FIRST, SANDBOX_MEMBER)}
        expect_no_denials(self._emulator)

    def _commit(self, **changed):
        for file, values in changed.items():
            self.story.checkout.change(file, values)
        self.story.checkout.commit("The values of the guide's next step")

    def _run(self, marker, target, profile, region=HOME_REGION, **more):
        """Say what would be done; be cut off while doing it, do it, and find it done."""
        if "nothing was changed" not in self._make(target, profile, region, **more):
            raise RehearsalFailed(f"`make {target}` found nothing to do")
        self.story.commands.cut_off(marker, target, profile, region, **more, APPLY=1)
        self._look(f"`make {target} APPLY=1`, killed half way")
        self._make(target, profile, region, **more, APPLY=1)
        again = self._make(target, profile, region, **more)
        if "nothing was changed" in again or "missing" in again:
            raise RehearsalFailed(f"`make {target} APPLY=1` left something to do: {again}")

    def _make(self, target, profile, region=HOME_REGION, **more):
        reported = self.story.commands.make(target, profile, region, **more)
        applies = "APPLY" in more
        self._look(f"`make {target} APPLY=1`" if applies else f"`make {target}`, a preview")
        return reported

    def _look(self, after):
        self._protection.expect((*FIRST, SANDBOX_MEMBER), after)


def add_the_guides_policy(template):
    """The guide's example of a policy of one's own that is taken over, for the sandboxes."""
    (example,) = re.findall(r"```yaml\n(  CompanyDailyPolicy:\n.*?)```", GUIDE.read_text(), re.S)
    text = template.read_text()
    assert text.count("\nOutputs:\n") == 1
    resource = example.replace("ou-ab12-cdefgh34", SANDBOXES)
    template.write_text(text.replace("\nOutputs:\n", f"\n{resource}\nOutputs:\n"))


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """The whole way."""
    with rehearsal_in(tmp_path_factory.mktemp("moving")) as (story, emulator):
        walked = Walk(story, emulator)
        walked.go()
    return walked


def test_what_was_seen_after_every_step_is_written_down(walk):
    expect_section("From the original, and from handwork", walk.report)


def test_the_originals_policies_are_taken_over_as_they_are_and_changed_in_place(walk):
    for name in POLICIES:
        assert walk.after[name]["id"] == walk.before[name]["id"]
        assert walk.after[name]["targets"] == [WORKLOADS, SANDBOXES]
        assert "Org" in walk.before[name]["content"]
        assert walk.after_the_first_commit[name]["content"] != walk.before[name]["content"]
    for account in FIRST:
        assert walk.plans[account] >= {"OrgDailyBackupPlan", "OrgMonthlyBackupPlan"}


def test_between_the_steps_no_plan_was_missing_either(walk):
    """Nobody called the original's function again, and nobody detached or deleted a policy."""
    originals = [
        one for one in walk.requests if one["request"]["ResourceType"] == "Custom::OrgPolicy"
    ]
    assert {one["request"]["RequestType"] for one in originals} == {"Create"}
    assert not walk.calls & {
        ("organizations", "DeletePolicy"),
        ("organizations", "DetachPolicy"),
    }


def test_nothing_of_the_original_is_left_but_what_holds_something(walk):
    assert walk.left_at_home == set()
    names = {row[0] for row in walk.instances}
    assert not any(name.startswith(("organizations-", "account-")) for name in names)
    assert {row[3] for row in walk.instances} == {"CURRENT"}


def test_a_policy_beside_ours_is_not_touched(walk):
    assert walk.after[BESIDE] == walk.before[BESIDE]
    assert all("CompanyWeekly" in walk.plans[account] for account in FIRST)


def test_a_unit_that_is_no_target_is_left_alone(walk):
    assert walk.after_the_first_commit[TAKEN_OVER] == walk.before[TAKEN_OVER]
    assert walk.stacks_of_the_sandboxes == []


def test_what_was_made_by_hand_is_taken_over(walk):
    """The policy keeps its id, the vault its key and points; both are ours from then on."""
    assert SANDBOX_MEMBER in walk.in_the_way.split(",")
    before, after = walk.before[TAKEN_OVER], walk.after[TAKEN_OVER]
    assert (after["id"], after["targets"]) == (before["id"], before["targets"])
    assert after["content"] != before["content"]
    assert OWNER_TAG in after["tags"]
    assert "CompanyDaily" in walk.plans[SANDBOX_MEMBER]
