"""The properties of AWS::CloudFormation::StackSet as its handler reads them."""

from __future__ import annotations

from typing import Any

from .model import SELF_MANAGED

Properties = dict[str, Any]
# (target, Region) with the group's overrides; a target is an account or an OU.
Flat = dict[tuple[str, str], tuple[tuple[str, str], ...]]

_CONFIGURATION = (
    "Description",
    "TemplateBody",
    "Capabilities",
    "AdministrationRoleARN",
    "ExecutionRoleName",
    "AutoDeployment",
)


class StackSetFailure(Exception):
    """What the stack's event says."""


def settings(props: Properties) -> Properties:
    """What CreateStackSet takes."""
    named = (*_CONFIGURATION, "TemplateURL", "PermissionModel", "CallAs", "Tags")
    settings = {name: props[name] for name in named if props.get(name) not in (None, [])}
    settings["Parameters"] = _as_list(values(props.get("Parameters")))
    if (automatic := settings.get("AutoDeployment")) is not None:
        settings["AutoDeployment"] = {
            name: value if isinstance(value, list) else _boolean(value)
            for name, value in automatic.items()
        }
    if "ManagedExecution" in props:
        settings["ManagedExecution"] = {"Active": active(props)}
    return settings


def update_settings(props: Properties) -> Properties:
    """What UpdateStackSet takes."""
    wanted = settings(props)
    for name in ("PermissionModel", "CallAs", "ManagedExecution"):
        wanted.pop(name, None)
    return {**wanted, **preferences(props)}


def preferences(props: Properties) -> Properties:
    """The operation preferences, if there are any."""
    given = props.get("OperationPreferences") or {}
    read = {
        name: int(value) if name.endswith(("Count", "Percentage")) else value
        for name, value in given.items()
    }
    return {"OperationPreferences": read} if read else {}


def configuration(props: Properties) -> list[Any]:
    """What makes an update necessary when it differs."""
    compared = [props.get(name) for name in (*_CONFIGURATION, "Tags")]
    return [*compared, values(props.get("Parameters"))]


def values(entries: list[Properties] | None) -> dict[str, str]:
    """Parameters by name."""
    found = {}
    for entry in entries or []:
        value = entry.get("ParameterValue", "")
        text = ",".join(value) if isinstance(value, list) else _text(value)
        found[str(entry["ParameterKey"])] = text
    return found


def _as_list(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _boolean(value: Any) -> bool:
    return str(value).lower() == "true"


def active(props: Properties) -> bool:
    """Whether managed execution is on."""
    return _boolean((props.get("ManagedExecution") or {}).get("Active", False))


def call_as(props: Properties) -> dict[str, str]:
    """In which capacity the calls are made."""
    return {"CallAs": props["CallAs"]} if props.get("CallAs") else {}


def target_kind(props: Properties) -> str:
    """Which targets the permission model has."""
    own = props.get("PermissionModel") == SELF_MANAGED
    return "Accounts" if own else "OrganizationalUnitIds"


def flat(props: Properties) -> Flat:
    """Every target and Region that the groups name, each at most once."""
    kind = target_kind(props)
    found: Flat = {}
    for group in props.get("StackInstancesGroup") or []:
        if group["DeploymentTargets"].get("AccountFilterType", "NONE") != "NONE":
            raise StackSetFailure("the emulator's type does not update groups with account filters")
        overrides = tuple(sorted(values(group.get("ParameterOverrides")).items()))
        targets = group["DeploymentTargets"].get(kind)
        if not targets:
            raise StackSetFailure(
                f"{kind} should be specified in DeploymentTargets in "
                f"[{props.get('PermissionModel')}] model"
            )
        for region in group["Regions"]:
            for target in targets:
                if (target, region) in found:
                    raise StackSetFailure(f"Stack instance [{target},{region}] is duplicated")
                found[target, region] = overrides
    return found


def only(these: Flat, those: Flat) -> Flat:
    """The places of the one that are not in the other."""
    return {place: overrides for place, overrides in these.items() if place not in those}
