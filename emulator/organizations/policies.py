"""The policies of the organization and where they are attached."""

from __future__ import annotations

import itertools
import random
import string
from dataclasses import dataclass, field
from typing import Any

from ..frame.settings import Settings
from ..wire.errors import ApiError, constraint_violation
from .landscape import Landscape

_ID_CHARACTERS = string.ascii_lowercase + string.digits


@dataclass
class Policy:
    """A policy; ``targets`` are in the order of attachment."""

    landscape: Landscape
    id: str
    sequence: int
    type: str
    name: str
    description: str
    content: str
    tags: dict[str, str] = field(default_factory=dict)
    # target id -> sequence number of the attachment
    targets: dict[str, int] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN as AWS forms it: it carries account, organization, type and id."""
        return (
            f"{self.landscape.arn}:policy/{self.landscape.organization_id}/"
            f"{self.type.lower()}/{self.id}"
        )

    def summary(self) -> dict[str, Any]:
        """The `PolicySummary` of the wire."""
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Name": self.name,
            "Description": self.description,
            "Type": self.type,
            "AwsManaged": False,
        }


class PolicyStore:
    """Creates, changes and removes policies within the quotas."""

    def __init__(self, settings: Settings, landscape: Landscape) -> None:
        self._settings = settings
        self._landscape = landscape
        self._policies: dict[str, Policy] = {}
        self._sequence = itertools.count(1)

    def get(self, policy_id: str) -> Policy:
        """The policy with this id, or `PolicyNotFoundException`."""
        policy = self._policies.get(policy_id)
        if policy is None:
            raise ApiError(
                "PolicyNotFoundException",
                "We can't find a policy with the PolicyId that you specified.",
            )
        return policy

    def find(self, policy_id: str) -> Policy | None:
        """The policy with this id, if there is one."""
        return self._policies.get(policy_id)

    def of_type(self, policy_type: str) -> list[Policy]:
        """All policies of a type in the order of their creation."""
        return [policy for policy in self._policies.values() if policy.type == policy_type]

    def attached_to(self, target: str, policy_type: str) -> list[Policy]:
        """The policies of a type attached to a target itself, in the order of attachment."""
        found = [policy for policy in self.of_type(policy_type) if target in policy.targets]
        return sorted(found, key=lambda policy: policy.targets[target])

    def create(
        self, kind: str, name: str, description: str, content: str, tags: dict[str, str]
    ) -> Policy:
        """A new policy under an id of its own."""
        self._check_name(kind, name, None)
        if len(self.of_type(kind)) >= self._settings.policies_per_organization:
            raise constraint_violation(
                "POLICY_NUMBER_LIMIT_EXCEEDED",
                "You have exceeded the number of policies that you can have in an organization.",
            )
        policy = Policy(
            self._landscape,
            self._new_id(),
            next(self._sequence),
            kind,
            name,
            description,
            content,
            tags,
        )
        self._policies[policy.id] = policy
        return policy

    def update(
        self, policy: Policy, name: str | None, description: str | None, content: str | None
    ) -> None:
        """Change what is given; a name must be free."""
        if name is not None:
            self._check_name(policy.type, name, policy.id)
            policy.name = name
        if description is not None:
            policy.description = description
        if content is not None:
            policy.content = content

    def delete(self, policy: Policy) -> None:
        """Remove a policy that is attached nowhere."""
        if policy.targets:
            raise ApiError(
                "PolicyInUseException",
                "The policy is attached to one or more entities. You must detach it from all "
                "roots, OUs, and accounts before performing this operation.",
            )
        del self._policies[policy.id]

    def attach(self, policy: Policy, target: str) -> None:
        """Attach to one more target, behind those attached before."""
        if target in policy.targets:
            raise ApiError(
                "DuplicatePolicyAttachmentException",
                "The selected policy is already attached to the specified target.",
            )
        if len(self.attached_to(target, policy.type)) >= self._settings.policies_per_target:
            raise constraint_violation(
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You have attained the maximum number of policies attached to the specified "
                "target.",
            )
        policy.targets[target] = next(self._sequence)

    def detach(self, policy: Policy, target: str) -> None:
        """Detach from a target."""
        if target not in policy.targets:
            raise ApiError(
                "PolicyNotAttachedException",
                "The policy isn't attached to the specified target in the specified root.",
            )
        del policy.targets[target]

    def detach_all(self, policy_type: str) -> None:
        """Remove every attachment of a type, as disabling it does."""
        for policy in self.of_type(policy_type):
            policy.targets.clear()

    def detach_from(self, target: str) -> None:
        """Remove every attachment to a target that goes."""
        for policy in self._policies.values():
            policy.targets.pop(target, None)

    def snapshot(self) -> list[dict[str, Any]]:
        """All policies for the control plane, oldest first."""
        return [
            {
                "id": policy.id,
                "arn": policy.arn,
                "type": policy.type,
                "name": policy.name,
                "description": policy.description,
                "content": policy.content,
                "tags": dict(policy.tags),
                "targets": sorted(policy.targets, key=policy.targets.__getitem__),
            }
            for policy in self._policies.values()
        ]

    def _check_name(self, kind: str, name: str, own_id: str | None) -> None:
        if any(other.name == name and other.id != own_id for other in self.of_type(kind)):
            raise ApiError(
                "DuplicatePolicyException", "A policy with the same name already exists."
            )

    def _new_id(self) -> str:
        while True:
            letters = random.choices(_ID_CHARACTERS, k=random.randint(8, 10))
            policy_id = "p-" + "".join(letters)
            if policy_id not in self._policies:
                return policy_id
