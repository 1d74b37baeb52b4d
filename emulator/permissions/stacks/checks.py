"""CloudFormation acts with permissions: the base's handlers of resources, each after its check.

Who is checked is the stack's service role or, without one, who called CloudFormation. All that a
handler will demand is checked before it does anything, where AWS refuses in the middle and has
the beginning undone by the rollback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, secretsmanager, ssm
from ministack.services.cloudformation import provisioners, stacks

from ...base import patches
from ...cloudformation import deployers
from ..gate import GATE, Denial
from ..needs import Need, Unmapped
from ..principals import Principal
from . import reads as stack_reads
from . import types as stack_types
from .types.resource import CREATE, DELETE, UPDATE, Passed, Resource, entries

Handle = Callable[..., Any]

_CLOUDFORMATION = "ministack.services.cloudformation"

# How CloudFormation writes the service in a handler's message where that is not its IAM prefix
# with a capital; taken from events that people quote, not from a documentation.
_SERVICES = {
    "cloudwatch": "CloudWatch",
    "codebuild": "CodeBuild",
    "codecommit": "CodeCommit",
    "codepipeline": "CodePipeline",
    "events": "EventBridge",
    "logs": "CloudWatchLogs",
}


def install() -> Handle:
    """Put the checks into the base; the deletion with its check, which has one more wrapping."""
    checks = StackChecks(
        stacks._provision_resource,
        stacks._update_resource,
        stacks._delete_resource,
        provisioners._import_resource,
    )
    patches.replace(f"{_CLOUDFORMATION}.stacks", "_provision_resource", checks.create)
    patches.replace(f"{_CLOUDFORMATION}.stacks", "_update_resource", checks.update)
    patches.replace(f"{_CLOUDFORMATION}.provisioners", "_import_resource", checks.take_over)
    # Deletions of what an update has replaced do not go through the stacks' own name for it.
    patches.replace(f"{_CLOUDFORMATION}.provisioners", "_delete_resource", checks.delete)
    patches.replace(
        "ministack.services.ssm",
        "resolve_parameter_value",
        stack_reads.checking_parameters(ssm.resolve_parameter_value, deployers.principal),
    )
    patches.replace(
        "ministack.services.secretsmanager",
        "resolve_secret_string",
        stack_reads.checking_secrets(secretsmanager.resolve_secret_string, deployers.principal),
    )
    return checks.delete


class Refused(Exception):
    """The reason of the resource's event."""


