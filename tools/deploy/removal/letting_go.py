"""A stack lets go of what it holds: its resources are made to outlive it, then it is deleted.

What is kept is not changed itself, so nobody is called for it: a change set shows that before it is
executed. A run that was interrupted is simply repeated.
"""

import copy
import json
from collections.abc import Callable

import yaml
from botocore.exceptions import ClientError

from .. import cloudformation
from ..problem import Problem, aws_reason
from ..stacks import load_template

CHANGE_SET = "let-go"
# All that an update may change here.
ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy")
RETAIN = "Retain"

Kept = Callable[[dict], bool]


def template(client, name: str) -> dict:
    """A deployed stack's template as plain data."""
    body = _body(client, name)
    return load_template(body) if isinstance(body, str) else body


def kept(document: dict, is_kept: Kept) -> list[str]:
    """The logical ids of what is to outlive the stack."""
    return [key for key, resource in document["Resources"].items() if is_kept(resource)]


def outliving(body: str | dict, logical_ids: list[str]) -> str:
    """The same template with these resources outliving their stack; else as it was written."""
    if not isinstance(body, str):
        changed = copy.deepcopy(body)
        for key in logical_ids:
            changed["Resources"][key] |= dict.fromkeys(ATTRIBUTES, RETAIN)
        return json.dumps(changed)
    edits = []
    resources = _member(yaml.compose(body, yaml.SafeLoader), "Resources")
    for key in logical_ids:
        resource = _member(resources, key)
        for attribute in ATTRIBUTES:
            edits.append(_edit(resource, attribute))
    for begin, end, text in sorted(edits, reverse=True):
        body = body[:begin] + text + body[end:]
    return body


def _member(mapping: yaml.MappingNode, name: str) -> yaml.Node | None:
    return next((value for key, value in mapping.value if key.value == name), None)


def _edit(resource: yaml.MappingNode, attribute: str) -> tuple[int, int, str]:
    """Where the template's text is replaced, and by what, for one attribute of a resource."""
    if (there := _member(resource, attribute)) is not None:
        return there.start_mark.index, there.end_mark.index, RETAIN
    begin = resource.start_mark.index
    if resource.flow_style:
        return begin + 1, begin + 1, f'"{attribute}": "{RETAIN}", '
    return begin, begin, f"{attribute}: {RETAIN}\n{' ' * resource.start_mark.column}"


def _body(client, name: str) -> str | dict:
    """As it was written; the SDK reads a template that is JSON."""
    return client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]


def let_go(client, name: str, is_kept: Kept, say: Callable[[str], None]) -> None:
    """Deletes the stack; what is kept stays as it is, in no stack."""
    keep(client, name, is_kept, say)
    cloudformation.delete(client, name, say)


def keep(client, name: str, is_kept: Kept, say: Callable[[str], None]) -> None:
    """Makes what is kept outlive the stack, and looks whether it now would."""
    document = template(client, name)
    logical_ids = kept(document, is_kept)
    if not _outlives(document, logical_ids):
        _update(client, name, outliving(_body(client, name), logical_ids))
        document = template(client, name)
    for key in logical_ids:
        if not _outlives(document, [key]):
            raise Problem(
                f"stack `{name}`",
                f"{key} would go with it: CloudFormation did not take `DeletionPolicy: Retain`",
                "update the stack with it by hand, then run this again",
            )
    if logical_ids:
        say(f"{name}: {', '.join(logical_ids)} will outlive it")


def _outlives(document: dict, logical_ids: list[str]) -> bool:
    resources = document["Resources"]
    return all(resources[key].get(name) == RETAIN for key in logical_ids for name in ATTRIBUTES)


def _update(client, name: str, body: str) -> None:
    cloudformation.require_steady(name, cloudformation.status(client, name))
    _discard(client, name)
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    try:
        client.create_change_set(
            StackName=name,
            ChangeSetName=CHANGE_SET,
            ChangeSetType="UPDATE",
            TemplateBody=body,
            Parameters=[
                {"ParameterKey": entry["ParameterKey"], "UsePreviousValue": True}
                for entry in stack.get("Parameters", [])
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    except ClientError as error:
        raise Problem(f"stack `{name}`", aws_reason(error), "correct it, try again") from error
    status, reason = cloudformation.planned(client, name, CHANGE_SET)
    if status != "CREATE_COMPLETE":
        _discard(client, name)
        raise Problem(f"stack `{name}`", f"{status}: {reason}", "correct it, try again")
    if besides := _besides(client, name):
        _discard(client, name)
        raise Problem(
            f"stack `{name}`",
            f"an update would change {', '.join(besides)} itself: something that the stack reads, "
            "such as an SSM parameter, is no longer what it was",
            "put that back as it was when the stack was last deployed, then run this again",
        )
    client.execute_change_set(StackName=name, ChangeSetName=CHANGE_SET)
    after = cloudformation.wait(client, name)
    if after != "UPDATE_COMPLETE":
        raise Problem(f"stack `{name}`", f"it is {after}", "its events say why; then try again")


def _besides(client, name: str) -> list[str]:
    """What a change set would change beyond how long something lives."""
    found, request = [], {"StackName": name, "ChangeSetName": CHANGE_SET}
    while True:
        page = client.describe_change_set(**request)
        for change in page["Changes"]:
            about = change["ResourceChange"]
            if about["Action"] != "Modify" or not all(map(_is_harmless, about["Details"])):
                found.append(about["LogicalResourceId"])
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]


def _is_harmless(detail: dict) -> bool:
    """A reference to what is changed here has the same value afterwards, and changes nothing."""
    refers = detail.get("ChangeSource") in ("ResourceAttribute", "ResourceReference")
    return detail["Target"]["Attribute"] in ATTRIBUTES or (
        refers and detail["Evaluation"] == "Dynamic"
    )


def _discard(client, name: str) -> None:
    """The change set of this attempt, or of one that was interrupted."""
    try:
        client.delete_change_set(StackName=name, ChangeSetName=CHANGE_SET)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ChangeSetNotFound":
            raise
