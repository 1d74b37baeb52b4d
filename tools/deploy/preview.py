"""What a deployment would do to a stack, read and compared without changing anything.

Not a change set: that is itself a change, and leaves a stack in REVIEW_IN_PROGRESS where there was
none. What is compared is what was given to the stack with what would be given to it now; what AWS
makes of a change, such as a replacement, only AWS knows.
"""

from collections.abc import Callable

from . import cloudformation
from .stacks import load_template


def preview(
    client, name: str, template: str, parameters: dict[str, str], say: Callable[[str], None]
) -> bool:
    """Says what `cloudformation.deploy` would do with the same arguments. Whether anything."""
    cloudformation.require_fitting(name, template, parameters)
    wanted = load_template(template)
    before = cloudformation.status(client, name)
    if before == "ROLLBACK_COMPLETE":
        say(f"{name}: an earlier creation failed; what is left of it would be removed")
        before = None
    cloudformation.require_steady(name, before)
    if before in (None, "REVIEW_IN_PROGRESS"):
        say(f"{name}: would be created")
        for line in _resources({}, wanted["Resources"]):
            say(f"  {line}")
        return True

    deployed = client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    # The SDK reads a template that is JSON.
    there = load_template(deployed) if isinstance(deployed, str) else deployed
    values = _values(client, name, wanted, parameters)
    if there == wanted and not values:
        say(f"{name}: unchanged")
        return False
    say(f"{name}: would be updated")
    resources = _resources(there["Resources"], wanted["Resources"])
    for line in values + resources:
        say(f"  {line}")
    if not values + resources:
        say("  only descriptions, parameters or outputs of the template")
    return True


def _values(client, name: str, wanted: dict, parameters: dict[str, str]) -> list[str]:
    """One line for each value that would be another; a value not given is the default."""
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    before = {
        entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", [])
    }
    declared = wanted.get("Parameters", {})
    after = {key: str(about["Default"]) for key, about in declared.items() if "Default" in about}
    after |= parameters
    return [
        f"{key}: {_shown(before.get(key))} -> {_shown(after.get(key))}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _shown(value: str | None) -> str:
    return "none" if value is None else f"`{value}`"


def _resources(before: dict, after: dict) -> list[str]:
    """One line for each resource, with the signs of a deployment's own report."""
    lines = []
    for resource in [*after, *(gone for gone in before if gone not in after)]:
        old, new = before.get(resource), after.get(resource)
        if old == new:
            continue
        if new is None:
            sign = "kept" if old.get("DeletionPolicy", "Delete").startswith("Retain") else "-"
        else:
            sign = "+" if old is None else "~"
        about = new or old
        condition = f", if {about['Condition']}" if "Condition" in about else ""
        lines.append(f"{sign} {resource} ({about['Type']}{condition})")
    return lines
