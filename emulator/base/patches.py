"""Every name of the base that is replaced or relied on, in one table, checked at start.

ministack has no plug-in interface, so this plug-in replaces functions of it. A
replaced function must still be the one that was read when the replacement was
written: its source has a fingerprint here. `check` reports every mismatch at
once and nothing is patched.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from . import permissions_patches, restore_patches, service_patches, stack_patches
from .patch_point import PatchPoint, fingerprint
from .pinned import BaseMismatch

_EVENTS = "ministack.services.eventbridge"
_S3 = "ministack.services.s3"
_STS = "ministack.services.sts"
_IAM = "ministack.services.iam"
_LAMBDA = "ministack.services.lambda_svc"
_RUNTIME = "ministack.core.lambda_runtime"
_STACKS = "ministack.services.cloudformation.stacks"
_CHANGE_SETS = "ministack.services.cloudformation.changesets"
_HANDLERS = "ministack.services.cloudformation.handlers"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_CUSTOM = "ministack.services.cloudformation.custom_resource"
_UNDER_WAY = "operations of stacks are under way until they end"

TABLE: tuple[PatchPoint, ...] = (
    PatchPoint("ministack.app", "app", True, "37c9f1adf61e", "wrapped by the gateway"),
    PatchPoint(
        "ministack.app",
        "SERVICE_HANDLERS",
        True,
        "",
        "organizations is ours, sts, lambda, backup, ec2, rds, sqs and tagging are wrapped",
    ),
    PatchPoint(
        "ministack.app",
        "_reset_all_state",
        False,
        "3806820b895c",
        "reset through the control plane",
    ),
    PatchPoint(
        "hypercorn.protocol.http_stream",
        "HTTPStream",
        False,
        "1de5ebe1815d",
        "a lost answer closes its connection",
    ),
    PatchPoint(
        _CUSTOM,
        "invoke_custom_resource",
        True,
        "640560d12c3a",
        "custom_resources.CustomResources.request",
    ),
    PatchPoint(
        _STACKS,
        "_roll_back_operation",
        True,
        "925b1f1c9f96",
        "a failed Create is deleted in the rollback",
    ),
    PatchPoint(
        _HANDLERS, "_roll_back_operation", True, "925b1f1c9f96", "the same, imported there by name"
    ),
    PatchPoint(
        _STACKS, "_runs_on_worker_thread", True, "dfb97ed924da", "our types call AWS and wait"
    ),
    PatchPoint(
        _STACKS,
        "_sends_back_failed_update",
        True,
        "21d2af1fa496",
        "a failed stack set may be half changed",
    ),
    PatchPoint(
        "ministack.services.cloudformation.engine",
        "_parse_template",
        False,
        "9452a1cf0a87",
        "what a stack set's template declares",
    ),
    PatchPoint(
        _HANDLERS,
        "_required_capabilities",
        False,
        "a36bd1377fc0",
        "what a stack set's template needs acknowledged",
    ),
    PatchPoint("ministack.services.codebuild", "_projects", False, "", "projects of builds"),
    PatchPoint("ministack.services.codebuild", "_builds", False, "", "records of builds"),
    PatchPoint(
        _EVENTS,
        "_invoke_target",
        True,
        "56075a7de85a",
        "events that start pipelines; queue policies and dead letters of targets",
    ),
    PatchPoint(_EVENTS, "_put_events", False, "4d085f1e95d3", "events of repositories"),
    PatchPoint(
        _EVENTS, "_pattern_event_view", False, "0cb95364be74", "events that start pipelines"
    ),
    PatchPoint(_EVENTS, "_dispatch_to_sqs", False, "8a8e473f203a", "events that did not start one"),
    PatchPoint("ministack.services.backup", "_vaults", False, "", "vaults that exist already"),
    PatchPoint("ministack.services.kms", "_aliases", False, "", "aliases that exist already"),
    PatchPoint(
        "ministack.services.kms", "_alias_arn", False, "4a2d4875c32f", "aliases that exist already"
    ),
    PatchPoint(_PROVISIONERS, "_RESOURCE_HANDLERS", True, "", "resource types of our own"),
    PatchPoint(_CHANGE_SETS, "_IMPORT_LOOKUPS", True, "", "vaults can be imported"),
    PatchPoint(_STACKS, "_add_event", True, "66b818279acc", "events of an update as AWS has them"),
    PatchPoint(
        _STACKS, "_delete_resource", True, "7826b054e390", "permissions; events of the cleanup"
    ),
    PatchPoint("ministack.services.cloudformation", "_stacks", False, "", "records of stacks"),
    PatchPoint("ministack.services.cloudformation", "_stack_events", False, "", "times of events"),
    PatchPoint(
        _LAMBDA, "_provided_worker_env", True, "7fe9edde38c4", "environment of a function's process"
    ),
    PatchPoint(
        _LAMBDA,
        "_fetch_code_from_s3",
        True,
        "dc67e10ed3cf",
        "code from foreign buckets, and never an empty function",
    ),
    PatchPoint(
        _LAMBDA, "s3_code_region_message", True, "5c3e0fac1592", "asked where the bucket is"
    ),
    PatchPoint(
        _LAMBDA,
        "invoke_async_with_retry",
        True,
        "dace854b10f4",
        "tries that are under way until the last one ends",
    ),
    PatchPoint(_LAMBDA, "_LAMBDA_ASYNC_RETRY_BASE_SECONDS", False, "", "pause before a retry"),
    PatchPoint(
        _LAMBDA,
        "_account_region_from_function_config",
        False,
        "5c1d8ed77d06",
        "where a function runs that is invoked asynchronously",
    ),
    PatchPoint(_STACKS, "_create_stack_task_in_region", True, "9c2748d5a612", _UNDER_WAY),
    PatchPoint(_HANDLERS, "_create_stack_task_in_region", True, "9c2748d5a612", _UNDER_WAY),
    PatchPoint(_CHANGE_SETS, "_create_stack_task_in_region", True, "9c2748d5a612", _UNDER_WAY),
    PatchPoint(
        _STACKS,
        "_stack_region_context",
        False,
        "6aac66a488a1",
        "operations run in the stack's Region",
    ),
    PatchPoint(
        _LAMBDA, "_get_func_record_for_ref", False, "fb292b6933ce", "function of a ServiceToken"
    ),
    PatchPoint(
        _LAMBDA, "_execution_record_for_config", False, "cf8a6626acd7", "function of a ServiceToken"
    ),
    PatchPoint(
        _LAMBDA,
        "_provided_runtime_code_dir",
        False,
        "9328f10a3401",
        "the file that a function runs",
    ),
    PatchPoint(_LAMBDA, "_functions", False, "", "inventory of functions"),
    PatchPoint(_LAMBDA, "_RESERVED_RUNTIME_ENV_VARS", False, "", "variables a function cannot set"),
    PatchPoint(_RUNTIME, "reset", False, "c66b61408641", "ends the functions' processes"),
    PatchPoint(_RUNTIME, "_workers", False, "", "processes of functions"),
    PatchPoint(_RUNTIME, "_lock", False, "", "processes of functions"),
    PatchPoint(_RUNTIME, "ProvidedWorker", False, "fa190870a6fc", "processes of functions"),
    PatchPoint(_STS, "_sessions", False, "", "who a session is"),
    PatchPoint(_STS, "register_session", False, "11dc234b94b7", "sessions of functions' roles"),
    PatchPoint(_IAM, "_roles", False, "", "trust policies"),
    PatchPoint(_S3, "_bucket_owner_account", False, "016e2c17ae08", "foreign buckets"),
    PatchPoint(_S3, "_get_object_data", False, "d34214e7efd1", "foreign buckets"),
    *permissions_patches.TABLE,
    *restore_patches.TABLE,
    *service_patches.TABLE,
    *stack_patches.TABLE,
)


def check(table: tuple[PatchPoint, ...] = TABLE) -> None:
    """Raise `BaseMismatch` naming every patch point that is not as expected."""
    problems = [problem for point in table if (problem := _problem(point)) is not None]
    if problems:
        raise BaseMismatch(
            "the base is not the one the emulator was written for: " + "; ".join(problems)
        )


def replace(module: str, name: str, replacement: Callable[..., Any]) -> None:
    """Put ``replacement`` in the place of a name that the table lists as replaced."""
    if not any(point.module == module and point.name == name and point.replaced for point in TABLE):
        raise BaseMismatch(f"patch point {module}.{name} is not in the table")
    setattr(importlib.import_module(module), name, replacement)


def _problem(point: PatchPoint) -> str | None:
    try:
        current = point.current()
    except ImportError:
        return f"patch point {point}: no such module"
    except AttributeError:
        return f"patch point {point}: no such name"
    if point.fingerprint and fingerprint(current) != point.fingerprint:
        return f"patch point {point}: its source has changed"
    return None


if __name__ == "__main__":
    # What to write into the table after reading what changed in another version of the base.
    for entry in TABLE:
        print(entry, fingerprint(entry.current()) or "-")
