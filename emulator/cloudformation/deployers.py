"""Who deploys a stack: its service role (RoleARN), else who called CloudFormation.

The base ignores RoleARN. Here who calls must be allowed to pass the role, the role must
exist and trust CloudFormation, and stays with the stack: without a look at who calls later
(user guide, "CloudFormation service role"). Every resource is made, changed and deleted with
the permissions of the deployer.
"""

from __future__ import annotations

import contextvars
import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import cloudformation

from ..permissions import principals
from ..permissions.gate import GATE, Denial
from ..permissions.principals import Principal
from ..permissions.stacks import reads as stack_reads
from ..wire import credentials
from ..wire.credentials import CannotAssume, Credentials
from ..wire.native import BASE
from ..wire.place import here

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

    def principal(self) -> Principal:
        """Whose permissions count."""
        if self.role_arn is None:
            return principals.of_access_key(self.access_key, get_account_id())
        return principals.of_role(self.role_arn, _SESSION)


# Set by the request; the operation's task and its worker threads inherit it.
CURRENT: contextvars.ContextVar[Deployer | None] = contextvars.ContextVar(
    "stack_deployer", default=None
)


def current() -> Credentials:
    """The credentials of the stack operation that runs; raises `CannotAssume`."""
    return _deployer().credentials()


def principal() -> Principal:
    """Whose permissions count for the stack operation that runs; raises `CannotAssume`."""
    return _deployer().principal()


def _deployer() -> Deployer:
    deployer = CURRENT.get()
    if deployer is None:
        raise CannotAssume("no stack operation runs here, so nobody's credentials count")
    return deployer


class Deployers:
    """Remembers the service role of each stack."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._roles.clear()

    def begin(self, headers: dict[str, str], body: bytes) -> Response | None:
        """Note who deploys; the error when they may not, or the role cannot be assumed."""
        form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        role = form.get("RoleARN") or self._roles.get(_stack_of(form))
        caller = principals.of_access_key(extract_access_key_id(headers), get_account_id())
        for member in ("TemplateURL", "StackPolicyURL"):
            if stack_reads.document_refused(caller, form.get(member, "")):
                return _error("ValidationError", "S3 error: Access Denied")
        if form.get("Action") in OPERATIONS and form.get("RoleARN"):
            denial = GATE.check_pass_role(caller, form["RoleARN"], SERVICE, "call")
            if denial is not None:
                return _cannot_pass(denial, form["RoleARN"])
        deployer = Deployer(extract_access_key_id(headers), role)
        if form.get("Action") in OPERATIONS:
            try:
                deployer.credentials()
            except CannotAssume:
                return _cannot_assume(role)
        CURRENT.set(deployer)
        return None

    def end(self, response: Response) -> None:
        """Remember the role for the stack that the request was about."""
        deployer = CURRENT.get()
        found = _STACK_ID.search(response[2]) if isinstance(response[2], bytes) else None
        if deployer is not None and deployer.role_arn and found and response[0] == 200:
            self._roles[found.group(1).decode()] = deployer.role_arn


def _stack_of(form: dict[str, str]) -> str:
    """The id of the stack that a request means, by its name or by a change set's."""
    name = form.get("StackName", "")
    if not name and form.get("ChangeSetName"):
        named = form["ChangeSetName"]
        found = BASE.find(here(), "cloudformation", "DescribeChangeSet", ChangeSetName=named)
        name = found["StackId"] if found else ""
    stack = cloudformation._stacks.get(name)
    return str(stack["StackId"]) if stack else name


def _cannot_pass(denial: Denial, role: str) -> Response:
    if denial.action == "iam:PassRole":
        return _error("AccessDenied", denial.message, 403)
    return _cannot_assume(role)


def _cannot_assume(role: str | None) -> Response:
    return _error("ValidationError", f"Role {role} is invalid or cannot be assumed")


def _error(code: str, message: str, status: int = 400) -> Response:
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>{html.escape(message)}</Message>"
        "</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return status, {"Content-Type": "text/xml"}, body.encode()
