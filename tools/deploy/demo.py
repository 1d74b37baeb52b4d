"""Something small to back up, in an account of the target OUs, and how it goes again.

It is not the solution's: a table, a volume, a bucket and a file system, to see the first backup,
copy and restore with. Only its own stack, known by name and tag, is changed or removed.
"""

from collections.abc import Callable

from . import cloudformation
from .accounts import say_nothing_was_done
from .preview import preview
from .problem import Problem
from .removal import buckets
from .stacks import DEMO, TAG
from .targets import Targets

# By list price, which nobody has held against a bill: a gigabyte of gp3 at $0.08 a month.
PRICE = "costs less than a cent a day, its backups not more"
OBJECT = "demonstration.txt"


def deploy(
    session,
    targets: Targets,
    values: dict[str, str],
    apply: bool,
    say: Callable[[str], None],
    tags: list[dict] | None = None,
) -> None:
    """Makes the resources, or says what would be made. `tags` come on top of the solution's."""
    require_place(session, targets)
    client = session.client("cloudformation")
    _require_own(client)
    template = DEMO.template_path.read_text()
    say(f"{DEMO.name}: {PRICE}")
    if not apply:
        say_nothing_was_done(preview(client, DEMO.name, template, values, say), say)
        return
    cloudformation.deploy(client, DEMO.name, template, values, say, tags or [])
    bucket = cloudformation.output(client, DEMO.name, "BucketName")
    session.client("s3").put_object(Bucket=bucket, Key=OBJECT, Body=b"Something to restore.\n")
    for key in ("TableArn", "VolumeId", "BucketName", "FileSystemArn"):
        say(f"  {key}: {cloudformation.output(client, DEMO.name, key)}")
    say("the next run of the policy that their tag selects backs them up")


def remove(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """Removes the resources, or says that it would. Recovery points stay until they expire."""
    require_place(session, targets)
    client = session.client("cloudformation")
    _require_own(client)
    if cloudformation.status(client, DEMO.name) is None:
        say(f"{DEMO.name}: not there")
    elif not apply:
        say(f"would delete {DEMO.name}, and what is in its bucket")
        say("nothing was changed; add APPLY=1 to delete")
    else:
        bucket = cloudformation.output(client, DEMO.name, "BucketName")
        if bucket:
            buckets.empty(session.client("s3"), bucket, say)
        cloudformation.delete(client, DEMO.name, say)
    say("stays: recovery points and their copies in the vaults, which expire as planned")


def is_there(session) -> bool:
    """Whether there is a stack of this name, whoever made it."""
    return cloudformation.status(session.client("cloudformation"), DEMO.name) is not None


def require_place(session, targets: Targets) -> None:
    """Stops in an account or Region where nothing is backed up."""
    account = session.client("sts").get_caller_identity()["Account"]
    kinds = {
        targets.management_account: "management",
        targets.home_account: "home",
        targets.central_account: "central",
    }
    if account in kinds:
        raise Problem(
            f"account {account}",
            f"it is the {kinds[account]} account",
            "use a profile of an account of the target OUs: PROFILE=NAME",
        )
    if session.region_name not in targets.regions:
        raise Problem(
            f"Region `{session.region_name}`",
            "nothing is backed up there",
            f"add REGION= with one of {', '.join(targets.regions)}",
        )


def _require_own(client) -> None:
    """A stack of this name that somebody else made is left alone."""
    if cloudformation.status(client, DEMO.name) is None:
        return
    if TAG not in client.describe_stacks(StackName=DEMO.name)["Stacks"][0].get("Tags", []):
        raise Problem(
            f"stack `{DEMO.name}`",
            f"it does not carry the tag {TAG['Key']} of this solution's stacks",
            "it is somebody else's; use another account or Region",
        )
