"""The chapters of the demonstration, in order."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from kit import solution
from kit.cli import Cli
from kit.emulator import Emulator
from kit.names import HOME, MANAGEMENT, PACKAGE, PRODUCTION, ROOT, SANDBOXES, WORKLOADS
from kit.observe import Policies, writes
from kit.solution import Package
from kit.stacks import Stacks

from . import edits, restores
from .story import Story

# Between two looks at a stack that is changing.
DAILY, MONTHLY = "org-daily-backup-policy", "org-monthly-backup-policy"


@dataclass
class Stage:
    """What every chapter works with."""

    story: Story
    emulator: Emulator
    cli: Cli
    package: Package
    home: Stacks
    edited: Path  # a folder for templates as a user would edit them

    def policies(self):
        """The policies as they really are now."""
        return Policies(self.emulator.organization())


def tell(story, emulator, cli, package):
    """All chapters."""
    with tempfile.TemporaryDirectory(prefix="edited-") as folder:
        home = Stacks(cli.cloudformation(HOME))
        stage = Stage(story, emulator, cli, package, home, Path(folder))
        landscape(stage)
        deploy(stage)
        first_policies(stage)
        others = another_team(stage)
        change_in_place(stage)
        broken_policy(stage)
        remove(stage, others)
        restores.tell(stage)


def landscape(stage):
    """The organization as a tree."""
    organization = stage.emulator.organization()

    def branch(parent, depth):
        here = [account for account in organization["accounts"] if account["parent"] == parent]
        for account in here:
            stage.story.show("  " * depth + f"{account['name']} {account['id']}")
        for unit in organization["units"]:
            if unit["parent"] == parent:
                stage.story.show("  " * depth + f"{unit['name']} {unit['id']}")
                branch(unit["id"], depth + 1)

    stage.story.show(f"root {organization['root']}")
    branch(organization["root"], 1)


def deploy(stage):
    """Everything that `Custom::BackupOrgPolicy` needs."""
    story, cli = stage.story, stage.cli
    story.chapter("The policy manager is deployed")
    story.say(
        "One role in the management account; in the home account a bucket that the organization's "
        "accounts get packages from, and one function with its own role."
    )
    management = Stacks(cli.cloudformation(MANAGEMENT))
    management.create(solution.management_role()).expect_complete()
    stage.home.create(solution.targets([PRODUCTION, SANDBOXES])).expect_complete()
    stage.home.create(solution.package_bucket()).expect_complete()
    package = f"s3://{solution.PACKAGE_BUCKET}/{stage.package.key}"
    cli.run(HOME, "s3", "cp", str(PACKAGE.relative_to(ROOT)), package, "--only-show-errors")
    cli.run(
        HOME, "ssm", "put-parameter", "--type", "String",
        "--name", solution.PACKAGE_KEY_PARAMETER, "--value", stage.package.key,
    )  # fmt: skip
    stage.home.create(solution.function_role()).expect_complete()
    stage.home.create(solution.function()).expect_complete()
    running = stage.emulator.function_digests()
    story.promise(
        "the function runs the very binary that was packaged",
        set(running.values()) == {stage.package.bootstrap_digest},
        f"sha256 {stage.package.bootstrap_digest[:16]}…, {stage.package.size:,} bytes zipped",
    )


def first_policies(stage):
    """The repository's two sample policies."""
    story = stage.story
    story.chapter("One stack makes the organization's backup policies")
    stage.home.create(solution.org_policy()).expect_complete()
    list_policies(stage)
    policies = stage.policies()
    daily, monthly = policies.named(DAILY), policies.named(MONTHLY)
    story.promise(
        "both policies are attached to the configured OUs and to nothing else",
        all(set(policy["targets"]) == {PRODUCTION, SANDBOXES} for policy in (daily, monthly)),
        ", ".join(daily["targets"]),
    )
    rules = [next(iter(policies.rules(name).values())) for name in (DAILY, MONTHLY)]
    days = [rule["lifecycle"]["delete_after_days"]["@@assign"] for rule in rules]
    windows = {rule["complete_backup_window_minutes"]["@@assign"] for rule in rules}
    story.promise(
        "daily backups are kept 35 days and monthly ones 366, and cancelled after 1,200 minutes",
        [str(value) for value in days] == ["35", "366"] and {str(w) for w in windows} == {"1200"},
        f"{days[0]} and {days[1]} days, {windows.pop()} minutes",
    )
    regions = {name: policies.regions(name) for name in (DAILY, MONTHLY)}
    story.promise(
        "each plan got the configured Regions, although the template names none",
        all(found == [["eu-west-1", "us-east-1"]] for found in regions.values()),
        ", ".join(regions[DAILY][0]),
    )


def another_team(stage):
    """Policies that are none of our business, one with a name that begins like ours."""
    story, cli = stage.story, stage.cli
    story.chapter("Another team has policies of its own")
    content = '{"plans": {"finance": {}}}'
    made = [
        ("BACKUP_POLICY", f"{DAILY}-finance", content),
        ("SERVICE_CONTROL_POLICY", "guard-rails", '{"Version": "2012-10-17", "Statement": []}'),
    ]
    for kind, name, text in made:
        created = cli.run(
            MANAGEMENT, "organizations", "create-policy", "--type", kind, "--name", name,
            "--description", "not ours", "--content", text,
        )  # fmt: skip
        cli.run(
            MANAGEMENT, "organizations", "attach-policy", "--target-id", SANDBOXES,
            "--policy-id", created["Policy"]["PolicySummary"]["Id"],
        )  # fmt: skip
    return stage.policies().others()


