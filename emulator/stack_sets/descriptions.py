"""The operations that only look at stack sets."""

from __future__ import annotations

from typing import Any

from ..wire.errors import ApiError
from ..wire.place import Place
from . import access
from .context import Context
from .model import SERVICE_MANAGED, Instance, Operation, StackSet
from .operations import IMPORT
from .requests import Handle, Payload


async def describe_stack_set(context: Context, payload: Payload) -> Payload:
    """DescribeStackSet."""
    stack_set = context.find(payload)
    described = {
        **_summary(stack_set),
        "TemplateBody": stack_set.template,
        "Parameters": _parameters(stack_set.parameters),
        "Capabilities": stack_set.capabilities,
        "Tags": stack_set.tags,
        "StackSetARN": stack_set.arn,
        "AdministrationRoleARN": stack_set.administration_role,
        "ExecutionRoleName": stack_set.execution_role,
        "Regions": list(dict.fromkeys(region for _, region in stack_set.instances)),
    }
    if stack_set.permission_model == SERVICE_MANAGED:
        described["OrganizationalUnitIds"] = sorted(
            {instance.unit for instance in list(stack_set.instances.values())}
            | set(stack_set.units)
        )
    return {"StackSet": described}


async def list_stack_sets(context: Context, payload: Payload) -> Payload:
    """ListStackSets, the deleted ones too."""
    call_as = context.call_as(payload)
    found = [
        _summary(stack_set)
        for stack_set in context.stack_sets.of(context.administrator(payload), context.region)
        if access.is_visible(stack_set, call_as)
        and payload.get("Status", stack_set.status) == stack_set.status
    ]
    return _page(payload, found)


async def list_instances(context: Context, payload: Payload) -> Payload:
    """ListStackInstances, by account, Region and the filters of the API."""
    stack_set = context.find(payload)
    filters = {entry["Name"]: entry["Values"] for entry in payload.get("Filters") or []}
    found = []
    for (account, region), instance in sorted(stack_set.instances.items()):
        shown = {
            "DETAILED_STATUS": instance.detailed,
            "LAST_OPERATION_ID": instance.operation,
            "DRIFT_STATUS": "NOT_CHECKED",
        }
        if (
            payload.get("StackInstanceAccount", account) == account
            and payload.get("StackInstanceRegion", region) == region
            and all(shown[name] == wanted for name, wanted in filters.items())
        ):
            found.append(_instance(stack_set, instance))
    return _page(payload, found)


async def describe_instance(context: Context, payload: Payload) -> Payload:
    """DescribeStackInstance."""
    stack_set = context.find(payload)
    place = Place(payload["StackInstanceAccount"], payload["StackInstanceRegion"])
    instance = stack_set.instances.get(place)
    if instance is None:
        raise ApiError(
            "StackInstanceNotFoundException",
            f"Stack instance for stack set {stack_set.name}, account {place.account} and "
            f"region {place.region} not found",
        )
    shown = _instance(stack_set, instance)
    shown["ParameterOverrides"] = _parameters(instance.overrides)
    return {"StackInstance": shown}


async def describe_operation(context: Context, payload: Payload) -> Payload:
    """DescribeStackSetOperation."""
    stack_set = context.find(payload)
    operation = _operation(stack_set, payload)
    failed = sum(result.status == "FAILED" for result in operation.results.values())
    return {
        "StackSetOperation": {
            **_operation_summary(operation),
            "StackSetId": stack_set.id,
            "RetainStacks": operation.retain,
            "AdministrationRoleARN": stack_set.administration_role,
            "ExecutionRoleName": stack_set.execution_role,
            "DeploymentTargets": operation.deployment_targets,
            "StatusDetails": {"FailedStackInstancesCount": failed},
        }
    }


async def list_operations(context: Context, payload: Payload) -> Payload:
    """ListStackSetOperations, the newest first."""
    stack_set = context.find(payload)
    newest = reversed(list(stack_set.operations.values()))
    return _page(payload, [_operation_summary(operation) for operation in newest])


async def list_results(context: Context, payload: Payload) -> Payload:
    """ListStackSetOperationResults."""
    operation = _operation(context.find(payload), payload)
    filters = {entry["Name"]: entry["Values"] for entry in payload.get("Filters") or []}
    wanted = filters.get("OPERATION_RESULT_STATUS")
    found = [
        {
            "Account": account,
            "Region": region,
            "Status": result.status,
            "StatusReason": result.reason or None,
            "AccountGateResult": {
                "Status": "SKIPPED",
                "StatusReason": "AWSCloudFormationStackSetAccountGate is not called here",
            },
            "OrganizationalUnitId": result.unit or None,
        }
        for (account, region), result in operation.results.items()
        if wanted is None or result.status == wanted
    ]
    return _page(payload, found)


async def list_auto_targets(context: Context, payload: Payload) -> Payload:
    """ListStackSetAutoDeploymentTargets."""
    stack_set = context.find(payload)
    found = [
        {"OrganizationalUnitId": unit, "Regions": sorted(regions)}
        for unit, regions in sorted(stack_set.units.items())
    ]
    return _page(payload, found)


def _operation(stack_set: StackSet, payload: Payload) -> Operation:
    operation = stack_set.operations.get(payload["OperationId"])
    if operation is None:
        raise ApiError(
            "OperationNotFoundException",
            f"Operation {payload['OperationId']} for stack set {stack_set.name} not found",
        )
    return operation


def _summary(stack_set: StackSet) -> Payload:
    return {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.id,
        "Description": stack_set.description or None,
        "Status": stack_set.status,
        "AutoDeployment": stack_set.auto_deployment or None,
        "PermissionModel": stack_set.permission_model,
        "ManagedExecution": {"Active": stack_set.managed_execution},
    }


def _instance(stack_set: StackSet, instance: Instance) -> Payload:
    return {
        "StackSetId": stack_set.id,
        "Region": instance.region,
        "Account": instance.account,
        "StackId": instance.stack_id,
        "Status": instance.status,
        "StatusReason": instance.reason or None,
        "StackInstanceStatus": {"DetailedStatus": instance.detailed},
        "OrganizationalUnitId": instance.unit or None,
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": instance.operation or None,
    }


def _operation_summary(operation: Operation) -> Payload:
    return {
        "OperationId": operation.id,
        "Action": "CREATE" if operation.action == IMPORT else operation.action,
        "Status": operation.status,
        "OperationPreferences": operation.preferences or None,
        "CreationTimestamp": operation.created,
        "EndTimestamp": operation.ended,
    }


def _parameters(parameters: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def _page(payload: Payload, entries: list[Any]) -> Payload:
    """One page; the token is the number of the next entry."""
    token = str(payload.get("NextToken", "0"))
    if not token.isdecimal():
        raise ApiError("ValidationError", "NextToken is invalid")
    begin, size = int(token), int(payload.get("MaxResults") or 100)
    answer: Payload = {"Summaries": entries[begin : begin + size]}
    if begin + size < len(entries):
        answer["NextToken"] = str(begin + size)
    return answer


OPERATIONS: dict[str, Handle] = {
    "DescribeStackSet": describe_stack_set,
    "ListStackSets": list_stack_sets,
    "ListStackInstances": list_instances,
    "DescribeStackInstance": describe_instance,
    "DescribeStackSetOperation": describe_operation,
    "ListStackSetOperations": list_operations,
    "ListStackSetOperationResults": list_results,
    "ListStackSetAutoDeploymentTargets": list_auto_targets,
}
