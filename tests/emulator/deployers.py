"""Who deploys a stack: its service role (RoleARN), else who called CloudFormation.

The base ignores RoleARN. Here the role must exist and trust CloudFormation, stays
with the stack, and the types whose handlers call AWS's APIs act with it.
"""

from __future__ import annotations

import contextvars
import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ministack.core.router import extract_access_key_id
from ministack.services import cloudformation

from . import credentials
from .credentials import CannotAssume, Credentials

SERVICE = "cloudformation.amazonaws.com"
_SESSION = "AWSCloudFormation"

# What starts an operation on a stack.
OPERATIONS = frozenset(
    {
        "CreateStack",
        "UpdateStack",
        "DeleteStack",
        "CreateChangeSet",
        "ExecuteChangeSet",
        "ContinueUpdateRollback",
        "RollbackStack",
    }
)
_STACK_ID = re.compile(rb"<StackId>([^<]+)</StackId>")

Response = tuple[int, dict[str, str], Any]


@dataclass(frozen=True)
class Deployer:
    """Who acts for the stack operation that runs: the caller, or the role in their place."""

    access_key: str
    role_arn: str | None

    def credentials(self) -> Credentials:
        """What the handlers of resource types sign with; raises `CannotAssume`."""
        if self.role_arn is None:
            return credentials.of_caller(self.access_key)
        return credentials.assume(self.role_arn, SERVICE, _SESSION)


# Set by the request; the operation's task and its worker threads inherit it.
CURRENT: contextvars.ContextVar[Deployer | None] = contextvars.ContextVar(
    "stack_deployer", default=None
)


def current() -> Credentials:
    """The credentials of the stack operation that runs; raises `CannotAssume`."""
    deployer = CURRENT.get()
    if deployer is None:
        raise CannotAssume("no stack operation runs here, so nobody's credentials count")
    return deployer.credentials()


class Deployers:
    """Remembers the service role of each stack."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._roles.clear()

    def role_of(self, stack_id: str) -> str | None:
        """The service role that the stack has."""
        return self._roles.get(stack_id)

    def begin(self, headers: dict[str, str], body: bytes) -> Response | None:
        """Note who deploys; the error when the role of the request cannot be assumed."""
        form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("Action") not in OPERATIONS:
            return None
        role = form.get("RoleARN") or self._roles.get(_stack_id(form.get("StackName", "")))
        deployer = Deployer(extract_access_key_id(headers), role)
        try:
            deployer.credentials()
        except CannotAssume:
            return _validation_error(f"Role {role} is invalid or cannot be assumed")
        CURRENT.set(deployer)
        return None

    def end(self, response: Response) -> None:
        """Remember the role for the stack that the request was about."""
        deployer = CURRENT.get()
        found = _STACK_ID.search(response[2]) if isinstance(response[2], bytes) else None
        if deployer is not None and deployer.role_arn and found and response[0] == 200:
            self._roles[found.group(1).decode()] = deployer.role_arn


def _stack_id(name: str) -> str:
    stack = cloudformation._stacks.get(name)
    return str(stack["StackId"]) if stack else name


def _validation_error(message: str) -> Response:
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error>'
        f"<Type>Sender</Type><Code>ValidationError</Code><Message>{html.escape(message)}</Message>"
        "</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return 400, {"Content-Type": "text/xml"}, body.encode()
