"""What every member account needs that no stack set can make: AWS Backup's service-linked role.

It is made from the management account, whose role in each account does it.
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from ..accounts import require_account, role_exists
from ..problem import Problem, aws_reason
from ..targets import Targets
from . import linked_role


def prepare(
    session,
    targets: Targets,
    enter: Callable[[str], object],
    apply: bool,
    say: Callable[[str], None],
) -> bool:
    """Look for it in every account of the targets, and make it with `apply`.

    `enter` makes a session in an account. Whether every account has it; a `Problem` at the end when
    some could not be looked at.
    """
    require_account(session, targets.management_account, "management")
    accounts = active(session.client("organizations"), targets)
    ready, failed = True, 0
    for account in accounts:
        try:
            member = enter(account)
            there = role_exists(member, linked_role.NAME)
            if not there and apply:
                linked_role.make(member.client("iam"))
        except (ClientError, Problem) as error:
            reason = aws_reason(error) if isinstance(error, ClientError) else error
            say(f"FAILED   {account}: {reason}")
            failed += 1
            continue
        ready &= there or apply
        state = "ok      " if there else "done    " if apply else "missing "
        say(f"{state} {linked_role.NAME} in {account}")
    if not ready:
        say("nothing was changed; add APPLY=1 to make what is missing")
    if failed:
        raise Problem(
            f"{failed} of {len(accounts)} accounts",
            "the role could not be looked for or made there",
            "the lines above name the reasons; correct them, then run this again",
        )
    return ready


def active(organizations, targets: Targets) -> list[str]:
    """The active accounts below the targets."""
    return sorted(entry["Id"] for entry in below(organizations, targets) if is_active(entry))


def below(organizations, targets: Targets) -> list[dict]:
    """The accounts below the targets; the management account is none that backs up."""
    found: dict[str, dict] = {}
    parents = list(targets.units)
    for parent in parents:
        pages = organizations.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
        for page in pages:
            found |= {entry["Id"]: entry for entry in page["Accounts"]}
        units = organizations.get_paginator("list_organizational_units_for_parent")
        for page in units.paginate(ParentId=parent):
            parents += [entry["Id"] for entry in page["OrganizationalUnits"]]
    found.pop(targets.management_account, None)
    return [found[account] for account in sorted(found)]


def is_active(account: dict) -> bool:
    """Whether an account is neither suspended nor closed."""
    # AWS gives up Status on 9 September 2026.
    return account.get("State", account.get("Status")) == "ACTIVE"
