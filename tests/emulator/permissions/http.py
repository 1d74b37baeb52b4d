"""What an HTTP request needs: its IAM action, its resources and its condition keys.

After IAM's service authorization reference. The base works out most of them; here are the ones
that it lacks or has wrong.
"""

from __future__ import annotations

import contextvars
import json
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions

from .. import rest_routes

UNMAPPED = "unmapped:"


@dataclass(frozen=True)
class Asked:
    """A request to an AWS service; ``params`` are those of the query and of a form."""

    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    params: dict[str, Any]
    account: str
    region: str

    def json(self) -> dict[str, Any]:
        """The body of a JSON request; empty for anything else."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def param(self, name: str) -> str:
        """A parameter of a query or JSON request; empty when it has none."""
        value = self.params.get(name)
        if value is None:
            value = self.json().get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        return str(value) if value is not None else ""


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
    if service == "lambda":
        found = _of_lambda(method, path, headers, params)
    else:
        found = _base_action(service, method, path, headers, body, params)
    return str(found) if found is not None else f"{UNMAPPED}{service} {method} {path}"


# The operations of Lambda whose IAM action has another name.
_LAMBDA = {
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}


def _of_lambda(
    method: str, path: str, headers: dict[str, str], params: dict[str, Any]
) -> str | None:
    query = {k: (v[0] if v else "") if isinstance(v, list) else v for k, v in params.items()}
    operation, _ = rest_routes.match("lambda", method, path, query, headers)
    return None if " " in operation else f"lambda:{_LAMBDA.get(operation, operation)}"


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
    asked = Asked(service, method, path, headers, body, params, account, region)
    CURRENT.set(asked)
    return str(_base_resource(service, method, path, headers, body, params, region, account))
