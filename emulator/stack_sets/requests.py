"""The operations that make, change and remove stack sets and their instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..organizations.organization import Organization
from ..wire.errors import ApiError
from . import access, targets, templates
from .context import Context
from .model import SELF_MANAGED, SERVICE_MANAGED, StackSet, Targets
from .operations import DELETE, expect

Payload = dict[str, Any]


async def create_stack_set(context: Context, payload: Payload) -> Payload:
    """CreateStackSet: no instances yet."""
    model = payload.get("PermissionModel", SELF_MANAGED)
    call_as = context.call_as(payload)
    owner = context.administrator(payload)
    access.check_model(context.organization, context.caller, call_as, model)
    _check_model_members(payload, model)
    existing = context.stack_sets.find(owner, context.region, payload["StackSetName"])
    if existing is not None:
        raise ApiError(
            "NameAlreadyExistsException", f"StackSet {payload['StackSetName']} already exists"
        )
    template = await templates.read(context.loopback, payload, context.credentials)
    if template is None:
        raise ApiError("ValidationError", "Either Template URL or Template Body must be specified.")
    stack_set = StackSet(
        payload["StackSetName"],
        owner,
        context.region,
        model,
        template,
        values(payload.get("Parameters"), {}),
        payload.get("Capabilities") or [],
        payload.get("Tags") or [],
        payload.get("Description", ""),
        payload.get("AdministrationRoleARN"),
        payload.get("ExecutionRoleName"),
        payload.get("AutoDeployment") or {},
        bool((payload.get("ManagedExecution") or {}).get("Active")),
    )
    _check(stack_set)
    context.stack_sets.add(stack_set)
    return {"StackSetId": stack_set.id}


async def update_stack_set(context: Context, payload: Payload) -> Payload:
    """UpdateStackSet: the instances follow, or those that the request names."""
    stack_set = context.operable(payload)
    _check_model_members(payload, stack_set.permission_model)
    template = await templates.read(context.loopback, payload, context.credentials)
    if template is None and not payload.get("UsePreviousTemplate"):
        raise ApiError(
            "ValidationError",
            "Either Template URL, Template Body or UsePreviousTemplate must be specified.",
        )
    changed = StackSet(
        stack_set.name,
        stack_set.administrator,
        stack_set.region,
        stack_set.permission_model,
        template or stack_set.template,
        values(payload.get("Parameters"), stack_set.parameters),
        payload.get("Capabilities") or [],
        payload.get("Tags", stack_set.tags),
    )
    _check(changed)
    places = targets.operable(stack_set, _places(stack_set, context.organization, payload))

    def take_over() -> None:
        for name in ("template", "parameters", "capabilities", "tags"):
            setattr(stack_set, name, getattr(changed, name))
        for member, name in (
            ("Description", "description"),
            ("AdministrationRoleARN", "administration_role"),
            ("ExecutionRoleName", "execution_role"),
            ("AutoDeployment", "auto_deployment"),
        ):
            setattr(stack_set, name, payload.get(member, getattr(stack_set, name)))
        managed = payload.get("ManagedExecution") or {"Active": stack_set.managed_execution}
        stack_set.managed_execution = bool(managed.get("Active"))
        for instance in stack_set.instances.values():
            instance.status = "OUTDATED"

    operation = context.operations.start(
        stack_set,
        "UPDATE",
        places,
        preferences=payload.get("OperationPreferences"),
        operation_id=payload.get("OperationId"),
        deployment_targets=payload.get("DeploymentTargets"),
        prepare=take_over,
    )
    return {"OperationId": operation.id}


async def delete_stack_set(context: Context, payload: Payload) -> Payload:
    """DeleteStackSet: only an empty one. One that does not exist is no error."""
    try:
        stack_set = context.operable(payload)
    except ApiError as error:
        if error.code == "StackSetNotFoundException":
            return {}
        raise
    if stack_set.running():
        raise ApiError(
            "OperationInProgressException",
            f"Another Operation on StackSet {stack_set.arn} is in progress",
        )
    if stack_set.instances:
        raise ApiError("StackSetNotEmptyException", "StackSet is not empty")
    stack_set.status = "DELETED"
    return {}


async def create_instances(context: Context, payload: Payload) -> Payload:
    """CreateStackInstances."""
    stack_set = context.operable(payload)
    overrides = _overrides(stack_set, payload)
    places = targets.wanted(stack_set, context.organization, payload)
    return _begin(
        context,
        stack_set,
        payload,
        "CREATE",
        places,
        lambda: expect(stack_set, places, overrides),
    )


async def update_instances(context: Context, payload: Payload) -> Payload:
    """UpdateStackInstances: other overrides, and the stack set's present state."""
    stack_set = context.operable(payload)
    overrides = _overrides(stack_set, payload)
    places = targets.operable(stack_set, targets.existing(stack_set, context.organization, payload))
    return _begin(
        context,
        stack_set,
        payload,
        "UPDATE",
        places,
        lambda: expect(stack_set, places, overrides),
    )


