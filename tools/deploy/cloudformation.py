"""Creates, updates and deletes one stack, waits for it, and says what changed."""

import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from .problem import Problem, aws_reason
from .stacks import TAG, load_template

# CreateStack and UpdateStack take no larger template in the request itself.
TEMPLATE_BODY_LIMIT = 51_200
POLL_SECONDS = 5
NO_UPDATES = "No updates are to be performed"


def status(client, name: str) -> str | None:
    """The stack's status, or nothing when there is no such stack."""
    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
    found = stack["StackStatus"]
    return None if found == "DELETE_COMPLETE" else found


def is_there(client, name: str) -> bool:
    """Whether a creation of the stack has succeeded; a failed one leaves an empty stack behind."""
    return status(client, name) not in (None, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")


def output(client, name: str, key: str) -> str | None:
    """One output of a stack."""
    for entry in client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", []):
        if entry["OutputKey"] == key:
            return entry["OutputValue"]
    return None


def deploy(
    client,
    name: str,
    template: str,
    parameters: dict[str, str],
    say: Callable[[str], None],
    tags: list[dict] | None = None,
) -> bool:
    """Brings the stack to this template and these parameters. Whether anything changed.

    `tags` come on top of the one that every stack bears.
    """
    require_fitting(name, template, parameters)
    before = status(client, name)
    if clear(client, name, say):
        before = None
    require_steady(name, before)

    request = {
        "StackName": name,
        "TemplateBody": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in sorted(parameters.items())
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": [TAG, *(tags or [])],
    }
    seen = {event["EventId"] for event in _events(client, name)} if before else set()
    try:
        if before in (None, "REVIEW_IN_PROGRESS"):
            client.create_stack(**request)
        else:
            client.update_stack(**request)
    except ClientError as error:
        if NO_UPDATES in error.response["Error"].get("Message", ""):
            say(f"{name}: unchanged")
            return False
        raise Problem(
            f"stack `{name}`", aws_reason(error), "correct it and run this again"
        ) from error

    after = wait(client, name)
    events = [event for event in _events(client, name) if event["EventId"] not in seen]
    if after not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        failed = [
            event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")
        ]
        first = failed[0] if failed else {}
        reason = " ".join(str(first.get("ResourceStatusReason", "no reason was given")).split())
        raise Problem(
            f"stack `{name}`",
            f"{after}, because of {first.get('LogicalResourceId', name)}: {reason}",
            "correct it and run this again",
        )
    say(f"{name}: {'created' if after == 'CREATE_COMPLETE' else 'updated'}")
    for line in _changes(name, events):
        say(f"  {line}")
    return True


def require_fitting(name: str, template: str, parameters: dict[str, str]) -> None:
    """Stops at a template or values that CloudFormation would refuse."""
    size = len(template.encode())
    if size > TEMPLATE_BODY_LIMIT:
        raise Problem(
            f"template of `{name}`",
            f"{size} bytes, CloudFormation takes {TEMPLATE_BODY_LIMIT}",
            "split it",
        )
    declared = load_template(template).get("Parameters", {})
    unknown = sorted(set(parameters) - set(declared))
    if unknown:
        raise Problem(
            f"parameters of `{name}`",
            f"the template has no {', '.join(unknown)}",
            "correct its parameter file",
        )


def require_steady(name: str, before: str | None) -> None:
    """Stops at a stack that takes no update in this state."""
    if before is None or before == "REVIEW_IN_PROGRESS":
        return
    if before.endswith("_IN_PROGRESS"):
        raise Problem(
            f"stack `{name}`", f"it is {before}", "wait until it has finished, then run this again"
        )
    if before.endswith("_FAILED"):
        raise Problem(
            f"stack `{name}`",
            f"it is {before}",
            "see the runbook in docs/deployment.md, troubleshooting",
        )


def clear(client, name: str, say: Callable[[str], None]) -> bool:
    """Removes the stack if its creation failed. Whether it did.

    Nothing is left in such a stack, no update is possible, and it can only be deleted.
    """
    if status(client, name) != "ROLLBACK_COMPLETE":
        return False
    say(f"{name}: an earlier creation failed; removing what is left of it")
    return delete(client, name, say)


def delete(client, name: str, say: Callable[[str], None]) -> bool:
    """Deletes the stack. Whether there was one."""
    if status(client, name) is None:
        say(f"{name}: not there")
        return False
    # By its id: once it is gone, its name finds nothing.
    stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    try:
        client.delete_stack(StackName=name)
    except ClientError as error:
        raise Problem(
            f"stack `{name}`", aws_reason(error), "correct it and run this again"
        ) from error
    after = wait(client, stack_id, gone="DELETE_COMPLETE")
    if after != "DELETE_COMPLETE":
        raise Problem(
            f"stack `{name}`",
            f"{after}, because of {_first_undeleted(name, _events(client, stack_id))}",
            "correct it and run this again",
        )
    say(f"{name}: deleted")
    return True


def wait(client, name: str, gone: str | None = None) -> str:
    """Waits for the end of an operation. CloudFormation itself bounds how long it takes."""
    pause = 0.1
    while True:
        try:
            found = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if gone and "does not exist" in error.response["Error"].get("Message", ""):
                return gone
            raise
        if not found.endswith("_IN_PROGRESS"):
            return found
        # Small stacks take a moment, others minutes.
        time.sleep(min(pause, POLL_SECONDS))
        pause *= 2


def planned(client, name: str, change_set: str) -> tuple[str, str]:
    """The end of a change set's creation, and its reason."""
    pause = 0.1
    while True:
        found = client.describe_change_set(StackName=name, ChangeSetName=change_set)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            return found["Status"], found.get("StatusReason", "no reason was given")
        time.sleep(min(pause, POLL_SECONDS))
        pause *= 2


def _events(client, name: str) -> list[dict]:
    """The stack's events, newest first."""
    pages = client.get_paginator("describe_stack_events").paginate(StackName=name)
    return [event for page in pages for event in page["StackEvents"]]


def _first_undeleted(name: str, events: list[dict]) -> str:
    """What the newest deletion could not delete first, and why; the stack itself only names it."""
    first = None
    for event in events:
        if event["LogicalResourceId"] != name and event["ResourceStatus"] == "DELETE_FAILED":
            first = event
        elif event["LogicalResourceId"] == name and event["ResourceStatus"] == "DELETE_IN_PROGRESS":
            break
    reason = (first or {}).get("ResourceStatusReason", "no reason was given")
    return f"{(first or {}).get('LogicalResourceId', name)}: {' '.join(str(reason).split())}"


def _changes(name: str, events: list[dict]) -> list[str]:
    """One line for each resource that an operation made, changed or removed."""
    words = {
        "CREATE_COMPLETE": "+",
        "UPDATE_COMPLETE": "~",
        "DELETE_COMPLETE": "-",
        "DELETE_SKIPPED": "kept",
    }
    lines = []
    for event in reversed(events):
        word = words.get(event["ResourceStatus"])
        if word and event["LogicalResourceId"] != name:
            lines.append(f"{word} {event['LogicalResourceId']} ({event['ResourceType']})")
    return list(dict.fromkeys(lines))
