"""The control plane's part for backups, restores, their events, queues and schedules."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ministack.core.responses import request_scope

from ..events import elapse
from ..tags.stores import parse, store_of
from ..wire.native import NativeError
from ..wire.place import Place
from . import events as backup_events
from .events import Disturbance
from .recovery_points import RecoveryPoint
from .service import Restores

NAMES = frozenset(
    {
        "restores",
        "restore-tests",
        "restore-settings",
        "scheduled-backups",
        "tags",
        "backup-events",
        "queues",
        "elapse",
    }
)
_PLAN = "arn:aws:backup:{region}:{account}:restore-testing-plan:{name}-emulator"


async def answer(restores: Restores, method: str, name: str, value: Any) -> Any:
    """The answer to one request, or None for a method that the thing does not have.

    ``value`` is the body, None without one. Raises ``ValueError``.
    """
    try:
        return await _route(restores, method, name, value)
    except NativeError as error:
        raise ValueError(str(error)) from error


async def _route(restores: Restores, method: str, name: str, value: Any) -> Any:
    match (method, name):
        case ("GET", "restores"):
            return _overview(restores)
        case ("POST", "restore-tests"):
            return _test(restores, _object(value))
        case ("POST", "scheduled-backups"):
            return await _back_up(restores, _object(value))
        case ("GET" | "POST", "restore-settings"):
            if method == "POST":
                _set(restores, _object(value))
            left = [asdict(item) for item in restores.events.disturbances if item.times]
            return _settings(restores) | {"disturbances": left}
        case ("POST", "tags"):
            return await _tags(restores, _object(value))
        case ("GET", "backup-events"):
            return restores.events.show()
        case ("POST", "backup-events"):
            return _event(restores, _object(value))
        case ("GET", "queues"):
            return elapse.queues()
        case ("POST", "elapse"):
            return await _elapse(restores, _object(value))
    return None


def _overview(restores: Restores) -> dict[str, Any]:
    return {
        "recovery_points": [
            {
                "arn": point.arn,
                "account": point.place.account,
                "region": point.place.region,
                "vault": point.vault,
                "resource": point.resource_arn,
                "type": point.resource_type,
            }
            for point in restores.points.all()
        ],
        "jobs": [job.describe() | {"Metadata": job.metadata} for job in restores.jobs.all()],
        "copies": [job.describe() for job in restores.copies.all()],
    }


def _test(restores: Restores, value: dict[str, Any]) -> dict[str, Any]:
    """A restore that a restore testing plan makes."""
    place = _place(value)
    plan = _PLAN.format(**place._asdict(), name=value.get("plan", "nightly"))
    point = _point(restores, place, _text(value, "recovery_point"))
    metadata = {str(k): str(v) for k, v in dict(value.get("metadata", {})).items()}
    role = f"arn:aws:iam::{place.account}:role/AWSBackupSolutionRole"
    return {"job": restores.jobs.start(point, metadata, role, plan_arn=plan).id}


async def _back_up(restores: Restores, value: dict[str, Any]) -> dict[str, Any]:
    """What a plan's rule does when its time has come: a backup and, where it says so, a copy."""
    place, plan, vault = _place(value), _text(value, "plan"), _text(value, "vault")
    role = _text(value, "role")
    ago = value.get("seconds_ago", 0)
    if isinstance(ago, bool) or not isinstance(ago, (int, float)) or ago < 0:
        raise ValueError("`seconds_ago` must be a number of at least 0")
    rule = {"BackupPlanId": plan.rpartition(":")[2], "BackupPlanArn": plan, "BackupRuleId": "rule"}
    with request_scope(*place):
        backup = {
            "BackupVaultName": vault,
            "ResourceArn": _text(value, "resource"),
            "IamRoleArn": role,
        }
        made = await restores.api.start_backup_job(place, backup, rule, ago)
        point = made["RecoveryPointArn"]
        if "copy" in value:
            copy = {
                "RecoveryPointArn": point,
                "SourceBackupVaultName": vault,
                "DestinationBackupVaultArn": _text(value, "copy"),
                "IamRoleArn": role,
            }
            restores.copy_api.start(place, copy, rule, ago)
    return {"recovery_point": point}


