"""The fixed organization that every test and the demo start from, and another one beside it."""

from __future__ import annotations

from dataclasses import dataclass

ORGANIZATION_ID = "o-rehearsal01"
ROOT_ID = "r-reh1"

MANAGEMENT = "111111111111"
HOME = "222222222222"
CENTRAL = "333333333333"

# The account of a caller whose credentials name no account. It belongs to no
# organization, so a forgotten credential fails loudly instead of acting as root.
NOBODY = "000000000000"

OU_WORKLOADS = "ou-reh1-workloads"
OU_PRODUCTION = "ou-reh1-production"
OU_SANDBOXES = "ou-reh1-sandboxes"
OU_PLATFORMS = "ou-reh1-platforms"
OU_SECURITY = "ou-reh1-security"

# Every member trusts the management account through this role, as on AWS.
ACCESS_ROLE = "OrganizationAccountAccessRole"


@dataclass(frozen=True)
class Unit:
    """An organizational unit."""

    id: str
    name: str
    parent: str


@dataclass(frozen=True)
class Account:
    """An account of the organization."""

    id: str
    name: str
    parent: str
    is_suspended: bool = False

    @property
    def email(self) -> str:
        """The root address of the account; `.example` is never routed."""
        return f"{self.name}@rehearsal.example"


UNITS: tuple[Unit, ...] = (
    Unit(OU_WORKLOADS, "workloads", ROOT_ID),
    Unit(OU_PRODUCTION, "production", OU_WORKLOADS),
    Unit(OU_SANDBOXES, "sandboxes", ROOT_ID),
    Unit(OU_PLATFORMS, "platforms", ROOT_ID),
    Unit(OU_SECURITY, "security", ROOT_ID),
)

ACCOUNTS: tuple[Account, ...] = (
    Account(MANAGEMENT, "management", ROOT_ID),
    Account(HOME, "home", OU_PLATFORMS),
    Account(CENTRAL, "central", OU_SECURITY),
    Account("444444444441", "member-1", OU_WORKLOADS),
    Account("444444444442", "member-2", OU_PRODUCTION),
    Account("444444444443", "member-3", OU_PRODUCTION),
    Account("444444444444", "member-4", OU_SANDBOXES),
)


@dataclass(frozen=True)
class Landscape:
    """An organization as it is at the start."""

    organization_id: str
    root_id: str
    management: str
    units: tuple[Unit, ...]
    accounts: tuple[Account, ...]

    @property
    def arn(self) -> str:
        """What the ARN of everything in the organization begins with."""
        return f"arn:aws:organizations::{self.management}"


REHEARSAL = Landscape(ORGANIZATION_ID, ROOT_ID, MANAGEMENT, UNITS, ACCOUNTS)

# Somebody else's: to move to, and to stay out of.
OTHER = Landscape(
    "o-rehearsal02",
    "r-reh2",
    "555555555551",
    (Unit("ou-reh2-workloads", "workloads", "r-reh2"),),
    (
        Account("555555555551", "other-management", "r-reh2"),
        Account("555555555552", "other-member", "ou-reh2-workloads"),
    ),
)
