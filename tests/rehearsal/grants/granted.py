"""Which permission of each role a rehearsal has shown to be needed: looks, compares, tells."""

import os
import tomllib
from pathlib import Path

from ..names import CENTRAL, HOME, MANAGEMENT, MEMBERS, ROOT
from . import grants

TABLE = ROOT / "docs" / "evidence" / "permission-checks.md"
REASONS = Path(__file__).with_name("unchecked.toml")
# Roles that no template of ours makes: people's, and those that AWS makes for its services.
_NOT_OURS = ("Administrator", "OrganizationAccountAccessRole", "stacksets-exec-", "AWSServiceRole")


class Granted:
    """What the roles are granted, and what of it was used."""

    def __init__(self, administrators, emulator):
        self._administrators = administrators
        self._emulator = emulator
        self._granted = set()

    def look(self):
        """Note what every role is granted: while the roles are there."""
        accounts = (MANAGEMENT, HOME, CENTRAL, next(iter(MEMBERS)))
        self._granted = grants.granted(
            role for account in accounts for role in self._roles(account)
        )

    def rows(self):
        """Every grant with what became of it, and what is wrong with them."""
        reasons = grants.read_reasons(tomllib.loads(REASONS.read_text()))
        rows = grants.rows(self._granted, self._emulator.permissions(), reasons)
        return rows, grants.problems(rows, reasons)

    def _roles(self, account):
        iam = self._administrators.client("iam", account)
        for page in iam.get_paginator("list_roles").paginate():
            for role in page["Roles"]:
                name = role["RoleName"]
                if name.startswith(_NOT_OURS):
                    continue
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                    found = iam.get_role_policy(RoleName=name, PolicyName=policy)
                    yield name, policy, found["PolicyDocument"]


def tell(granted, console):
    """Say what was found, compare it with the documentation (`UPDATE_EXPECT=1` writes that)."""
    rows, reported = granted.rows()
    checked = sum(row.state == grants.CHECKED for row in rows)
    roles = len({row.grant.role for row in rows})
    console.say(
        f"Permissions: {checked} of {len(rows)} actions of {roles} roles are needed here; "
        f"the others stand in {TABLE.relative_to(ROOT)} with the reason",
        "bold",
    )
    table = grants.table(rows)
    if os.environ.get("UPDATE_EXPECT"):
        TABLE.write_text(table)
    elif not TABLE.exists() or TABLE.read_text() != table:
        reported.append(
            f"{TABLE.relative_to(ROOT)} is not what was found: UPDATE_EXPECT=1 writes it anew"
        )
    for line in reported:
        console.say(f"   {line}")
    return not reported
