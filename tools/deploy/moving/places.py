"""What a stack set has in an account that may have come back, and what is to be done about it.

`step` is pure; the classes only look.
"""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from .. import cloudformation
from ..pipeline.stack_sets import UNDER_WAY
from ..problem import Problem
from ..removal import letting_go
from ..stacks import load_template
from . import retained

# The resource that shows which stack is in the way: the first one with a name of its own.
NAMED = {
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
}
# What has to be done for a Region, in the words that are printed.
STEPS = {
    "update": "nothing is in its way: try again",
    "give": "give its stack to the stack set",
    "import": "import what is there into a stack, and give that to the stack set",
    "move": "take what is there out of another's stack, and import it as if none had it",
    "replace": "delete the stack that is in the way, which keeps nothing, and make it anew",
    "wait": "not tried yet: CloudFormation deploys to an account that joins by itself",
}


@dataclass(frozen=True)
class Seen:
    """What there is for one stack set in one Region of the account."""

    instance: dict | None = None  # of the stack set
    holder: str | None = None  # the id of the stack that has the resources
    kept: tuple[retained.Kept, ...] = ()  # resources without a stack of ours
    foreign: bool = False  # whether the holder was made from another's template
    stale: bool = False  # values of its own that say what the stack set says


def step(seen: Seen, keeps: bool) -> str | None:
    """What has to be done, one of `STEPS`; nothing for an instance that is as it should be."""
    instance = seen.instance or {}
    if instance.get("Status") == "CURRENT":
        return "update" if seen.stale else None
    if seen.holder is not None:
        if not keeps:
            return "replace"
        if seen.foreign:
            return "move"
        own = seen.holder == instance.get("StackId") and instance.get("Status") == "OUTDATED"
        return "update" if own else "give"
    if seen.kept:
        return "import"
    return "update" if instance else "wait"


class Member:
    """An account of the organization, seen from the account that operates the stack sets."""

    def __init__(self, session, account: str, enter, call_as: str):
        """`enter` makes a session in an account."""
        self.session = session
        self.stack_sets = session.client("cloudformation")
        self.account = account
        self.call_as = call_as
        self._enter = enter
        self._entered = None
        self.above = self._parents(session.client("organizations"))

    @property
    def entered(self):
        """A session in the account itself."""
        if self._entered is None:
            self._entered = self._enter(self.account)
        return self._entered

    def cloudformation(self, region: str):
        return self.entered.client("cloudformation", region_name=region)

    def _parents(self, organizations) -> list[str]:
        """The OUs and the root above the account, the nearest first."""
        above, child = [], self.account
        try:
            while not child.startswith("r-"):
                child = organizations.list_parents(ChildId=child)["Parents"][0]["Id"]
                above.append(child)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ChildNotFoundException":
                raise Problem(
                    f"account {self.account}",
                    "it is not in the organization",
                    "invite it and move it into an OU first",
                ) from error
            raise
        return above


class StackSetThere:
    """One stack set and one account. Made of what `DescribeStackSet` answers."""

    def __init__(self, member: Member, described: dict):
        self.member = member
        self.name = described["StackSetName"]
        self.which = {"StackSetName": self.name, "CallAs": member.call_as}
        self.template = described["TemplateBody"]
        self.document = load_template(self.template)
        self.values = {
            entry["ParameterKey"]: entry["ParameterValue"]
            for entry in described.get("Parameters", [])
        }
        self.unit, self.regions = self._target()

    def where(self, region: str) -> str:
        """For people."""
        return f"{self.name}, {self.member.account} in {region}"

    def _target(self) -> tuple[str, list[str]]:
        """The target OU above the account, and the Regions that its accounts have stacks in."""
        request, found = dict(self.which), {}
        while True:
            page = self.member.stack_sets.list_stack_set_auto_deployment_targets(**request)
            for entry in page["Summaries"]:
                found[entry["OrganizationalUnitId"]] = entry["Regions"]
            if not page.get("NextToken"):
                break
            request["NextToken"] = page["NextToken"]
        for unit in self.member.above:
            if unit in found:
                return unit, sorted(found[unit])
        raise Problem(
            f"account {self.member.account}",
            f"it is in none of the OUs of {self.name} ({', '.join(sorted(found))})",
            "move it into one of them first",
        )

    def see(self, region: str) -> Seen:
        instance = self.instance(region)
        detailed = (instance or {}).get("StackInstanceStatus", {}).get("DetailedStatus")
        if detailed in UNDER_WAY:
            raise Problem(
                self.where(region),
                f"the stack set is at work on it ({detailed})",
                "wait until it has finished, then run this again",
            )
        if instance and instance["Status"] == "CURRENT":
            return Seen(instance, stale=self._is_stale(region))
        holder = self._holder(region)
        foreign = holder is not None and self._is_foreign(region, holder)
        kept = (
            retained.find(self.member.entered, region, self.document)
            if holder is None or foreign
            else ()
        )
        return Seen(instance, holder, tuple(kept), foreign)

    def instance(self, region: str) -> dict | None:
        found = self.member.stack_sets.list_stack_instances(
            **self.which,
            StackInstanceAccount=self.member.account,
            StackInstanceRegion=region,
        )["Summaries"]
        return found[0] if found else None

    def _is_stale(self, region: str) -> bool:
        """Whether an import left the stack's values as overrides: changes would not reach it."""
        found = self.member.stack_sets.describe_stack_instance(
            **self.which,
            StackInstanceAccount=self.member.account,
            StackInstanceRegion=region,
        )["StackInstance"].get("ParameterOverrides", [])
        return bool(found) and all(
            self.values.get(entry["ParameterKey"]) == entry["ParameterValue"] for entry in found
        )

    def _is_foreign(self, region: str, stack: str) -> bool:
        """Whether a stack has none of the template's resources by their logical ids."""
        there = letting_go.template(self.member.cloudformation(region), stack)["Resources"]
        return not there.keys() & self.document["Resources"].keys()

    def _holder(self, region: str) -> str | None:
        """The stack that has the stack set's named resource."""
        name = next(
            resource["Properties"][NAMED[resource["Type"]]]
            for resource in self.document["Resources"].values()
            if isinstance(resource["Properties"].get(NAMED.get(resource["Type"])), str)
        )
        client = self.member.cloudformation(region)
        try:
            found = client.describe_stack_resources(PhysicalResourceId=name)["StackResources"]
        except ClientError as error:
            if "does not exist" in error.response["Error"].get("Message", ""):
                return None
            raise
        stack = found[0]["StackId"]
        # A creation that failed and was undone has nothing.
        return None if cloudformation.status(client, stack) == "ROLLBACK_COMPLETE" else stack
