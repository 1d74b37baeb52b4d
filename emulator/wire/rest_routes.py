"""Which operation a REST request is, from botocore's models."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from urllib.parse import unquote

import botocore.exceptions
import botocore.session
from botocore.model import OperationModel


@dataclass(frozen=True)
class Route:
    """One operation: its method, its path and the query keys that set it apart."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: dict[str, str]


# Operations of S3 that share path and query and are distinguished by these.
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


def match(
    service: str, method: str, path: str, query: dict[str, str], headers: dict[str, str]
) -> tuple[str, dict[str, str]]:
    """The operation's name and the parameters in its path; `METHOD path` when no model has it."""
    best: tuple[int, Route, re.Match[str]] | None = None
    for route in _routes(service):
        if route.method != method or any(
            query.get(k) != v and (v or k not in query) for k, v in route.query.items()
        ):
            continue
        found = route.path.fullmatch(path)
        # More fixed text and more query keys is the more specific route.
        rank = len(route.query) * 1000 + _fixed_length(route.path)
        if found and (best is None or rank > best[0]):
            best = (rank, route, found)
    if best is None:
        return f"{method} {path}", {}
    operation = best[1].operation
    if service == "s3" and "x-amz-copy-source" in headers:
        operation = _COPIES.get(operation, operation)
    return operation, {name: unquote(value) for name, value in best[2].groupdict().items()}


@functools.lru_cache
def _routes(service: str) -> tuple[Route, ...]:
    """The routes of a service; none for one that botocore does not know."""
    session = botocore.session.Session()
    try:
        model = session.get_service_model(service)
    except botocore.exceptions.UnknownServiceError:
        return ()
    names = [
        name for name in model.operation_names if service != "s3" or name not in _COPIES.values()
    ]
    return tuple(_route(model.operation_model(name)) for name in names)


def _route(model: OperationModel) -> Route:
    path, _, query = model.http.get("requestUri", "/").partition("?")
    keys = dict(part.partition("=")[::2] for part in query.split("&") if part)
    labels: dict[str, str] = {}
    shape = model.input_shape
    for member, target in (shape.members if shape else {}).items():
        place = target.serialization.get("location")
        name = target.serialization.get("name", member)
        if place == "uri":
            labels[name] = member
        elif place == "querystring" and shape and member in shape.required_members:
            # What ListParts, UploadPart and their like demand is in their input, not in their URI.
            keys.setdefault(name, "")
    return Route(model.name, model.http["method"], _pattern(path, labels), keys)


def _pattern(path: str, labels: dict[str, str]) -> re.Pattern[str]:
    """The path with its labels as groups named after the members of the input."""
    pattern = ""
    for part in re.split(r"(\{\w+\+?\})", path.rstrip("/") or "/"):
        if part.startswith("{"):
            label = part.strip("{}+")
            name = labels.get(label, label)
            # The path arrives decoded, and an ARN may have slashes in it.
            anything = part.endswith("+}") or name.lower().endswith("arn")
            pattern += f"(?P<{name}>.+?)" if anything else f"(?P<{name}>[^/]+)"
        else:
            pattern += re.escape(part)
    return re.compile(pattern + "/?")


def _fixed_length(pattern: re.Pattern[str]) -> int:
    return len(re.sub(r"\(\?P<\w+>[^)]*\)", "", pattern.pattern))
