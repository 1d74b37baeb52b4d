"""IAM's service authorization reference: which actions there are, and what each is about."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "service_authorization"

SERVICES = frozenset(path.stem for path in _FOLDER.glob("*.json"))


def problem(action: str, resource: str) -> str | None:
    """What contradicts the reference when an action is asked for on a resource.

    The action must exist, and the resource be one of its types; "*" is for actions that need none.
    None where nothing does, for a service that is not here and for what is no ARN.
    """
    service, _, name = action.partition(":")
    if service not in SERVICES or not resource.startswith(("arn:", "*")):
        return None
    listed = _service(service)["actions"].get(name)
    if listed is None:
        return f"AWS's reference has no action {action}"
    if resource == "*":
        return f"AWS's reference has {action} on resources" if listed.get("on") else None
    if not any(pattern.fullmatch(resource) for pattern in _patterns(action)):
        return f"AWS's reference does not have {action} on {resource}"
    return None


def actions(service: str) -> dict[str, dict[str, list[str]]]:
    """Every action of a service with `on`, `or` and `keys`, as `tools/aws_data.py` writes them."""
    found: dict[str, dict[str, list[str]]] = _service(service)["actions"]
    return found


def keys(action: str) -> frozenset[str]:
    """The service's own condition keys that a request for an action may carry, in lower case."""
    service, _, name = action.partition(":")
    return frozenset(key.lower() for key in _service(service)["actions"][name].get("keys", ()))


@functools.cache
def _service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return found


@functools.cache
def _patterns(action: str) -> tuple[re.Pattern[str], ...]:
    service, _, name = action.partition(":")
    of_service = _service(service)
    listed = of_service["actions"][name]
    kinds = [*listed.get("on", ()), *listed.get("or", ())]
    return tuple(_pattern(of_service["types"][kind]) for kind in kinds)


def _pattern(arn: str) -> re.Pattern[str]:
    """The ARN of a resource type.

    Names may be empty: services show them so in their refusals. A recovery point's ARN is another
    service's where that keeps it (`${Vendor}`), with as many parts as that service has.
    """
    if "${Vendor}" in arn:
        return re.compile("arn:[^:]*:[^:]+:[^:]*:[^:]*:.+")
    pattern = "".join(_part(part) for part in re.split(r"(\$\{\w+\})", arn))
    # The service was renamed, and its actions under the old prefix are about the new ARNs, too:
    # Developer Tools console guide, "Connections rename".
    return re.compile(pattern.replace(r"codestar\-connections", r"code(?:star\-)?connections"))


def _part(part: str) -> str:
    if part in ("${Partition}", "${Region}", "${Account}"):
        return "[^:]*"
    return ".*" if part.startswith("${") else re.escape(part)
