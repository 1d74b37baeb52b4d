"""What CodePipeline accepts as a pipeline; everything else is `InvalidStructureException`."""

from __future__ import annotations

import re
from typing import Any

from ...wire import credentials
from ...wire.credentials import CannotAssume
from ...wire.errors import ApiError

SERVICE = "codepipeline.amazonaws.com"

# What this emulator runs: category and provider -> the configuration that must be there.
PROVIDERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Source", "CodeCommit"): ("RepositoryName", "BranchName"),
    ("Build", "CodeBuild"): ("ProjectName",),
    ("Test", "CodeBuild"): ("ProjectName",),
    ("Deploy", "CloudFormation"): ("ActionMode", "StackName"),
    ("Approval", "Manual"): (),
}
ACTION_MODES = ("CREATE_UPDATE", "REPLACE_ON_FAILURE", "DELETE_ONLY")

_NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")
# Members of a stage that would change how it runs.
_NOT_RUN = ("onFailure", "onSuccess", "beforeEntry")


def check(declaration: dict[str, Any]) -> None:
    """Raise unless this can be a pipeline that this emulator runs."""
    if not _NAME.fullmatch(str(declaration.get("name", ""))):
        raise ApiError("ValidationException", f"`{declaration.get('name')}` is no pipeline name")
    store = declaration.get("artifactStore")
    if not store or store.get("type") != "S3" or not store.get("location"):
        raise _invalid("Pipeline should have an artifactStore of type S3 with a location")
    stages = declaration.get("stages") or []
    if len(stages) < 2:
        raise _invalid("Pipeline has only 1 stage(s). There should be a minimum of 2 stages")
    _check_names([stage.get("name") for stage in stages], "stage")
    made: set[str] = set()
    for number, stage in enumerate(stages):
        for member in _NOT_RUN:
            if stage.get(member):
                raise _invalid(f"the emulator does not run {member} of stage {stage['name']}")
        actions = stage.get("actions") or []
        if not actions:
            raise _invalid(f"Stage {stage['name']} has no action")
        _check_names([action.get("name") for action in actions], f"action in {stage['name']}")
        for action in sorted(actions, key=order):
            _check_action(stage["name"], action, number == 0, made)
    if declaration.get("pipelineType", "V1") == "V1" and declaration.get("variables"):
        raise _invalid("Variables need a pipeline of type V2")
    if declaration.get("executionMode", "SUPERSEDED") != "SUPERSEDED":
        raise _invalid("the emulator runs pipelines in the mode SUPERSEDED only")
    try:
        credentials.assume(str(declaration.get("roleArn", "")), SERVICE, "check")
    except CannotAssume as error:
        raise _invalid(
            f"CodePipeline is not authorized to perform AssumeRole on role "
            f"{declaration.get('roleArn')}: {error}"
        ) from error


def order(action: dict[str, Any]) -> int:
    """The place of an action in its stage; those with the same run side by side."""
    return int(action.get("runOrder") or 1)


def _check_action(stage: str, action: dict[str, Any], is_first: bool, made: set[str]) -> None:
    kind = action.get("actionTypeId") or {}
    what = (str(kind.get("category")), str(kind.get("provider")))
    if is_first != (what[0] == "Source"):
        raise _invalid(
            f"Stage {stage}: the first stage contains source actions only, and no other any"
        )
    if what not in PROVIDERS or kind.get("owner") != "AWS":
        raise _invalid(
            f"ActionType (Category: '{what[0]}', Provider: '{what[1]}') of {action['name']} is not "
            "available: the emulator does not have it"
        )
    configuration = action.get("configuration") or {}
    missing = [key for key in PROVIDERS[what] if not configuration.get(key)]
    if missing:
        raise _invalid(
            f"Action configuration for action '{action['name']}' is missing required configuration "
            f"'{', '.join(missing)}'"
        )
    mode = configuration.get("ActionMode")
    if mode is not None and mode not in ACTION_MODES:
        raise _invalid(f"the emulator does not have the ActionMode {mode} of {action['name']}")
    for artifact in action.get("inputArtifacts") or []:
        if artifact["name"] not in made:
            raise _invalid(
                f"Input Artifact Bundle {artifact['name']} in action {action['name']} is not "
                "declared as Output Artifact Bundle in any of the preceding actions"
            )
    made.update(artifact["name"] for artifact in action.get("outputArtifacts") or [])


def _check_names(names: list[Any], what: str) -> None:
    for name in names:
        if not _NAME.fullmatch(str(name)):
            raise _invalid(f"`{name}` is no {what} name")
        if names.count(name) > 1:
            raise _invalid(f"The {what} name {name} is used more than once")


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidStructureException", message)
