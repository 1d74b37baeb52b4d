"""The CloudFormation types that the base lacks, or has wrongly, put into its table of types."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ministack.services import backup, iam, lambda_svc
from ministack.services.cloudformation import changesets, engine, provisioners, stacks

from ..base import patches
from ..organizations import regions
from ..stack_sets import resource_type as stack_set
from ..wire.loopback import Loopback
from ..wire.native import BASE
from ..wire.place import here
from . import stack_order

Handlers = dict[str, Callable[..., Any]]


def _is_alias(name: str) -> bool:
    return BASE.find(here(), "kms", "DescribeKey", KeyId=name) is not None


# Types with names of their own that the base takes over when they exist: property -> is it there?
_NAMED: dict[str, tuple[str, Callable[[str], bool]]] = {
    "AWS::Backup::BackupVault": ("BackupVaultName", lambda name: name in backup._vaults),
    "AWS::IAM::Role": ("RoleName", lambda name: name in iam._roles),
    "AWS::Lambda::Function": ("FunctionName", lambda name: name in lambda_svc._functions),
    "AWS::KMS::Alias": ("AliasName", _is_alias),
}


def _refusing_existing(kind: str, create: Callable[..., Any]) -> Callable[..., Any]:
    """The base takes what exists for its own; AWS refuses to make it a second time."""
    key, is_there = _NAMED[kind]

    def refuse_or_create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        name = props.get(key)
        if name and is_there(name):
            raise ValueError(f"Resource of type '{kind}' with identifier '{name}' already exists.")
        return create(logical_id, props, stack_name)

    return refuse_or_create


def _trusting_known(write: Callable[..., Any]) -> Callable[..., Any]:
    """A role's creation or update, which IAM refuses when its trust names no service."""

    def refuse_or_write(*arguments: Any) -> Any:
        for props in (found for found in arguments if isinstance(found, dict)):
            if found := regions.unknown_principal(props.get("AssumeRolePolicyDocument")):
                raise ValueError(regions.invalid(found))
        return write(*arguments)

    return refuse_or_write


def _import_vault(identifier: dict[str, str]) -> tuple[str, dict[str, str]]:
    """What a stack knows of a vault that it takes over."""
    name = identifier["BackupVaultName"]
    return name, {"BackupVaultArn": backup._vaults[name]["BackupVaultArn"], "BackupVaultName": name}


def _vault_import_problem(name: str) -> str | None:
    """Why a vault cannot be imported; AWS's text for this type is not known."""
    if name in backup._vaults:
        return None
    return f"Resource of type 'AWS::Backup::BackupVault' with identifier '{name}' was not found."


class ResourceTypes:
    """Registers the types; their handlers call AWS's APIs, so each runs on a thread of its own."""

    def __init__(
        self, loopback: Loopback, more: dict[str, Handlers], role_seconds: Callable[[], float]
    ) -> None:
        self._aborted = threading.Event()
        self._role_seconds = role_seconds
        self._types: dict[str, Handlers] = {
            stack_set.TYPE: stack_set.StackSetType(loopback, lambda: self._aborted).handlers(),
            **more,
        }

    def install(self) -> None:
        """Put the types into the base."""
        table = provisioners._RESOURCE_HANDLERS
        for kind in _NAMED:
            table[kind]["create"] = _refusing_existing(kind, table[kind]["create"])
        for operation in ("create", "update"):
            table[stack_order.ROLE][operation] = _trusting_known(table[stack_order.ROLE][operation])
        table[stack_order.ROLE]["create"] = stack_order.taking_time(
            table[stack_order.ROLE]["create"],
            self._role_seconds,
            self._pause,
        )
        table["AWS::Backup::BackupVault"]["import"] = _import_vault
        changesets._IMPORT_LOOKUPS["AWS::Backup::BackupVault"] = (
            ("BackupVaultName",),
            _vault_import_problem,
        )
        module = "ministack.services.cloudformation"
        blocks = stacks._runs_on_worker_thread
        sends_back = stacks._sends_back_failed_update
        # In place: other modules of the base have the table under a name of their own.
        provisioners._RESOURCE_HANDLERS.update(self._types)
        patches.replace(
            f"{module}.stacks",
            "_runs_on_worker_thread",
            lambda kind: self._waits(kind) or blocks(kind),
        )
        patches.replace(
            f"{module}.stacks",
            "_sends_back_failed_update",
            lambda kind: kind in self._types or sends_back(kind),
        )

        dependencies = stack_order.with_metadata(engine._extract_deps)
        patches.replace(f"{module}.engine", "_extract_deps", dependencies)

    def _waits(self, kind: str) -> bool:
        return kind in self._types or (kind == stack_order.ROLE and self._role_seconds() > 0)

    def _pause(self, seconds: float) -> None:
        # The event of now: `forget` makes another one.
        self._aborted.wait(seconds)

    def stop(self) -> None:
        """End every wait."""
        self._aborted.set()

    def forget(self) -> None:
        """Back to the state of a fresh start: who still waits is stopped."""
        self._aborted.set()
        self._aborted = threading.Event()
