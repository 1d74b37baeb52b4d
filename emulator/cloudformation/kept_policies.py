"""What stacks say of resources and the base drops: policies of buses and vaults, and locks.

A bus's policy goes to where the base looks for it; a vault's is kept here, for the API and for
the decision about whoever touches the vault. A vault's lock is shown, and holds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import backup, eventbridge
from ministack.services.cloudformation import provisioners

from ..permissions.documents import as_list
from ..wire.native import NativeError
from ..wire.place import Place

Handler = Callable[..., Any]
Keep = Callable[[str, Any], None]

# (account, Region, vault) -> the policy's document.
_VAULTS: dict[tuple[str, str, str], str] = {}

VAULT_OPERATIONS = frozenset(
    {
        "DeleteBackupVaultAccessPolicy",
        "GetBackupVaultAccessPolicy",
        "PutBackupVaultAccessPolicy",
    }
)


def install() -> None:
    """Keep what templates say."""
    types = provisioners._RESOURCE_HANDLERS
    _keep(types["AWS::Events::EventBus"], "Policy", _keep_bus)
    _keep(types["AWS::Backup::BackupVault"], "AccessPolicy", _keep_vault)
    _keep(types["AWS::Backup::BackupVault"], "LockConfiguration", _keep_lock)


def clear() -> None:
    """Back to the state of a fresh start."""
    _VAULTS.clear()


def of_bus(account: str, region: str, name: str) -> dict[str, Any] | None:
    """A bus's policy; the base keeps conditions of PutPermission as the request has them."""
    policy = eventbridge._event_bus_policies.get_scoped(account, region, name)
    if not policy:
        return None
    return {**policy, "Statement": [_as_in_policies(s) for s in as_list(policy["Statement"])]}


def of_vault(account: str, region: str, name: str) -> str | None:
    """A vault's policy; None without one, and for a vault that is gone."""
    if backup._vaults.get_scoped(account, region, name) is None:
        return None
    return _VAULTS.get((account, region, name))


def answer(
    operation: str, place: Place, labels: dict[str, str], payload: dict[str, Any]
) -> dict[str, Any]:
    """One of `VAULT_OPERATIONS` of AWS Backup's API."""
    name = labels["BackupVaultName"]
    if name not in backup._vaults:
        raise NativeError("ResourceNotFoundException", f"Backup vault not found: {name}")
    policy = of_vault(*place, name)
    if operation == "PutBackupVaultAccessPolicy":
        _keep_vault(name, payload.get("Policy"))
        return {}
    if operation == "DeleteBackupVaultAccessPolicy":
        _keep_vault(name, None)
        return {}
    if policy is None:
        raise NativeError("ResourceNotFoundException", f"{name} has no access policy")
    arn = f"arn:aws:backup:{place.region}:{place.account}:backup-vault:{name}"
    return {"BackupVaultName": name, "BackupVaultArn": arn, "Policy": policy}


def _as_in_policies(statement: dict[str, Any]) -> dict[str, Any]:
    condition = statement.get("Condition") or {}
    if "Type" not in condition:
        return statement
    written = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return {**statement, "Condition": written}


def _keep(handlers: dict[str, Any], member: str, keep: Keep) -> None:
    create: Handler = handlers["create"]
    update: Handler = handlers["update"]

    def create_and_keep(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        keep(made[0], props.get(member))
        return made

    def update_and_keep(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any, **named: Any
    ) -> Any:
        changed = update(physical_id, old, new, *more, **named)
        keep(changed[0], new.get(member))
        return changed

    handlers["create"], handlers["update"] = create_and_keep, update_and_keep


def _keep_bus(name: str, policy: Any) -> None:
    if policy:
        eventbridge._event_bus_policies[name] = policy
    else:
        eventbridge._event_bus_policies.pop(name, None)


def _keep_vault(name: str, policy: Any) -> None:
    key = (get_account_id(), get_region(), name)
    if policy:
        _VAULTS[key] = policy if isinstance(policy, str) else json.dumps(policy)
    else:
        _VAULTS.pop(key, None)


def _keep_lock(name: str, lock: Any) -> None:
    record = backup._vaults[name]
    record["Locked"] = bool(lock)
    for bound in ("MinRetentionDays", "MaxRetentionDays"):
        record.pop(bound, None)
        if lock and lock.get(bound):
            record[bound] = int(lock[bound])
