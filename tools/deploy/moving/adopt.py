"""Gives the stack sets back what an account kept when it left, so that they look after it again.

An account that comes back into an OU has its vault, key and role still. The stack sets' own
attempt fails with "already exists" and changes nothing. Here, for each stack set and Region: what
belongs to no stack is imported into one, the stack is brought to the stack set's template, values
and tags, and becomes the stack set's instance. A stack that keeps nothing is deleted and made anew;
one of another's template, such as the original's, first lets go of what it holds.

Runs in the management account or the home account, with a second session in the member account.
Every step looks first, so a run that was interrupted is simply repeated.
"""

import re
import time
from collections.abc import Callable

import boto3
from botocore.exceptions import ClientError

from .. import cloudformation
from ..accounts import require_account
from ..pipeline.stack_sets import StackSet
from ..problem import Problem, aws_reason
from ..stacks import STACKS
from ..targets import Targets
from . import retained
from .places import STEPS, Member, Seen, StackSetThere, step

# "You can import up to 10 stacks per StackSet at a time"
AT_ONCE = 10
# What CloudFormation calls the stacks of a stack set.
_OF_STACK_SET = re.compile(r"StackSet-(?P<stack_set>.+)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PREFERENCES = {"RegionConcurrencyType": "PARALLEL", "FailureTolerancePercentage": 100}


def adopt(
    session,
    targets: Targets,
    accounts: list[str],
    enter: Callable[[str], object],
    apply: bool,
    say: Callable[[str], None],
) -> bool:
    """Goes through accounts and stack sets. `enter` makes a session in an account, when needed.

    Whether everything is as it should be.
    """
    caller = session.client("sts").get_caller_identity()["Account"]
    if caller not in (targets.management_account, targets.home_account):
        raise Problem(
            f"account {caller}",
            "stack sets are operated from the management or the home account",
            "use a profile of one of them: PROFILE=NAME",
        )
    call_as = "SELF" if caller == targets.management_account else "DELEGATED_ADMIN"
    names = [StackSet.of(stack) for stack in STACKS if stack.child]
    names = [stack_set.name for stack_set in names if stack_set.service_managed]
    ready, deployed = True, 0
    for account in accounts:
        member = Member(session, account, enter, call_as)
        for name in names:
            described = _described(member, name)
            if described is None:
                say(f"-        {name}: there is no such stack set in {session.region_name}")
                continue
            deployed += 1
            ready &= _Adoption(StackSetThere(member, described), say).run(apply)
    if not deployed:
        raise Problem(
            f"Region `{session.region_name}`",
            "none of the solution's stack sets is there",
            "add REGION=NAME of the home account's pipeline",
        )
    if not ready and not apply:
        say("nothing was changed; add APPLY=1 to do this")
    return ready


def entering(
    session, role: str, profile: str = "", purpose: str = "adopt-account"
) -> Callable[[str], object]:
    """How to come into a member account: by a profile there, or a role that trusts the caller.

    `purpose` is what the session of the role is called.
    """

    def enter(account: str):
        if profile:
            entered = boto3.Session(profile_name=profile, region_name=session.region_name)
            require_account(entered, account, "member")
            return entered
        sts = session.client("sts")
        partition = sts.get_caller_identity()["Arn"].split(":")[1]
        arn = f"arn:{partition}:iam::{account}:role/{role}"
        try:
            found = sts.assume_role(RoleArn=arn, RoleSessionName=purpose)["Credentials"]
        except ClientError as error:
            raise Problem(
                f"role `{role}` of {account}",
                aws_reason(error),
                "name one that trusts you (ROLE=NAME), or a profile there (MEMBER_PROFILE=NAME)",
            ) from error
        return boto3.Session(
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found["SessionToken"],
            region_name=session.region_name,
        )

    return enter


def _described(member: Member, name: str) -> dict | None:
    try:
        found = member.stack_sets.describe_stack_set(StackSetName=name, CallAs=member.call_as)
    except ClientError as error:
        if error.response["Error"]["Code"] == "StackSetNotFoundException":
            return None
        raise
    return found["StackSet"]


class _Adoption:
    """What is done for one stack set and one account."""

    def __init__(self, there: StackSetThere, say: Callable[[str], None]):
        self._there = there
        self._member = there.member
        self._client = there.member.stack_sets
        self._say = say

    def run(self, apply: bool) -> bool:
        """Say or do what is to be done. Whether all is as it should be."""
        there = self._there
        seen = {region: there.see(region) for region in there.regions}
        todo = {}
        for region in there.regions:
            wanted = step(seen[region], bool(retained.keeps(there.document)))
            if wanted is None:
                self._say(f"ok       {there.where(region)}")
                continue
            todo[region] = wanted
            self._say(f"missing  {there.where(region)}: {STEPS[wanted]}")
            if seen[region].kept:
                self._say(f"           {', '.join(str(one) for one in seen[region].kept)}")
        if todo and apply:
            self._do(todo, seen)
        return not todo or apply

    def _do(self, todo: dict[str, str], seen: dict[str, Seen]) -> None:
        adopted = {}
        for region, wanted in todo.items():
            if wanted == "replace":
                self._delete(region, seen[region].holder)
            elif wanted == "move":
                self._move(region, seen[region].holder)
                adopted[region] = self._stack(region, Seen(kept=seen[region].kept))
            elif wanted in ("give", "import"):
                adopted[region] = self._stack(region, seen[region])
        # While the instance still names it.
        for region in adopted:
            self._remove_attempt(region, seen[region].instance)
        self._forget([region for region in adopted if seen[region].instance])
        ids = list(adopted.values())
        for begin in range(0, len(ids), AT_ONCE):
            self._operate(
                self._client.import_stacks_to_stack_set,
                StackIds=ids[begin : begin + AT_ONCE],
                OrganizationalUnitIds=[self._there.unit],
            )
        # With an empty list the stack set's values count, and its later changes arrive.
        if tried := [region for region in todo if todo[region] != "wait"]:
            self._operate(
                self._client.update_stack_instances, **self._at(tried), ParameterOverrides=[]
            )
        self._expect_current(list(todo))

    def _stack(self, region: str, seen: Seen) -> str:
        """The id of a stack that has the resources, and the stack set's template, values, tags."""
        client = self._member.cloudformation(region)
        name = f"{self._there.name}-imported"
        if seen.holder is None:
            retained.take_over(
                client, name, self._there.document, self._there.values, list(seen.kept), self._say
            )
        else:
            name = _name(seen.holder)
        cloudformation.deploy(client, name, self._there.template, self._there.values, self._say)
        return client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]

    def _move(self, region: str, holder: str) -> None:
        """Out of the stack set that the stack may be an instance of, then out of the stack."""
        client, name = self._member.cloudformation(region), _name(holder)
        retained.require_nothing_else(client, name)
        if of_stack_set := _OF_STACK_SET.fullmatch(name):
            self._forget_instance(of_stack_set["stack_set"], region, holder)
        retained.take_out(client, name, self._say)

    def _forget_instance(self, stack_set: str, region: str, holder: str) -> None:
        """The other's stack set lets the stack alone; its other accounts are as they were."""
        which = {"StackSetName": stack_set, "CallAs": self._member.call_as}
        at = {"StackInstanceAccount": self._member.account, "StackInstanceRegion": region}
        try:
            found = self._client.list_stack_instances(**which, **at)["Summaries"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "StackSetNotFoundException":
                return
            raise
        if [entry.get("StackId") for entry in found] != [holder]:
            return
        targets = self._at([region])
        targets["DeploymentTargets"]["OrganizationalUnitIds"] = [found[0]["OrganizationalUnitId"]]
        self._operate(
            self._client.delete_stack_instances, which=which, **targets, RetainStacks=True
        )
        self._say(f"{stack_set}: {self._member.account} in {region} is no longer in it")

    def _forget(self, regions: list[str]) -> None:
        if regions:
            self._operate(
                self._client.delete_stack_instances, **self._at(regions), RetainStacks=True
            )

    def _remove_attempt(self, region: str, instance: dict | None) -> None:
        """The empty stack of the stack set's own attempt."""
        stack = (instance or {}).get("StackId")
        client = self._member.cloudformation(region)
        if stack and cloudformation.status(client, stack) == "ROLLBACK_COMPLETE":
            self._delete(region, stack)

    def _delete(self, region: str, stack_id: str) -> None:
        client = self._member.cloudformation(region)
        cloudformation.delete(client, _name(stack_id), self._say)

    def _at(self, regions: list[str]) -> dict:
        return {
            "DeploymentTargets": {
                "OrganizationalUnitIds": [self._there.unit],
                "Accounts": [self._member.account],
                "AccountFilterType": "INTERSECTION",
            },
            "Regions": regions,
        }

    def _operate(self, operation: Callable, which: dict | None = None, **request) -> None:
        """Start an operation of a stack set, wait for its end; the instances say how it went."""
        which = which or self._there.which
        try:
            started = operation(**which, **request, OperationPreferences=PREFERENCES)
        except ClientError as error:
            raise Problem(
                f"stack set {which['StackSetName']}",
                aws_reason(error),
                "correct it, then run this again",
            ) from error
        pause = 0.5
        while True:
            found = self._client.describe_stack_set_operation(
                **which, OperationId=started["OperationId"]
            )["StackSetOperation"]
            if found["Status"] not in ("RUNNING", "QUEUED", "STOPPING"):
                return
            time.sleep(min(pause, cloudformation.POLL_SECONDS))
            pause *= 2

    def _expect_current(self, regions: list[str]) -> None:
        for region in regions:
            instance = self._there.instance(region) or {}
            where = self._there.where(region)
            if instance.get("Status") != "CURRENT":
                reason = " ".join(instance.get("StatusReason", "it has no stack instance").split())
                raise Problem(where, reason, "correct it, then run this again")
            self._say(f"done     {where}")


def _name(stack_id: str) -> str:
    return stack_id.split("/")[1]
