"""What a resource type's handler is asked to do, and what it demands of who deploys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...needs import Need, Value

CREATE, UPDATE, DELETE = "create", "update", "delete"

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Passed:
    """A role that the handler hands on to a service: iam:PassRole, and the role's trust."""

    role_arn: str
    service: str


Demand = Need | Passed
Demands = Iterator[Demand]


@dataclass(frozen=True)
class Resource:
    """One resource of a stack and what happens to it.

    ``physical_id`` is the name that it will have when it is created. ``previous`` is what an
    update found; ``properties`` of a delete are those that the resource has. ``tags`` are the
    resource's own and its stack's, without those that CloudFormation adds itself.
    ``organization`` is the id of the account's organization, ``management`` its management account.
    """

    type: str
    operation: str
    physical_id: str
    properties: Properties
    account: str
    region: str
    previous: Properties = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    previous_tags: Mapping[str, str] = field(default_factory=dict)
    organization: str = ""
    management: str = ""

    @property
    def creates(self) -> bool:
        """Whether it is made now."""
        return self.operation == CREATE

    @property
    def updates(self) -> bool:
        """Whether it is changed now."""
        return self.operation == UPDATE

    @property
    def deletes(self) -> bool:
        """Whether it goes now."""
        return self.operation == DELETE

    def sets(self, *names: str) -> bool:
        """Whether one of these properties is written: it is there, and new or changed."""
        return not self.deletes and any(
            self._has(self.properties, name)
            and (self.creates or self.properties[name] != self.previous.get(name))
            for name in names
        )

    def drops(self, *names: str) -> bool:
        """Whether an update takes one of these properties away."""
        return self.updates and any(
            self._has(self.previous, name) and not self._has(self.properties, name)
            for name in names
        )

    def has(self, *names: str) -> bool:
        """Whether the resource has one of these properties, whatever happens to it."""
        return any(self._has(self.properties, name) for name in names)

    def name(self, property_name: str) -> str:
        """The name of the property, else the one in the physical id."""
        declared = self.properties.get(property_name)
        return str(declared) if declared else last_part(self.physical_id)

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def tagging(self, arn: str, tag: str, untag: str) -> Demands:
        """What writing the tags demands, with the keys that a request for it carries.

        A create demands it when there are tags. That the three tags which CloudFormation adds
        demand nothing themselves is not documented for every type, and so an assumption.
        """
        if self.creates and self.tags:
            yield Need(tag, arn, tag_keys(self.tags))
        if self.updates and self.tags != self.previous_tags:
            written = {
                key: value
                for key, value in self.tags.items()
                if self.previous_tags.get(key) != value
            }
            gone = sorted(set(self.previous_tags) - set(self.tags))
            if written:
                yield Need(tag, arn, tag_keys(written))
            if gone:
                yield Need(untag, arn, {"aws:tagkeys": gone})

    @staticmethod
    def _has(properties: Properties, name: str) -> bool:
        # A property that is empty is as good as none: handlers send nothing for it.
        return properties.get(name) not in (None, "", [], {})


def on(resource: str, *actions: str, **context: Value) -> Demands:
    """Needs of several actions on one resource."""
    keys = {key.replace("__", ":").lower(): value for key, value in context.items()}
    for action in actions:
        yield Need(action, resource, keys)


def tag_keys(tags: Mapping[str, str]) -> dict[str, Value]:
    """The condition keys of a request that writes tags."""
    keys: dict[str, Value] = {f"aws:requesttag/{key.lower()}": tags[key] for key in tags}
    return {**keys, "aws:tagkeys": sorted(tags)}


def last_part(physical_id: str) -> str:
    """The name in an ARN or a queue's URL; anything else is a name already."""
    if physical_id.startswith("arn:"):
        return physical_id.split(":", 5)[-1].rpartition("/")[2].rpartition(":")[2]
    if physical_id.startswith(("http://", "https://")):
        return physical_id.rpartition("/")[2]
    return physical_id


def entries(value: Any) -> list[Any]:
    """What a property may hold as one value or as a list of them."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
