"""An account joins a target OU and leaves it again, if one is given for it (`JOINER=ACCOUNT`)."""

from deploy.pipeline.stack_sets import UNDER_WAY, StackSet
from deploy.problem import Problem
from deploy.stacks import STACKS

from .deployed import instances, plans
from .outcome import Outcome, failed, held, missing, not_yet
from .scene import MANAGEMENT, Scene


def is_asked(scene: Scene) -> bool:
    return bool(scene.options.joiner or scene.state.part("joiner"))


def look_join(scene: Scene) -> Outcome:
    """Whether it has everything: a current stack of each stack set, and a plan."""
    known = scene.state.part("joiner")
    if known.get("left") or known.get("joined"):
        return held(*known["seen"])
    account = _account(scene)
    if not known:
        return missing(f"{account} is in {_parent(scene, account)}")
    if (parent := _parent(scene, account)) == known["from"]:
        return missing(f"{account} has not moved yet")
    if parent != known["to"]:
        return failed(f"{account} is in {parent}, where this run has not put it")
    rows = instances(scene, account)
    wanted = {
        StackSet.of(stack).name
        for stack in STACKS
        if stack.child and StackSet.of(stack).service_managed
    }
    seen = [f"{name} in {region}: {status}" for name, _, region, status, _, _ in rows]
    if {row[0] for row in rows} < wanted or any(row[4] in UNDER_WAY for row in rows):
        return not_yet(*seen)
    wrong = [f"{row[0]} in {row[2]}: {row[3]} {row[5]}" for row in rows if row[3] != "CURRENT"]
    if wrong:
        return failed("; ".join(wrong), *seen)
    found = plans(scene, account)
    if not found:
        return failed(f"the effective policy of {account} has no plan for the tag", *seen)
    known |= {"joined": True, "seen": [*seen, f"plans: {', '.join(found)}"]}
    return held(*known["seen"])


def join(scene: Scene) -> None:
    """Moves the account into the first target OU, and remembers where it was."""
    account, to = _account(scene), scene.targets.units[0]
    known = scene.state.part("joiner")
    if not known:
        origin = _parent(scene, account)
        if origin in scene.targets.units or instances(scene, account):
            raise Problem(
                f"account {account}", "it is in a target OU already", "name another as JOINER"
            )
        known |= {"account": account, "from": origin, "to": to}
        scene.state.save()
    _move(scene, account, known["to"])


def look_leave(scene: Scene) -> Outcome:
    """Whether it is where it was, and the stack sets have let go of it."""
    known = scene.state.part("joiner")
    account = known["account"]
    if _parent(scene, account) != known["from"]:
        return missing(f"{account} is in {known['to']}")
    if left := instances(scene, account):
        return not_yet(*(f"{row[0]} in {row[2]}: {row[4]}" for row in left))
    known["left"] = True
    return held(f"{account} is back; what holds backups stays there, as the guide says")


def leave(scene: Scene) -> None:
    """Moves the account back, from where the run has put it and from nowhere else."""
    known = scene.state.part("joiner")
    parent = _parent(scene, known["account"])
    if parent not in (known["to"], known["from"]):
        raise Problem(
            f"account {known['account']}",
            f"it is in {parent}, where this run has not put it",
            f"move it into {known['from']} yourself, if it belongs there",
        )
    _move(scene, known["account"], known["from"])


def _account(scene: Scene) -> str:
    known = scene.state.part("joiner").get("account")
    if known and scene.options.joiner not in ("", known):
        raise Problem(
            f"JOINER={scene.options.joiner}",
            f"this run has begun with {known}",
            "name that one, or undo the run first",
        )
    return known or scene.options.joiner


def _parent(scene: Scene, account: str) -> str:
    found = scene.client(MANAGEMENT, "organizations").list_parents(ChildId=account)
    return found["Parents"][0]["Id"]


def _move(scene: Scene, account: str, to: str) -> None:
    origin = _parent(scene, account)
    if origin != to:
        scene.client(MANAGEMENT, "organizations").move_account(
            AccountId=account, SourceParentId=origin, DestinationParentId=to
        )
