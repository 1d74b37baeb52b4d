"""Which requests hand a role on to a service, and to which one: what iam:PassRole is asked for.

IAM's guide, "Grant a user permissions to pass a role to an AWS service": who gives a
service a role needs iam:PassRole on it, with iam:PassedToService. Which operations do that
is in the service authorization reference, as a dependent action; the table names the place
of the role in the request after the services' API models.

Not here: a stack's service role, which `deployers` asks for with CloudFormation's own answers;
what a stack's template passes on, which is asked for where CloudFormation makes the resource;
and the role of a pipeline's action, which is not passed but assumed through the pipeline's role
(CodePipeline's API reference, `ActionDeclaration`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..gate import GATE, Denial
from ..needs import Need
from ..principals import ROOT, Principal
from .http import Asked


@dataclass(frozen=True)
class Passing:
    """Where a request has the role, and who gets it.

    ``path`` are the names down to the role, `[]` for each entry of a list; the first
    letter's case does not count, as services differ in it. ``says_so`` is whether the service,
    as it is emulated, answers a role that it cannot assume with an error of its own.
    """

    path: str
    service: str
    says_so: bool = False


_BACKUP = Passing("IamRoleArn", "backup.amazonaws.com")
_BUILD = Passing("serviceRole", "codebuild.amazonaws.com")
_EVENTS = "events.amazonaws.com"
_FUNCTION = Passing("Role", "lambda.amazonaws.com")
_PIPELINE = Passing("pipeline.roleArn", "codepipeline.amazonaws.com", says_so=True)
_SCHEDULE = Passing("Target.RoleArn", "scheduler.amazonaws.com")
# Looked at when the stack set is operated.
_STACK_SET = Passing("AdministrationRoleARN", "cloudformation.amazonaws.com", says_so=True)

# IAM's action -> the roles in its request.
TABLE: dict[str, tuple[Passing, ...]] = {
    "backup:CreateBackupSelection": (
        Passing("BackupSelection.IamRoleArn", "backup.amazonaws.com"),
    ),
    "backup:StartBackupJob": (_BACKUP,),
    "backup:StartCopyJob": (_BACKUP,),
    "backup:StartRestoreJob": (_BACKUP,),
    "cloudformation:CreateStackSet": (_STACK_SET,),
    "cloudformation:UpdateStackSet": (_STACK_SET,),
    "codebuild:CreateProject": (_BUILD,),
    "codebuild:StartBuild": (Passing("serviceRoleOverride", "codebuild.amazonaws.com"),),
    "codebuild:UpdateProject": (_BUILD,),
    "codepipeline:CreatePipeline": (_PIPELINE,),
    "codepipeline:UpdatePipeline": (_PIPELINE,),
    "eks:CreateCluster": (Passing("roleArn", "eks.amazonaws.com"),),
    "events:PutRule": (Passing("RoleArn", _EVENTS),),
    "events:PutTargets": (Passing("Targets[].RoleArn", _EVENTS),),
    "lambda:CreateFunction": (_FUNCTION,),
    "lambda:UpdateFunctionConfiguration": (_FUNCTION,),
    "scheduler:CreateSchedule": (_SCHEDULE,),
    "scheduler:UpdateSchedule": (_SCHEDULE,),
}


# Services whose requests name roles and pass none: IAM's and STS's own, CloudFormation as above.
_PASS_NOTHING = ("cloudformation:", "iam:", "sts:")
_ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")


def refused(asked: Asked, action: str, principal: Principal) -> Denial | None:
    """Why a request may not pass a role on: iam:PassRole, the role, or its trust in the service."""
    via = f"call {action}"
    if principal.kind != ROOT and (forgotten := _forgotten(action, asked.members)):
        need = Need("iam:PassRole", forgotten)
        reason = f"unmapped: nobody here knows to which service {action} passes the role"
        return GATE.refuse(principal, need, via, reason)
    for role, passing in _passed(action, asked):
        if passing.says_so:
            need = Need("iam:PassRole", role, {"iam:passedtoservice": passing.service})
            denial = GATE.check(principal, [need], via)
        else:
            denial = GATE.check_pass_role(principal, role, passing.service, via)
        if denial is not None:
            return denial
    return None


def needs_of_passed_roles(action: str, asked: Asked) -> list[tuple[str, str]]:
    """The roles that a request passes: (the role's ARN, the service's principal)."""
    return [(role, passing.service) for role, passing in _passed(action, asked)]


def _passed(action: str, asked: Asked) -> list[tuple[str, Passing]]:
    found = [
        (role, passing)
        for passing in TABLE.get(action, ())
        for role in _values(asked.members, passing.path.split("."))
    ]
    return list(dict.fromkeys(found))


def _forgotten(action: str, members: Any) -> str:
    """A role in a request of which the table knows nothing; empty when there is none."""
    if action in TABLE or action.startswith(_PASS_NOTHING):
        return ""
    return next(_roles("", members), "")


def _roles(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _roles(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _roles(name, inner)
    elif isinstance(value, str) and "role" in name.lower() and _ROLE.fullmatch(value):
        yield value


def _values(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        # A parameter of a form is a list.
        found = value[0] if isinstance(value, list) and value else value
        if isinstance(found, str) and found:
            yield found
        return
    if not isinstance(value, dict):
        return
    name = path[0].removesuffix("[]")
    inner = next((value[key] for key in value if _same(key, name)), None)
    if path[0].endswith("[]"):
        for entry in inner if isinstance(inner, list) else []:
            yield from _values(entry, path[1:])
    else:
        yield from _values(inner, path[1:])


def _same(key: str, name: str) -> bool:
    return key[:1].lower() + key[1:] == name[:1].lower() + name[1:]
