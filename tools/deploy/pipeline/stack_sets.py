"""Whether every stack set has reached every account and Region that it was rolled out to.

The roll-outs tolerate accounts that fail, so that one cannot undo or withhold the others'
protection. Here each is named, with the command that tries just these again: CloudFormation itself
retries nothing while nothing has changed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from ..problem import Problem
from ..stacks import BY_NAME, STACKS, Stack, load_template

# The options of aws-backup-codepipeline without which a stack need not be there.
OPTIONS = {
    "stackset-aws-backup-member-accounts-role": "DeployMemberAccounts",
    "stackset-aws-backup-member-accounts": "DeployMemberAccounts",
    "stackset-aws-backup-tagonrestore": "DeployTagOnRestore",
    "aws-backup-watch": "DeployWatch",
}
# An account that has just joined may still be getting its stacks.
UNDER_WAY = ("PENDING", "RUNNING")
SETTLE_SECONDS = 900
POLL_SECONDS = 15


@dataclass(frozen=True)
class StackSet:
    name: str
    call_as: str
    service_managed: bool

    @classmethod
    def of(cls, stack: Stack) -> "StackSet":
        (resource,) = load_template(stack.template_path.read_text())["Resources"].values()
        properties = resource["Properties"]
        service_managed = properties["PermissionModel"] == "SERVICE_MANAGED"
        call_as = stack.parameters()["CallAs"] if service_managed else "SELF"
        return cls(properties["StackSetName"], call_as, service_managed)


def verify(session, say: Callable[[str], None]) -> None:
    """Raises a `Problem` unless every stack instance is current; says which ones are not."""
    client = session.client("cloudformation")
    deadline = time.monotonic() + SETTLE_SECONDS
    bad, kept = 0, set()
    for stack in [stack for stack in STACKS if stack.child]:
        stack_set = StackSet.of(stack)
        found = _settled(client, stack_set, deadline)
        if found is None:
            option = OPTIONS.get(stack.name)
            if BY_NAME["aws-backup-codepipeline"].parameters().get(option) == "false":
                say(f"{stack_set.name}: not deployed, as {option} says")
            else:
                say(
                    f"{stack_set.name}: the stack set does not exist; delete the stack {stack.name}"
                )
                bad += 1
            continue
        suspended = [one for one in found if detailed(one) == "SKIPPED_SUSPENDED_ACCOUNT"]
        failed = [one for one in found if one["Status"] != "CURRENT" and one not in suspended]
        say(f"{stack_set.name}: {len(failed)} of {len(found)} stack instances are not current")
        for one in suspended:
            say(f"  {one['Account']} in {one['Region']}: passed over, the account is suspended")
        for one in failed:
            reason = " ".join(one.get("StatusReason", "no reason was given").split())
            status = f"{one['Status']} ({detailed(one)})"
            say(f"  {one['Account']} in {one['Region']}: {status}: {reason}")
        others = [one for one in failed if not (stack_set.service_managed and _is_kept(one))]
        kept |= {one["Account"] for one in failed if one not in others}
        _say_remedies(stack_set, others, session.region_name, say)
        bad += len(failed)
    if kept:
        say("what an account kept when it left is in the way; it is taken over by (with APPLY=1):")
        say(
            f"  make adopt-account PROFILE=management REGION={session.region_name} "
            f"ACCOUNT={','.join(sorted(kept))}"
        )
    if bad:
        raise Problem(
            "stack sets",
            f"{bad} failures, named above; nothing else was withheld because of them",
            "remove their causes, run the commands above, then retry the stage Verify",
        )


def _settled(client, stack_set: StackSet, deadline: float) -> list[dict] | None:
    """The stack instances once none is under way, or at the deadline; None without a stack set."""
    while True:
        found = instances(client, stack_set)
        busy = any(detailed(one) in UNDER_WAY for one in found or [])
        if not busy or time.monotonic() > deadline:
            return found
        time.sleep(POLL_SECONDS)


def instances(client, stack_set: StackSet) -> list[dict] | None:
    """All of its stack instances; None without a stack set."""
    pages = client.get_paginator("list_stack_instances").paginate(
        StackSetName=stack_set.name, CallAs=stack_set.call_as
    )
    try:
        return [entry for page in pages for entry in page["Summaries"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "StackSetNotFoundException":
            return None
        raise


def detailed(instance: dict) -> str:
    """The detailed status of a stack instance."""
    return instance.get("StackInstanceStatus", {}).get("DetailedStatus", "no details")


def _is_kept(instance: dict) -> bool:
    """Whether something is there already, or an import of it has failed."""
    return "already exists" in instance.get("StatusReason", "") or (
        detailed(instance) == "FAILED_IMPORT"
    )


def _say_remedies(stack_set: StackSet, failed: list[dict], region: str, say) -> None:
    # Updates pass over what a failed deletion or import has left.
    inoperable = [one for one in failed if one["Status"] == "INOPERABLE"]
    outdated = [one for one in failed if one["Status"] != "INOPERABLE"]
    if outdated:
        say("  to try these again, once their cause is removed:")
        for command in _commands("update-stack-instances", stack_set, outdated, region):
            say(f"    {command}")
    if inoperable:
        say(
            "  INOPERABLE takes no update. If the account, OU or Region is no target any more, this"
        )
        say("  forgets it and leaves its stack; else make adopt-account (docs/deployment.md):")
        forget = "delete-stack-instances --retain-stacks"
        for command in _commands(forget, stack_set, inoperable, region):
            say(f"    {command}")


def _commands(verb: str, stack_set: StackSet, instances: list[dict], region: str) -> list[str]:
    """One command for all accounts with the same Regions, so that it touches no other instance."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in instances:
        key = (one["Account"], one.get("OrganizationalUnitId", ""))
        places.setdefault(key, []).append(one["Region"])
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for key, regions in places.items():
        groups.setdefault(tuple(sorted(regions)), []).append(key)
    commands = []
    for regions, members in groups.items():
        accounts = sorted({account for account, _ in members})
        if stack_set.service_managed:
            units = ",".join(sorted({unit for _, unit in members}))
            where = (
                f"--deployment-targets OrganizationalUnitIds={units},"
                f"Accounts={','.join(accounts)},AccountFilterType=INTERSECTION"
            )
        else:
            where = f"--accounts {' '.join(accounts)}"
        commands.append(
            f"aws cloudformation {verb} --region {region} --call-as {stack_set.call_as} "
            f"--stack-set-name {stack_set.name} {where} --regions {' '.join(regions)} "
            "--operation-preferences FailureTolerancePercentage=100"
        )
    return commands