async def delete_instances(context: Context, payload: Payload) -> Payload:
    """DeleteStackInstances: with RetainStacks the stacks stay in their accounts."""
    stack_set = context.operable(payload)
    places = targets.existing(stack_set, context.organization, payload)
    return _begin(context, stack_set, payload, DELETE, places)


async def stop_operation(context: Context, payload: Payload) -> Payload:
    """StopStackSetOperation: what is under way is finished, the rest cancelled."""
    stack_set = context.operable(payload)
    operation = stack_set.operations.get(payload["OperationId"])
    if operation is None:
        raise ApiError(
            "OperationNotFoundException",
            f"Operation {payload['OperationId']} for stack set {stack_set.name} not found",
        )
    if operation.ended is not None:
        raise ApiError(
            "InvalidOperationException", f"Operation {operation.id} has completed already"
        )
    operation.status = "STOPPING"
    operation.stopping.set()
    return {}


def values(entries: list[dict[str, Any]] | None, previous: dict[str, str]) -> dict[str, str]:
    """Parameters as a mapping; UsePreviousValue takes them over from ``previous``."""
    found: dict[str, str] = {}
    for entry in entries or []:
        key = entry.get("ParameterKey", "")
        if entry.get("UsePreviousValue"):
            if key not in previous:
                raise ApiError("ValidationError", f"Invalid input for parameter key {key}.")
            found[key] = previous[key]
        else:
            found[key] = entry.get("ParameterValue", "")
    return found


def _check(stack_set: StackSet) -> None:
    summary = templates.summarise(stack_set.template)
    templates.check(summary, stack_set.parameters, stack_set.capabilities)


def _begin(
    context: Context,
    stack_set: StackSet,
    payload: Payload,
    action: str,
    places: Targets,
    prepare: Callable[[], None] = lambda: None,
) -> Payload:
    """Start an operation on instances, and note what it means for accounts that join."""
    operation = context.operations.start(
        stack_set,
        action,
        places,
        preferences=payload.get("OperationPreferences"),
        operation_id=payload.get("OperationId"),
        retain=bool(payload.get("RetainStacks")) if action == DELETE else None,
        deployment_targets=payload.get("DeploymentTargets"),
        prepare=prepare,
    )
    units, regions = targets.joins_and_leaves(payload)
    for unit in units if action != "UPDATE" else []:
        known = stack_set.units.setdefault(unit, set())
        known.difference_update(regions) if action == DELETE else known.update(regions)
        if not known:
            del stack_set.units[unit]
    return {"OperationId": operation.id}


def _places(stack_set: StackSet, organization: Organization, payload: Payload) -> Targets:
    if any(payload.get(member) for member in ("Accounts", "Regions", "DeploymentTargets")):
        return targets.existing(stack_set, organization, payload)
    return {place: instance.unit for place, instance in sorted(stack_set.instances.items())}


def _overrides(stack_set: StackSet, payload: Payload) -> dict[str, str] | None:
    entries = payload.get("ParameterOverrides")
    if entries is None:
        return None
    overrides = values(entries, stack_set.parameters)
    unknown = sorted(set(overrides) - set(stack_set.parameters))
    if unknown:
        raise ApiError(
            "ValidationError",
            f"Parameter overrides: [{', '.join(unknown)}] are not parameters of the stack set",
        )
    return overrides


def _check_model_members(payload: Payload, model: str) -> None:
    automatic = payload.get("AutoDeployment")
    if model == SELF_MANAGED and automatic:
        raise ApiError(
            "ValidationError",
            "AutoDeployment can only be specified for stack sets with the SERVICE_MANAGED "
            "permission model",
        )
    if model == SERVICE_MANAGED:
        for member in ("AdministrationRoleARN", "ExecutionRoleName"):
            if payload.get(member):
                raise ApiError(
                    "ValidationError",
                    f"{member} cannot be specified for stack sets with the SERVICE_MANAGED "
                    "permission model",
                )
    if automatic and automatic.get("Enabled") and "RetainStacksOnAccountRemoval" not in automatic:
        raise ApiError(
            "ValidationError",
            "RetainStacksOnAccountRemoval must be specified when AutoDeployment is enabled",
        )


Handle = Callable[[Context, Payload], Any]

OPERATIONS: dict[str, Handle] = {
    "CreateStackSet": create_stack_set,
    "UpdateStackSet": update_stack_set,
    "DeleteStackSet": delete_stack_set,
    "CreateStackInstances": create_instances,
    "UpdateStackInstances": update_instances,
    "DeleteStackInstances": delete_instances,
    "StopStackSetOperation": stop_operation,
}