async def _tags(restores: Restores, value: dict[str, Any]) -> dict[str, Any]:
    """Read a resource's tags, or add some as AWS itself does, system tags too."""
    resource = parse(_text(value, "arn"))
    store = store_of(resource) if resource else None
    if resource is None or store is None:
        raise ValueError(f"no tags are kept for `{value['arn']}`")
    with request_scope(*_place(value)):
        await store.missing(restores.native, resource)
        if tags := value.get("tags"):
            await store.add(restores.native, resource, {str(k): str(v) for k, v in tags.items()})
        return await store.read(restores.native, resource)


def _event(restores: Restores, value: dict[str, Any]) -> Any:
    """Disturb the next events, release those held, repeat one, or send one of one's own."""
    events = restores.events
    if "effect" in value:
        events.disturbances.append(Disturbance(**_members(value, "effect", "times", "status")))
    elif value.get("release"):
        return {"released": events.release()}
    elif "repeat" in value:
        backup_events.deliver(events.find(str(value["repeat"])))
    elif "detail" in value:
        kind = str(value.get("kind", "Restore Job State Change"))
        resources = [str(arn) for arn in value.get("resources", [])]
        entry = events.send(_place(value), kind, resources, _object(value["detail"]))
        return {"id": entry.event["EventId"]}
    else:
        raise ValueError("say `effect`, `release`, `repeat` or `detail`")
    return {}


async def _elapse(restores: Restores, value: dict[str, Any]) -> dict[str, Any]:
    place = _place(value)
    if "queue" in value:
        changed = await elapse.visibility_timeouts(place, str(value["queue"]))
        restores.rates.refill()
        return {"messages": changed}
    if "schedule" in value:
        elapse.schedule(place, str(value["schedule"]))
        return {}
    raise ValueError("say which `queue` or `schedule`")


def _settings(restores: Restores) -> dict[str, Any]:
    return {
        "seconds": restores.jobs.seconds,
        "page_size": restores.api.page_size,
        "published_rates": restores.rates.published,
        "rates_second": restores.rates.second,
    }


def _set(restores: Restores, value: dict[str, Any]) -> None:
    wanted = _settings(restores) | value
    _members(value, *_settings(restores))
    size, rates = wanted["page_size"], wanted["published_rates"]
    for name in ("seconds", "rates_second"):
        number = wanted[name]
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
            raise ValueError(f"`{name}` must be a number of at least 0")
    if not wanted["rates_second"]:
        raise ValueError("`rates_second` must be more than 0")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError("`page_size` must be an integer of at least 1")
    if not isinstance(rates, bool):
        raise ValueError("`published_rates` must be true or false")
    restores.jobs.seconds = restores.copies.seconds = float(wanted["seconds"])
    restores.api.page_size = size
    restores.rates.published = rates
    restores.rates.second = float(wanted["rates_second"])


def _point(restores: Restores, place: Place, arn: str) -> RecoveryPoint:
    point = restores.points.find(place, arn)
    if point is None:
        raise ValueError(f"no recovery point `{arn}` in {place.account}, {place.region}")
    return point


def _place(value: dict[str, Any]) -> Place:
    return Place(_text(value, "account"), _text(value, "region"))


def _text(value: dict[str, Any], name: str) -> str:
    if not isinstance(value.get(name), str):
        raise ValueError(f"`{name}` must be a string")
    return str(value[name])


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"must be an object, not {json.dumps(value)[:40]}")
    return value


def _members(value: dict[str, Any], *known: str) -> dict[str, Any]:
    if unknown := set(value) - set(known):
        raise ValueError(f"unknown member `{sorted(unknown)[0]}`; known are {', '.join(known)}")
    return value