def change_in_place(stage):
    """New targets and a new retention."""
    story = stage.story
    story.chapter("Targets and retention change in place")
    story.say(f"Out goes {SANDBOXES}, in comes {WORKLOADS}; daily backups are kept for 40 days.")
    before = stage.policies()
    stage.home.update(solution.targets([PRODUCTION, WORKLOADS])).expect_complete()
    stage.emulator.forget_calls()
    stage.home.update(solution.org_policy(DailyRetentionDays="40")).expect_complete()
    list_policies(stage)
    made = writes(stage.emulator.calls())
    story.say(
        "The calls that changed the organization, in order (a tag remembers which content AWS "
        "accepted):"
    )
    story.show(*(str(call) for call in made))
    after = stage.policies()
    story.promise(
        "the policies are the same ones",
        before.ids() == after.ids()
        and not {"CreatePolicy", "DeletePolicy"} & {call.operation for call in made},
        f"ids {', '.join(before.ids().values())} before, {', '.join(after.ids().values())} after",
    )
    gaps = [c for c in made if c.operation == "DetachPolicy" and c.target == PRODUCTION]
    story.promise(
        f"{PRODUCTION}, in both lists, was never without a policy",
        not gaps and all(PRODUCTION in policy["targets"] for policy in after.ours()),
        f"{len(gaps)} calls that detach from it",
    )
    story.promise(
        "the new OU was attached before the old one was detached",
        all(attached_first(made, policy["id"]) for policy in after.ours())
        and all(set(p["targets"]) == {PRODUCTION, WORKLOADS} for p in after.ours()),
        "now on " + ", ".join(after.named(DAILY)["targets"]),
    )
    rule = next(iter(after.rules(DAILY).values()))
    retention = rule["lifecycle"]["delete_after_days"]["@@assign"]
    story.promise("the new retention is live", str(retention) == "40", f"{retention} days")


def broken_policy(stage):
    """Two mistakes in the template."""
    story = stage.story
    story.chapter("A broken policy is refused, and the stack rolls back")
    wrong = edits.write(stage.edited, edits.two_mistakes)
    story.say(
        "In the daily policy somebody writes `rate(1 day)` for the schedule and `tag_values` for "
        "`tag_value`, and deploys."
    )
    before = stage.policies()
    stage.emulator.forget_calls()
    outcome = stage.home.update(solution.org_policy(wrong, DailyRetentionDays="40"))
    story.say("What the user reads in the stack's events:")
    story.quote(outcome.reason or "nothing")
    places = ("OrgDailyBackupRule.schedule_expression", "OrgDailyBackupSelection.tag_values")
    named = [place for place in places if place in outcome.reason]
    story.promise(
        "both mistakes are named at once, each with its place in the policy",
        len(named) == len(places),
        ", ".join(named) or "neither",
    )
    made = writes(stage.emulator.calls())
    story.promise(
        "nothing was written, and the stack is back where it was",
        outcome.status == "UPDATE_ROLLBACK_COMPLETE" and not made,
        f"{outcome.status}, {len(made)} calls that change something",
    )
    story.promise(
        "the organization is exactly as before, every policy, attachment and tag",
        stage.policies().everything() == before.everything(),
        f"{len(before.everything())} policies compared",
    )


def remove(stage, others):
    """First one resource, then the stack."""
    story = stage.story
    story.chapter("A resource is removed, then the stack")
    smaller = edits.write(stage.edited, edits.drop_monthly_policy)
    stage.home.update(solution.org_policy(smaller, DailyRetentionDays="40")).expect_complete()
    left = stage.policies().ours()
    story.promise(
        "without its resource the monthly policy is gone, the daily one stays",
        [policy["name"] for policy in left] == [DAILY],
        ", ".join(policy["name"] for policy in left),
    )
    outcome = stage.home.delete(solution.ORG_POLICY)
    list_policies(stage)
    left = stage.policies()
    story.promise(
        "after the stack's deletion nothing of it is left",
        outcome.status == "DELETE_COMPLETE" and not left.ours(),
        f"{outcome.status}, {len(left.ours())} policies with the solution's tags",
    )
    story.promise(
        "the other team's policies are as that team left them",
        left.everything() == others,
        ", ".join(policy["name"] for policy in left.everything()),
    )


def list_policies(stage):
    """The backup policies as the management account sees them, and what their plans say."""
    listed = stage.cli.run(
        MANAGEMENT, "organizations", "list-policies", "--filter", "BACKUP_POLICY"
    )
    if not listed["Policies"]:
        stage.story.show("no policies")
    plans = stage.policies()
    for policy in listed["Policies"]:
        attached = stage.cli.read(
            MANAGEMENT, "organizations", "ListTargetsForPolicy", PolicyId=policy["Id"]
        )
        ids = ", ".join(target["TargetId"] for target in attached["Targets"])
        stage.story.show(f"{policy['Name']:<34}{policy['Id']:<14}on {ids}")
        stage.story.show(*("  " + line for line in plan_lines(plans.plans(policy["Name"]))))


def plan_lines(plans):
    """A line a rule: when, how long, where to."""
    for name, plan in plans.items():
        for rule in plan.get("rules", {}).values():
            copies = ", ".join(
                f"{arn.split(':')[4]}:{arn.split(':')[-1]}" for arn in rule.get("copy_actions", {})
            )
            yield (
                f"{name}: {rule['schedule_expression']['@@assign']}, kept "
                f"{rule['lifecycle']['delete_after_days']['@@assign']} days, copied to {copies}"
            )


def attached_first(calls, policy):
    """Whether a policy's attachments all come before its detachments, and there are both."""
    order = [call.operation for call in calls if call.policy == policy]
    order = [name for name in order if name in ("AttachPolicy", "DetachPolicy")]
    return order == sorted(order) and len(set(order)) == 2
