"""What the emulator knows, as plain values to compare."""

import json
from dataclasses import dataclass

from .names import OWNER_TAG

WRITES = (
    "CreatePolicy",
    "UpdatePolicy",
    "DeletePolicy",
    "AttachPolicy",
    "DetachPolicy",
    "TagResource",
    "UntagResource",
    "EnablePolicyType",
)


class Policies:
    """The policies of a snapshot of the organization."""

    def __init__(self, organization):
        self._policies = organization["policies"]

    def everything(self):
        """All policies with content, tags and targets, by id."""
        return sorted(self._policies, key=lambda policy: policy["id"])

    def ours(self):
        """Those that the solution made."""
        return [policy for policy in self.everything() if OWNER_TAG in policy["tags"]]

    def others(self):
        """Those of everyone else."""
        return [policy for policy in self.everything() if OWNER_TAG not in policy["tags"]]

    def ids(self):
        """The ids of our policies by name."""
        return {policy["name"]: policy["id"] for policy in self.ours()}

    def named(self, name):
        """The policy of this name."""
        return next(policy for policy in self._policies if policy["name"] == name)

    def plans(self, name):
        """The plans of a policy."""
        return json.loads(self.named(name)["content"])["plans"]

    def rules(self, name):
        """All rules of a policy's plans."""
        return {
            rule: body for plan in self.plans(name).values() for rule, body in plan["rules"].items()
        }

    def regions(self, name):
        """The Regions of each plan."""
        return [plan["regions"]["@@assign"] for plan in self.plans(name).values()]


@dataclass(frozen=True)
class Call:
    """A call that changed the organization."""

    operation: str
    policy: str | None
    target: str | None

    def __str__(self):
        return " ".join(part for part in (self.operation, self.policy, self.target) if part)


def writes(calls):
    """The calls of AWS Organizations that changed something, in order."""
    return [
        Call(
            call["operation"],
            call["parameters"].get("PolicyId") or call["parameters"].get("ResourceId"),
            call["parameters"].get("TargetId"),
        )
        for call in calls
        if call["service"] == "organizations" and call["operation"] in WRITES and not call["error"]
    ]
