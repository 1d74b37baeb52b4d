"""What must be deployed before anything is backed up; only looked at."""

import json

from deploy import cloudformation
from deploy.accounts import places
from deploy.pipeline import stack_sets
from deploy.pipeline.parameter_files import PIPELINE as PIPELINE_STACK
from deploy.pipeline.source import REPOSITORY as PIPELINE
from deploy.preparing import organization
from deploy.preparing.members import below, is_active
from deploy.stacks import BY_NAME, STACKS

from .outcome import Outcome, failed, held, not_yet
from .scene import HOME, MANAGEMENT, Scene

TAG_KEY = "backup"
# Stacks that deploy-home passes over where the account has a role of the name.
MAY_BE_MISSING = (
    "aws-cloudformation-stackset-admin-role",
    "aws-cloudformation-stackset-execution-role",
)


def look_organization(scene: Scene) -> Outcome:
    """What `make prepare-organization` checks."""
    lines: list[str] = []
    ready = organization.prepare(scene.sessions[MANAGEMENT], scene.targets, False, lines.append)
    wrong = [" ".join(line.split()) for line in lines if line.startswith("missing")]
    return held(f"{len(lines)} settings are as needed") if ready else failed("; ".join(wrong))


def look_stacks(who: str):
    """Whether every stack of an account is complete."""

    def look(scene: Scene) -> Outcome:
        session = scene.sessions[who]
        seen, wrong, busy = [], [], []
        for stack in [stack for stack in STACKS if stack.account == who]:
            for region, _ in places(session, scene.targets, stack):
                client = session.client("cloudformation", region_name=region)
                found = cloudformation.status(client, stack.name)
                line = f"{stack.name} in {region}: {found or 'not there'}"
                seen.append(line)
                if found is None and not _is_optional(stack):
                    wrong.append(line)
                elif found and found.endswith("_IN_PROGRESS"):
                    busy.append(line)
                elif found and found not in (
                    "CREATE_COMPLETE",
                    "UPDATE_COMPLETE",
                    "IMPORT_COMPLETE",
                ):
                    wrong.append(line)
        if wrong:
            return failed("; ".join(wrong), *seen)
        return not_yet(*busy) if busy else held(*seen)

    return look


def _is_optional(stack) -> bool:
    option = stack_sets.OPTIONS.get(stack.name)
    switched_off = option and BY_NAME[PIPELINE_STACK].parameters().get(option) == "false"
    return bool(stack.left_open() or switched_off or stack.name in MAY_BE_MISSING)


def look_pipeline(scene: Scene) -> Outcome:
    """The newest run of every stage, with the reason of an action that failed."""
    found = scene.client(HOME, "codepipeline").get_pipeline_state(name=PIPELINE)
    seen, wrong, busy = [], [], []
    for stage in found["stageStates"]:
        status = stage.get("latestExecution", {}).get("status", "never run")
        seen.append(f"{stage['stageName']}: {status}")
        if status == "InProgress":
            busy.append(stage["stageName"])
        elif status != "Succeeded":
            reasons = [
                f"{action['actionName']}: {action['latestExecution']['errorDetails']['message']}"
                for action in stage.get("actionStates", [])
                if action.get("latestExecution", {}).get("errorDetails", {}).get("message")
            ]
            wrong.append(f"{seen[-1]} ({'; '.join(reasons) or 'no reason was given'})")
    if wrong:
        return failed("; ".join(wrong), *seen)
    return not_yet(*seen) if busy else held(*seen)


def look_accounts(scene: Scene) -> Outcome:
    """Whether every account of the target OUs is active, and the demonstration's is one of them."""
    accounts = below(scene.client(MANAGEMENT, "organizations"), scene.targets)
    wrong = [f"{entry['Id']} is {_state(entry)}" for entry in accounts if not is_active(entry)]
    if scene.member not in {entry["Id"] for entry in accounts}:
        wrong.append(f"{scene.member} of the profile for the member account is in no target OU")
    seen = f"{len(accounts)} accounts in the target OUs"
    return failed("; ".join(wrong), seen) if wrong else held(f"{seen}, all active")


def _state(account: dict) -> str:
    return account.get("State", account.get("Status", "in an unknown state"))


def instances(scene: Scene, account: str | None = None) -> list[tuple[str, ...]]:
    """(stack set, account, Region, status, detailed status, reason) of every stack instance."""
    client = scene.client(HOME, "cloudformation")
    rows = []
    for stack_set in [stack_sets.StackSet.of(stack) for stack in STACKS if stack.child]:
        for one in stack_sets.instances(client, stack_set) or []:
            reason = " ".join(one.get("StatusReason", "").split())
            place = (stack_set.name, one["Account"], one["Region"])
            rows.append((*place, one["Status"], stack_sets.detailed(one), reason))
    return [row for row in rows if account in (None, row[1])]


def look_stack_sets(scene: Scene) -> Outcome:
    """Whether every stack instance is current; a suspended account's is not."""
    scene.instances = rows = instances(scene)
    wrong = [_in_words(row) for row in rows if row[3] != "CURRENT" or row[4].startswith("SKIPPED")]
    busy = [row for row in rows if row[4] in stack_sets.UNDER_WAY]
    seen = f"{len(rows) - len(wrong)} of {len(rows)} stack instances are current"
    if busy:
        return not_yet(seen)
    if not rows:
        return failed("there is no stack instance")
    return failed("; ".join(wrong), seen) if wrong else held(seen)


def _in_words(row: tuple[str, ...]) -> str:
    name, account, region, status, detailed, reason = row
    return f"{name}, {account} in {region}: {status} ({detailed}) {reason}".rstrip()


def look_policy(scene: Scene) -> Outcome:
    """Whether AWS's effective policy of the account has a plan for the demonstration's tag."""
    found = plans(scene, scene.member)
    if not found:
        return failed(
            f"no plan of the effective policy of {scene.member} takes {TAG_KEY} = "
            f"{scene.options.backup_tag} in {scene.region}"
        )
    return held(*(f"plan {name} runs {schedules}" for name, schedules in found.items()))


def plans(scene: Scene, account: str) -> dict[str, str]:
    """The plans that take the demonstration's tag in its Region, with their schedules."""
    organizations = scene.client(MANAGEMENT, "organizations")
    answer = organizations.describe_effective_policy(PolicyType="BACKUP_POLICY", TargetId=account)
    content = json.loads(answer["EffectivePolicy"]["PolicyContent"])
    return selecting(content, scene.region, scene.options.backup_tag)


def selecting(policy: dict, region: str, value: str) -> dict[str, str]:
    """Plan -> schedules, of those that select the tag in a Region. Pure.

    An effective policy has plain values (AWS Organizations User Guide, "Effective policies").
    """
    found = {}
    for name, plan in policy.get("plans", {}).items():
        tags = plan.get("selections", {}).get("tags", {}).values()
        takes = any(
            tag.get("tag_key") == TAG_KEY and value in tag.get("tag_value", []) for tag in tags
        )
        if takes and region in plan.get("regions", []):
            rules = plan.get("rules", {}).values()
            found[name] = ", ".join(rule.get("schedule_expression", "once a day") for rule in rules)
    return found