class StackChecks:
    """Stands before the base's create, update, delete and import of a resource."""

    def __init__(self, create: Handle, update: Handle, delete: Handle, take_over: Handle) -> None:
        self._create = create
        self._update = update
        self._delete = delete
        self._take_over = take_over
        # (stack's id, logical id) -> the stack's tags when the resource was last written, for
        # the types to which the base does not hand them.
        self._stack_tags: dict[tuple[str, str], dict[str, str]] = {}

    def create(self, kind: str, logical_id: str, props: Any, stack_name: str) -> Any:
        """Stands in for the base's `_provision_resource`."""
        _check(_created(kind, logical_id, props, stack_name))
        made = self._create(kind, logical_id, props, stack_name)
        self._stack_tags[_id_of_stack(stack_name), logical_id] = _tags_of_stack(stack_name)
        return made

    def update(
        self,
        kind: str,
        physical_id: str,
        old: Any,
        new: Any,
        stack_name: str,
        logical_id: str | None = None,
        old_attributes: Any = None,
    ) -> Any:
        """Stands in for the base's `_update_resource`: a replacement is a creation."""
        key = (_id_of_stack(stack_name), logical_id or physical_id)
        tags = _tags_of_stack(stack_name)
        before = self._stack_tags.get(key, tags)
        retagged = before != tags and stack_types.has_tags(kind)
        refused = provisioners._custom_named_replacement_error(kind, old, new)
        if provisioners._replacing_change(kind, old, new) and not refused:
            _check(_created(kind, key[1], new, stack_name))
        elif (old != new or retagged) and not refused:
            _check(_resource(kind, UPDATE, physical_id, new, stack_name, old, before))
        done = self._update(kind, physical_id, old, new, stack_name, logical_id, old_attributes)
        self._stack_tags[key] = tags
        return done

    def delete(
        self,
        kind: str,
        physical_id: str,
        props: Any,
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        """Stands in for the base's `_delete_resource`."""
        _check(_resource(kind, DELETE, physical_id, props, stack_name))
        self._delete(kind, physical_id, props, stack_name, logical_id)

    def take_over(self, kind: str, identifier: Any) -> Any:
        """Stands in for the base's `_import_resource`: an update that changes nothing.

        CloudFormation reads the resource, and then updates it for the stack's tags.
        """
        name = str(next(iter(identifier.values())))
        _check(_resource(kind, UPDATE, name, identifier, None, identifier))
        return self._take_over(kind, identifier)


def _created(kind: str, logical_id: str, props: Any, stack_name: str) -> Resource:
    # A name like the one that will be made up, or where AWS gives an id.
    suffix = "0123456789ABC"
    name = f"{stack_name}-{logical_id}-"[: stack_types.NAMES.get(kind, 128) - len(suffix)] + suffix
    name = name.lower() if kind == "AWS::S3::Bucket" else name
    return _resource(kind, CREATE, name, props, stack_name)


def _resource(
    kind: str,
    operation: str,
    physical_id: str,
    props: Mapping[str, Any],
    stack_name: str | None,
    previous: Mapping[str, Any] | None = None,
    previous_stack_tags: Mapping[str, str] | None = None,
) -> Resource:
    account = get_account_id()
    organization = GATE.organization_of(account)
    tags, rest = _without_tags(kind, props)
    previous_tags, previous_rest = _without_tags(kind, previous or {})
    if kind not in provisioners._STACK_TAG_PROPERTY:
        # The base hands the stack's tags to the types of that table only.
        tags = {**_tags_of_stack(stack_name), **tags}
        previous_tags = {**(previous_stack_tags or {}), **previous_tags}
    return Resource(
        kind,
        operation,
        physical_id,
        rest,
        account,
        get_region(),
        previous=previous_rest,
        tags=tags,
        previous_tags=previous_tags,
        organization=organization.landscape.organization_id if organization else "",
        management=organization.landscape.management if organization else "",
    )


def _id_of_stack(stack_name: str) -> str:
    stack = cloudformation._stacks.get(stack_name)
    return str(stack["StackId"]) if stack else ""


def _tags_of_stack(stack_name: str | None) -> dict[str, str]:
    stack = cloudformation._stacks.get(stack_name) if stack_name else None
    return _tags((stack or {}).get("Tags"))


def _without_tags(kind: str, props: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The tags that a person gave, and the other properties."""
    named = provisioners._STACK_TAG_PROPERTY.get(kind, ("Tags", "list"))[0]
    rest = {name: value for name, value in props.items() if name != named}
    return _tags(props.get(named)), rest


def _tags(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        found = {str(key): str(text) for key, text in value.items()}
    else:
        found = {
            str(tag["Key"]): str(tag.get("Value", ""))
            for tag in entries(value)
            if isinstance(tag, Mapping) and "Key" in tag
        }
    return {key: text for key, text in found.items() if not key.startswith("aws:")}


def _check(resource: Resource) -> None:
    """Raise `Refused` unless who deploys may do all that this takes."""
    principal = deployers.principal()
    via = f"CloudFormation {resource.type} {resource.operation}"
    try:
        demands = stack_types.demands(resource)
    except Unmapped as error:
        need = Need(f"cloudformation:{resource.operation}", resource.type)
        raise Refused(
            str(GATE.refuse(principal, need, via, f"unmapped: {error}").message)
        ) from None
    for demand in demands:
        denial = _denied(principal, demand, via)
        if denial is not None:
            raise Refused(_message(denial, resource))


def _denied(principal: Principal, demand: Need | Passed, via: str) -> Denial | None:
    if isinstance(demand, Passed):
        return GATE.check_pass_role(principal, demand.role_arn, demand.service, via)
    return GATE.check(principal, [demand], via)


def _message(denial: Denial, resource: Resource) -> str:
    text, prefix = denial.message, denial.action.partition(":")[0]
    if resource.type == "AWS::Lambda::Function" and prefix == "s3":
        # Lambda answers for what S3 did not let it have.
        prefix = "lambda"
        text = (
            "Your access has been denied by S3, please make sure your request credentials have "
            f"permission to GetObject for {denial.resource.removeprefix('arn:aws:s3:::')}. "
            f"S3 Error Code: AccessDenied. S3 Error Message: {text}"
        )
    service = _SERVICES.get(prefix, prefix.capitalize())
    return (
        f'Resource handler returned message: "{text} (Service: {service}, '
        f'Status Code: 403)" (HandlerErrorCode: AccessDenied)'
    )
