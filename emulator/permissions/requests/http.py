"""What an HTTP request is to IAM: a service, an action, and its parameters."""

from __future__ import annotations

import contextvars
import functools
import io
import json
from dataclasses import dataclass
from typing import Any

from botocore.parsers import BaseCBORParser
from ministack.core import iam_actions

from ...wire import rest_routes

UNMAPPED = "unmapped:"

# What the base calls a service and botocore's models otherwise.
_MODELS = {"elasticfilesystem": "efs"}

# Operations whose IAM action has another name, after the service authorization reference. What
# S3 calls otherwise is in the base; ReEncrypt has two actions, see `resources`.
_RENAMED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeAsync": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


@dataclass(frozen=True)
class Asked:
    """A request to an AWS service, under the base's name of it.

    ``params`` are those of the query and of a form.
    """

    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    params: dict[str, Any]
    account: str
    region: str

    @functools.cached_property
    def members(self) -> dict[str, Any]:
        """The members of the request, whichever protocol it came by."""
        return {**self._in_path(), **self._in_body(), **_flat(self.params)}

    def text(self, *names: str) -> str:
        """The first of these members that the request has; empty when it has none."""
        for name in names:
            value = self.members.get(name)
            if isinstance(value, (str, int)) and value != "":
                return str(value)
        return ""

    def texts(self, name: str) -> list[str]:
        """The texts of a list, also of one that a query numbers."""
        value = self.members.get(name)
        if isinstance(value, list):
            return [str(entry) for entry in value]
        numbered = []
        for prefix in (f"{name}.member", name):
            number = 1
            while f"{prefix}.{number}" in self.members:
                numbered.append(str(self.members[f"{prefix}.{number}"]))
                number += 1
        return numbered

    def entries(self, name: str) -> list[dict[str, Any]]:
        """The objects of a list in a JSON body."""
        value = self.members.get(name)
        found = value if isinstance(value, list) else []
        return [entry for entry in found if isinstance(entry, dict)]

    def arn(self, resource: str, service: str | None = None) -> str:
        """An ARN in the account and Region of the request."""
        return f"arn:aws:{service or self.service}:{self.region}:{self.account}:{resource}"

    def _in_path(self) -> dict[str, Any]:
        is_rest = not {"x-amz-target", "smithy-protocol"} & self.headers.keys()
        if not is_rest or "Action" in self.params or self.service == "s3":
            return {}
        model = _MODELS.get(self.service, self.service)
        found = rest_routes.match(model, self.method, self.path, _flat(self.params), self.headers)
        return dict(found[1])

    def _in_body(self) -> dict[str, Any]:
        if self.headers.get("smithy-protocol") == "rpc-v2-cbor" and self.body:
            stream = io.BufferedReader(io.BytesIO(self.body))
            value = BaseCBORParser().parse_data_item(stream)
        else:
            try:
                # The body of a request to S3 is an object, or XML.
                value = json.loads(self.body or b"{}") if self.service != "s3" else None
            except ValueError:
                value = None
        return value if isinstance(value, dict) else {}


# The request that is being decided.
CURRENT: contextvars.ContextVar[Asked | None] = contextvars.ContextVar(
    "asked_of_permissions", default=None
)
_base_action = iam_actions.extract_iam_action
_base_resource = iam_actions.extract_resource_arn


def action(
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    params: dict[str, Any],
) -> str:
    """The IAM action of a request; one that nobody grants for a request that nobody knows."""
    if service in ("account", "lambda"):
        operation, _ = rest_routes.match(service, method, path, _flat(params), headers)
        found = None if " " in operation else f"{service}:{operation}"
    else:
        found = _base_action(service, method, path, headers, body, params)
    if found is None:
        return f"{UNMAPPED}{service} {method} {path}"
    return _RENAMED.get(found, found)


def resource(
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    params: dict[str, Any],
    region: str,
    account: str,
) -> str:
    """The base's idea of the resource of a request, and a note of the request for `enforcement`."""
    CURRENT.set(Asked(service, method, path, headers, body, params, account, region))
    return str(_base_resource(service, method, path, headers, body, params, region, account))


def _flat(params: dict[str, Any]) -> dict[str, str]:
    return {
        name: str((value[0] if value else "") if isinstance(value, list) else value)
        for name, value in params.items()
    }
