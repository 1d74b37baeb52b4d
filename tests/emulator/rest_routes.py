"""Which operation a REST request is, from botocore's models."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from urllib.parse import unquote

import botocore.exceptions
import botocore.session


@dataclass(frozen=True)
class Route:
    """One operation: its method, its path and the query keys that set it apart."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: dict[str, str]


# Operations of S3 that share path and query and are told apart by these.
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


def match(
    service: str, method: str, path: str, query: dict[str, str], headers: dict[str, str]
) -> tuple[str, dict[str, str]]:
    """The operation's name and the parameters in its path; `METHOD path` when no model has it."""
    best: tuple[int, Route, re.Match[str]] | None = None
    for route in _routes(service):
        if route.method != method or any(query.get(k) != v and (v or k not in query) for k, v in route.query.items()):
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
    session = botocore.session.Session()
    try:
        model = session.get_service_model(service)
    except botocore.exceptions.UnknownServiceError:
        return ()
    routes = []
    for name in model.operation_names:
        if service == "s3" and name in _COPIES.values():
            continue
        http = model.operation_model(name).http
        path, _, query = http.get("requestUri", "/").partition("?")
        keys = dict(part.partition("=")[::2] for part in query.split("&") if part)
        # What ListParts, UploadPart and their like demand is in their input, not in their URI.
        shape = model.operation_model(name).input_shape
        for member in shape.required_members if shape else ():
            if shape.members[member].serialization.get("location") == "querystring":
                keys.setdefault(shape.members[member].serialization["name"], "")
        routes.append(Route(name, http["method"], _pattern(path), keys))
    return tuple(routes)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", path.rstrip("/") or "/")
    pattern = ""
    for part in parts:
        if part.startswith("{"):
            name = part.strip("{}+")
            pattern += f"(?P<{name}>.+)" if part.endswith("+}") else f"(?P<{name}>[^/]+)"
        else:
            pattern += re.escape(part)
    return re.compile(pattern + "/?")


def _fixed_length(pattern: re.Pattern[str]) -> int:
    return len(re.sub(r"\(\?P<\w+>[^)]*\)", "", pattern.pattern))
