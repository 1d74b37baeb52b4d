"""Switches on AWS Backup's advanced backup of DynamoDB tables, per member account and Region.

Without it DynamoDB itself keeps the backups, and they cannot be copied to another account. AWS has
it on where AWS Backup was first used after November 2021. The setting counts in the account that
has the tables, and CloudFormation has no type for it. It changes what backups are, so it is
switched on only with APPLY=1, and never switched off.
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from ..accounts import require_account
from ..problem import Problem, aws_reason
from ..targets import Targets
from . import members

NAME = "advanced backup of DynamoDB"


def enable(
    session,
    targets: Targets,
    accounts: list[str],
    enter: Callable[[str], object],
    apply: bool,
    say: Callable[[str], None],
) -> bool:
    """Goes through the accounts, those of the target OUs if none is named, and the target Regions.

    `enter` makes a session in an account. A place that fails withholds nothing from the others.
    Whether the setting is on everywhere.
    """
    require_account(session, targets.management_account, "management")
    states = []
    for account in accounts or members.active(session.client("organizations"), targets):
        try:
            own = enter(account)
        except Problem as problem:
            say(f"FAILED   {NAME}, {problem}")
            states.append("FAILED")
            continue
        for region in targets.regions:
            try:
                state, reason = _look(own.client("backup", region_name=region), apply)
            except ClientError as error:
                state, reason = "FAILED", f": {aws_reason(error)}"
            say(f"{state:8} {NAME}, {account} in {region}{reason}")
            states.append(state)
    if "missing" in states:
        say("nothing was changed; read what it changes in docs/copies.md, then add APPLY=1")
    if failed := states.count("FAILED"):
        raise Problem(NAME, f"{failed} places failed", "see the reasons above, then run this again")
    return "missing" not in states


def _look(backup, apply: bool) -> tuple[str, str]:
    if is_on(backup):
        return "ok", ""
    if not apply:
        return "missing", ": switched off"
    backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": True})
    return ("done", "") if is_on(backup) else ("FAILED", ": still switched off")


def is_on(backup) -> bool:
    """Whether AWS Backup keeps the backups of tables in this account and Region."""
    preferences = backup.describe_region_settings().get("ResourceTypeManagementPreference", {})
    return preferences.get("DynamoDB", False)
