"""Removes what a run has made, and only that: what its state file names, and what bears its tag."""

from collections.abc import Callable

from botocore.exceptions import ClientError
from deploy import demo
from deploy.stacks import DEMO

from . import jobs, membership
from .resources import BY_SERVICE, is_ours, kind_of, resources
from .scene import MEMBER, TAG_KEY, Scene

GONE = ("NotFound", "NoSuchBucket", "FileSystemNotFound", "ResourceNotFoundException")


def undo(scene: Scene, apply: bool, say: Callable[[str], None]) -> bool:
    """Goes backwards through what was made. Whether nothing is left of it."""
    sign = "removed" if apply else "would remove"
    known = scene.state.part("joiner")
    if known and not known.get("left"):
        if apply:
            membership.leave(scene)
        say(f"{known['account']}: {'moved' if apply else 'would move'} back to {known['from']}")
    for arn in restored(scene):
        if not apply:
            say(f"{sign}  {arn}")
        elif _remove(scene, arn):
            say(f"{sign}  {arn}")
    ours = is_ours(scene)
    if ours and apply:
        demo.remove(scene.sessions[MEMBER], scene.targets, True, say)
    elif ours:
        say(f"{sign}  the stack {DEMO.name} and what is in its bucket")
    elif demo.is_there(scene.sessions[MEMBER]):
        say(f"stays: the stack {DEMO.name}, which this run did not make")
    for line in jobs.stays(scene):
        say(f"stays: {line}")
    if not apply:
        say("nothing was changed; add APPLY=1 to do this")
        return False
    if not under_way(scene):
        scene.state.forget()
        say(f"forgotten: {scene.state.file}")
        return True
    say("a restore is still under way: run this again when it has ended")
    return False


def under_way(scene: Scene) -> bool:
    """Whether a restore may still make something."""
    for known in scene.state.part("jobs").get("restore", {}).values():
        if known["state"] in jobs.WORKS:
            return True
    return False


def restored(scene: Scene) -> list[str]:
    """What restores have made: those of the state file, and what bears the run's tag besides."""
    known = scene.state.part("jobs").get("restore", {})
    for one in known.values():
        if one["state"] in jobs.WORKS:
            jobs.follow(jobs.RESTORE, scene, one)
    named = list(jobs.made_by(scene, "restore").values())
    return named + [arn for arn in _tagged(scene) if arn not in named]


def _tagged(scene: Scene) -> list[str]:
    """What bears the run's tag, but for the demonstration's stack and recovery points."""
    own = {one.arn for one in resources(scene)} if is_ours(scene) else set()
    pages = (
        scene.client(MEMBER, "resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(TagFilters=[{"Key": TAG_KEY, "Values": [scene.state.run]}])
    )
    found = [entry["ResourceARN"] for page in pages for entry in page["ResourceTagMappingList"]]
    return [arn for arn in found if arn not in own and is_restored(arn)]


def is_restored(arn: str) -> bool:
    """Whether it is of a kind that restores make here: no snapshot, backup or recovery point."""
    service, rest = arn.split(":")[2], arn.split(":", 5)[5]
    kinds = {"dynamodb": "table/", "ec2": "volume/", "elasticfilesystem": "file-system/", "s3": ""}
    return service in BY_SERVICE and rest.startswith(kinds[service]) and "/backup/" not in rest


def _remove(scene: Scene, arn: str) -> bool:
    """Removes one. Whether it was there."""
    try:
        kind_of(arn).remove(scene, arn)
    except ClientError as error:
        if any(word in error.response["Error"]["Code"] for word in GONE):
            return False
        raise
    return True
