"""An account joins, leaves, comes back and is taken over; then from outside the organization."""

from ..names import (
    HOME_REGION,
    MANAGEMENT,
    NEWCOMER,
    ORGANIZATION_ROOT,
    PRODUCTION,
    RehearsalFailed,
)
from .expectations import COMPLETE, KEPT
from .restores import Restores

# In the Region named here somebody deletes what the stack set left; its resources stay.
WITHOUT_A_STACK = "eu-west-1"
VAULTS = "aws-backup-member-accounts"
ROLES = "aws-backup-member-accounts-role"
FUNCTIONS = "aws-backup-tagonrestore"


class Membership:
    """What happens to the newcomer, and what it has afterwards in these Regions."""

    def __init__(self, emulator, administrators, commands, expectations, regions):
        self._emulator = emulator
        self._administrators = administrators
        self._commands = commands
        self._expectations = expectations
        self._regions = regions
        self.has_begun = False
        self._points = {}
        self._keys = {}

    def join(self):
        """A new account gets everything by itself, and is backed up."""
        self._emulator.join(NEWCOMER, "newcomer")
        self.has_begun = True
        self._move(ORGANIZATION_ROOT, PRODUCTION)
        self._expectations.settle(self._is_at_rest)
        self._expect(COMPLETE)
        for region in self._regions:
            restores = Restores(self._administrators, NEWCOMER, region)
            restores.back_up(restores.table("orders", {"backup": "daily"}))
            self._points[region] = restores.points()
            self._keys[region] = self._keys_in(region)

    def leave(self):
        """It keeps what holds backups, and the backups, not the function."""
        self._move(PRODUCTION, ORGANIZATION_ROOT)
        self._expectations.settle(lambda: not self._instances())
        self._expect(KEPT)
        self._expect_backups()

    def come_back(self):
        """What it kept is in the way of what it should get; one command takes it over."""
        self._delete_the_stack(WITHOUT_A_STACK)
        self._move(ORGANIZATION_ROOT, PRODUCTION)
        self._expectations.settle(self._is_at_rest)
        self._expect_in_the_way((ROLES, VAULTS))
        self.take_over()

    def come_back_from_outside(self):
        """Out of the organization's reach it keeps all its stacks, the function's too."""
        organizations = self._administrators.client("organizations", MANAGEMENT)
        organizations.remove_account_from_organization(AccountId=NEWCOMER)
        self._expectations.settle(lambda: not self._instances())
        self._expect(COMPLETE)
        self._expect_backups()
        self._emulator.join(NEWCOMER, "newcomer")
        self._move(ORGANIZATION_ROOT, PRODUCTION)
        self._expectations.settle(self._is_at_rest)
        self._expect_in_the_way((ROLES, VAULTS, FUNCTIONS))
        self.take_over()

    def take_over(self):
        """Say what would be done, do it, and find nothing left to do."""
        place = {"profile": "management", "region": HOME_REGION, "ACCOUNT": NEWCOMER}
        before = self._instances()
        if "nothing was changed" not in self._commands.make("adopt-account", **place):
            raise RehearsalFailed("adopt-account found nothing to take over")
        if self._instances() != before:
            raise RehearsalFailed("adopt-account without APPLY=1 changed stack instances")
        self._commands.make("adopt-account", **place, APPLY=1)
        self._expect(COMPLETE)
        self._expect_backups()
        bad = [row for row in self._instances() if row[3] != "CURRENT"]
        if bad:
            raise RehearsalFailed(f"stack instances are not current: {bad}")
        if "missing" in self._commands.make("adopt-account", **place):
            raise RehearsalFailed("adopt-account APPLY=1 left something to take over")

    def _move(self, source, destination):
        organizations = self._administrators.client("organizations", MANAGEMENT)
        organizations.move_account(
            AccountId=NEWCOMER, SourceParentId=source, DestinationParentId=destination
        )

    def _instances(self):
        return [row for row in self._expectations.instances() if row[1] == NEWCOMER]

    def _is_at_rest(self):
        """Whether all three stack sets have tried all they can."""
        found = self._instances()
        return {row[0] for row in found} == {ROLES, VAULTS, FUNCTIONS} and not any(
            row[5] in ("PENDING", "RUNNING") for row in found
        )

    def _expect(self, wanted):
        self._expectations.expect_holdings([NEWCOMER], self._regions, wanted)

    def _expect_in_the_way(self, names):
        """The stack sets' own attempts failed for what was kept, and changed nothing of it."""
        found = self._instances()
        if {row[0] for row in found if row[3] != "CURRENT"} != set(names):
            raise RehearsalFailed(
                f"other stack sets than {names} found something in the way: {found}"
            )
        for name, _, region, status, reason, _ in found:
            if name in names and (status != "OUTDATED" or "already exists" not in reason):
                raise RehearsalFailed(
                    f"{name} in {region} is {status}: {reason}, and should find what was kept "
                    "in its way"
                )
        self._expect(COMPLETE)
        self._expect_backups()
        self._expect_the_remedy()

    def _expect_the_remedy(self):
        """The check of the stack sets names the command that takes it over."""
        try:
            self._commands.make("verify-stack-sets", "home", HOME_REGION)
        except RehearsalFailed as error:
            if f"make adopt-account PROFILE=management REGION={HOME_REGION}" in str(error):
                return
            raise
        raise RehearsalFailed("verify-stack-sets found nothing in the way of the newcomer")

    def _expect_backups(self):
        """The recovery points are there, and the one key that decrypts them."""
        for region, points in self._points.items():
            found = Restores(self._administrators, NEWCOMER, region).points()
            if found != points:
                raise RehearsalFailed(f"{region} had the recovery points {points}, has {found}")
            if (keys := self._keys_in(region)) != self._keys[region]:
                raise RehearsalFailed(f"{region} had the keys {self._keys[region]}, has {keys}")

    def _keys_in(self, region):
        """The keys of the account that are not about to be deleted."""
        kms = self._administrators.client("kms", NEWCOMER, region)
        keys = [kms.describe_key(KeyId=key["KeyId"]) for key in kms.list_keys()["Keys"]]
        states = [(key["KeyMetadata"]["KeyId"], key["KeyMetadata"]["KeyState"]) for key in keys]
        return {key for key, state in states if state != "PendingDeletion"}

    def _delete_the_stack(self, region):
        """Somebody tidies up; what the template retains is then in no stack."""
        client = self._administrators.client("cloudformation", NEWCOMER, region)
        stacks = client.describe_stacks()["Stacks"]
        (stack,) = (s["StackId"] for s in stacks if s["StackName"].startswith(f"StackSet-{VAULTS}"))
        client.delete_stack(StackName=stack)
        self._expectations.settle(
            lambda: (
                client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
                == "DELETE_COMPLETE"
            )
        )
        self._expect_backups()
