"""What a request is: which account calls which operation of which service."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ..organizations import landscape
from . import rest_routes

# Signing names that differ from the name under which SDKs and the CLI know the service.
_SERVICES = {
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "elasticfilesystem": "efs",
}
# S3 Control signs as S3 does; its paths begin with its version.
_S3_CONTROL = "/v20180820/"
_SCOPE = re.compile(r"(?:Credential=)?([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_ACCOUNT = re.compile(r"\d{12}")
# The members that say what a call is about; never contents or secrets.
_IDENTIFYING = re.compile(
    r"(Id|Arn|Name|Bucket|Key|Type|Filter|Path|MaxResults|NextToken|VersionId)$"
)


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Call:
    """A recognised AWS call.

    ``principal`` is the ARN of a session's role session, else of the account's
    root. ``protocol`` is json, cbor, query, rest-xml or rest-json.
    """

    access_key: str
    account: str
    principal: str
    service: str
    operation: str
    protocol: str
    parameters: dict[str, Any]
    region: str


def recognise(request: Request, sessions: dict[str, dict[str, Any]]) -> Call | None:
    """The call that a request is; None for one that is not signed.

    ``sessions`` are the sessions of STS by access key.
    """
    query = {
        key: values[0] for key, values in parse_qs(request.query, keep_blank_values=True).items()
    }
    scope = _SCOPE.search(request.headers.get("authorization", "")) or _SCOPE.match(
        query.get("X-Amz-Credential", "")
    )
    if scope is None:
        return None
    access_key, region, signing_name = scope.groups()
    principal = _principal(access_key, sessions)
    service = _SERVICES.get(signing_name, signing_name)
    if service == "s3" and request.path.startswith(_S3_CONTROL):
        service = "s3control"
    operation, protocol, parameters = _operation(service, request, query)
    shown = _identifying(parameters)
    account = principal.split(":")[4]
    return Call(access_key, account, principal, service, operation, protocol, shown, region)


def _principal(access_key: str, sessions: dict[str, dict[str, Any]]) -> str:
    session = sessions.get(access_key)
    if session is not None:
        return str(session["Arn"])
    account = access_key if _ACCOUNT.fullmatch(access_key) else landscape.NOBODY
    return f"arn:aws:iam::{account}:root"


def _operation(
    service: str, request: Request, query: dict[str, str]
) -> tuple[str, str, dict[str, Any]]:
    headers = request.headers
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2], "json", _json(request.body)
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return request.path.rpartition("/")[2], "cbor", {}
    if "x-www-form-urlencoded" in headers.get("content-type", "") or "Action" in query:
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        parameters = {**query, **{key: values[0] for key, values in form.items()}}
        return parameters.pop("Action", "Unknown"), "query", parameters
    protocol = "rest-xml" if service in ("s3", "s3control") else "rest-json"
    operation, parameters = rest_routes.match(service, request.method, request.path, query, headers)
    return operation, protocol, parameters


def _json(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _identifying(parameters: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in parameters.items():
        if name == "TagKeys" and isinstance(value, list):
            shown[name] = value
        elif name == "Tags" and isinstance(value, list):
            shown["TagKeys"] = [tag.get("Key") for tag in value if isinstance(tag, dict)]
        elif _IDENTIFYING.search(name) and isinstance(value, (str, int)):
            shown[name] = value if isinstance(value, int) else value[:256]
    return shown
