"""What a stack waits for: resources that others name in their metadata, and roles.

A reference in a resource's metadata is a dependency like one in its properties: users rely on it
for optional dependencies, which `DependsOn` cannot express
(cloudonaut.io/optional-dependson-with-cloudformation-metadata-to-the-rescue).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROLE = "AWS::IAM::Role"

Wait = Callable[[float], object]


def with_metadata(original: Callable[..., set[str]]) -> Callable[..., set[str]]:
    """The base's `_extract_deps`, which looks at properties and `DependsOn` only."""

    def dependencies(resource: dict[str, Any], known: set[str]) -> set[str]:
        metadata = {"Properties": resource.get("Metadata", {})}
        return original(resource, known) | original(metadata, known)

    return dependencies


def taking_time(
    create: Callable[..., Any], seconds: Callable[[], float], wait: Wait
) -> Callable[..., Any]:
    """A type's creation, which is complete when the seconds have passed.

    CloudFormation lets changes of IAM spread before it goes on: a stack was complete 18 seconds
    after its pipeline, with only a policy left to make (github.com/aws/aws-cdk/issues/23835).
    """

    def create_and_wait(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        wait(seconds())
        return made

    return create_and_wait
