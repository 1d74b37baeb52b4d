"""Automatic deployment: accounts that join an OU get stacks, those that leave lose or keep them."""

from __future__ import annotations

import functools
from typing import Any

from ..frame import under_way
from ..organizations.organization import Organization
from ..wire.place import Place
from .model import SERVICE_MANAGED, Operation, StackSet, StackSets, Targets
from .operations import DELETE, Operations, expect

# The preferences of the stack set do not apply here (StackSetOperationPreferences in the API):
# every account is tried, whatever happens in another.
PREFERENCES: dict[str, Any] = {
    "FailureTolerancePercentage": 100,
    "MaxConcurrentPercentage": 100,
    "RegionConcurrencyType": "PARALLEL",
}


class AutoDeployment:
    """Follows the organization's membership."""

    def __init__(self, stack_sets: StackSets, operations: Operations) -> None:
        self._stack_sets = stack_sets
        self._operations = operations

    def follow(self, organization: Organization) -> None:
        """Bring every stack set with automatic deployment to the accounts as they are now."""
        removals: list[tuple[StackSet, Operation]] = []
        joins: list[tuple[StackSet, Targets]] = []
        for stack_set in self._stack_sets.everything():
            if not _is_automatic(stack_set, organization):
                continue
            wanted = _wanted(stack_set, organization)
            gone = {
                place: instance.unit
                for place, instance in stack_set.instances.items()
                if place not in wanted and _has_left(place[0], instance.unit, organization)
            }
            if gone:
                removals.append((stack_set, self._remove(stack_set, organization, gone)))
            missing = {
                place: unit for place, unit in wanted.items() if place not in stack_set.instances
            }
            if missing:
                joins.append((stack_set, missing))
        if joins:
            under_way.thread("automatic deployment to who joined", self._join, joins)

    def _remove(self, stack_set: StackSet, organization: Organization, gone: Targets) -> Operation:
        # Who left the organization is out of reach: what is there stays.
        reachable = all(organization.has_account(account) for account, _ in gone)
        retain = bool(stack_set.auto_deployment.get("RetainStacksOnAccountRemoval"))
        return self._operations.start(
            stack_set,
            DELETE,
            gone,
            preferences=PREFERENCES,
            retain=retain or not reachable,
            automatic=True,
        )

    def _join(self, joins: list[tuple[StackSet, Targets]]) -> None:
        """Deploy, a stack set after those that it depends on."""
        begun: dict[str, Operation] = {}
        waiting = list(joins)
        while waiting:
            ready = [
                entry
                for entry in waiting
                if not any(
                    other.arn in entry[0].auto_deployment.get("DependsOn", [])
                    for other, _ in waiting
                )
            ] or waiting
            waiting = [entry for entry in waiting if entry not in ready]
            for stack_set, missing in ready:
                for arn in stack_set.auto_deployment.get("DependsOn", []):
                    if arn in begun:
                        begun[arn].done.wait()
                begun[stack_set.arn] = self._operations.start(
                    stack_set,
                    "CREATE",
                    missing,
                    preferences=PREFERENCES,
                    automatic=True,
                    prepare=functools.partial(expect, stack_set, missing, None),
                )


def _is_automatic(stack_set: StackSet, organization: Organization) -> bool:
    return (
        stack_set.permission_model == SERVICE_MANAGED
        and stack_set.administrator == organization.landscape.management
        and bool(stack_set.auto_deployment.get("Enabled"))
        and organization.stack_sets_active
    )


def _wanted(stack_set: StackSet, organization: Organization) -> Targets:
    found: Targets = {}
    for unit, regions in stack_set.units.items():
        for account in organization.members_below(unit):
            for region in sorted(regions):
                found.setdefault(Place(account, region), unit)
    return found


def _has_left(account: str, unit: str, organization: Organization) -> bool:
    """An instance that was picked by account stays as long as its account is where it was."""
    return account not in organization.members_below(unit)
