"""The stages of the rehearsal, in the order of the deployment guide."""

import fcntl
import os
from pathlib import Path

from kit.names import MEMBER, SECOND_MEMBER, THIRD_MEMBER

from ..grants.permissions import expect_no_denials
from ..names import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    LATER_REGION,
    LOCK_FILE,
    MAKE_PACKAGES,
    MANAGEMENT,
    MEMBERS,
    NEWCOMER,
    PACKAGES,
    PIPELINE,
    POLICY_FILE,
    ROOT,
    SANDBOXES,
    SETTLE_SECONDS,
    TARGETS_FILE,
    WORKLOADS,
    CannotRehearse,
    RehearsalFailed,
)
from .acceptance import Acceptance
from .copies import Copies
from .expectations import COMPLETE, NOTHING, ONLY_THE_ROLE
from .failed_restores import expect_reported
from .membership import VAULTS, Membership
from .restores import Restores
from .watching import Watching

FIRST = (MEMBER, SECOND_MEMBER, THIRD_MEMBER)
FIRST_REGIONS = (HOME_REGION, CENTRAL_REGION)
ALL_REGIONS = (*FIRST_REGIONS, LATER_REGION)

# What needs Ruby's or Rust's registries; the report lists each time that one was met.
NOT_RUN = ["^make install-rust$", "^make validate-online$"]
PREBUILT = ["^make test-", "^make package-"]


class Story:
    """What happens, and what has to be there afterwards."""

    def __init__(
        self, emulator, administrators, checkout, commands, watch, expectations, prebuilt, not_run
    ):
        self._emulator = emulator
        self.administrators = administrators
        self.checkout = checkout
        self._commands = commands
        self.watch = watch
        self.expectations = expectations
        self._prebuilt = prebuilt
        self._not_run = not_run
        self._lock = None
        # The commands with which a person pushes, once they have been printed.
        self._pushing = []
        # Whether builds find the sources of earlier runs; not when they may go on after us.
        self.keeps_sources = True
        # Whether commands are run without APPLY=1 too: before, and those that prepare afterwards.
        self.is_thorough = True
        self.membership = Membership(
            emulator, administrators, commands, expectations, FIRST_REGIONS
        )

    @property
    def commands(self):
        """Runs the guide's commands in the working copy."""
        return self._commands

    def stages(self):
        """(title, what to do)"""
        return (
            ("check the target values", self.check_targets),
            ("prepare the organization", self.prepare),
            ("deploy the central account", self.central),
            ("deploy the management account", self.management),
            ("deploy the home account", self.home),
            ("the first commit goes through the pipeline", self.first_commit),
            ("see what every account has", self.see_first),
            ("every kind is copied into the central account", self.copy),
            ("the checklist holds, over two days, and is undone", self.accept),
            ("an account joins an OU", self.membership.join),
            ("it leaves, and keeps its backups", self.membership.leave),
            ("it comes back, and is taken over", self.membership.come_back),
            ("an urgent change goes past the pipeline", self.urgent_change),
            ("a second commit: an OU, a Region, a retention, a lock", self.second_commit),
            ("see that only that changed, everywhere", self.see_second),
            ("restored resources get their tags", self.restore),
            ("a restore that fails is reported, wherever it is", self.report),
            ("what is wrong with backups is told once, in words", self.be_told),
            ("it leaves the organization, and comes back", self.membership.come_back_from_outside),
            ("remove the home account's stacks", self.destroy),
            ("remove the central account's stacks", self.destroy_central),
        )

    def check_targets(self):
        if "0 errors, 0 warnings" not in self._commands.make("targets-check"):
            raise RehearsalFailed("targets-check finds something wrong with the guide's values")
        self._commands.make("values-check")

    def prepare(self):
        everybody = (MANAGEMENT, HOME, CENTRAL, *MEMBERS, NEWCOMER)
        self._emulator.enable_region(LATER_REGION, *everybody)
        self._prepare("prepare-organization")

    def _prepare(self, target):
        """What is missing, that made, and nothing missing any more."""
        place = {"profile": "management", "region": HOME_REGION}
        if self.is_thorough and "nothing was changed" not in self._commands.make(target, **place):
            raise RehearsalFailed(f"{target} found nothing missing in a new organization")
        self._commands.make(target, **place, APPLY=1)
        if self.is_thorough and "missing" in self._commands.make(target, **place):
            raise RehearsalFailed(f"{target} APPLY=1 left something missing")

    def central(self):
        self._deploy("central", CENTRAL_REGION)
        self.expectations.expect_central()

    def _deploy(self, account, region):
        """What would be done, and then that; the output of the latter."""
        target = f"deploy-{account}"
        if self.is_thorough and "nothing was changed" not in self._commands.make(
            target, account, region
        ):
            raise RehearsalFailed(f"{target} would do nothing in an account that has nothing")
        return self._commands.make(target, account, region, APPLY=1)

    def management_role(self):
        self._deploy("management", HOME_REGION)
        self.expectations.expect_management()

    def management(self):
        self.management_role()
        self._prepare("prepare-members")

    def home(self):
        self._emulator.set_build_machine(self._machine())
        reported = self._deploy("home", HOME_REGION).splitlines()
        self._pushing = [line.strip() for line in reported if line.startswith("  git ")]

    def first_commit(self):
        self.watch.succeed()

    def see_first(self):
        self.expectations.expect_holdings(FIRST, FIRST_REGIONS, COMPLETE)
        others = [account for account in MEMBERS if account not in FIRST]
        self.expectations.expect_holdings(others, ALL_REGIONS, NOTHING)
        self.expectations.expect_holdings(FIRST, (LATER_REGION,), ONLY_THE_ROLE)
        self.expectations.expect_policies([WORKLOADS], FIRST_REGIONS, 35)
        self.expectations.expect_targets([WORKLOADS], FIRST_REGIONS)
        self.expectations.expect_protected()
        self.expectations.expect_reader_for_pipeline_and_watch_alone()
        self._expect_packages(FIRST_REGIONS)
        self._expect_no_failed_instance()
        expect_no_denials(self._emulator)

    def copy(self):
        Copies(self._emulator, self.administrators, self._commands, self.expectations).prove()

    def accept(self):
        Acceptance(self._emulator, self.administrators, self._commands).prove()

    def urgent_change(self):
        """Deployed by a person, and taken up by the next commit."""
        self.checkout.change(POLICY_FILE, {"DailyRetentionDays": "36"})
        place = {"profile": "home", "region": HOME_REGION}
        if "nothing was changed" not in self._commands.make("deploy-policies", **place):
            raise RehearsalFailed("deploy-policies would do nothing although a value differs")
        reported = self._commands.make("deploy-policies", **place, APPLY=1)
        if "commit and push the same" not in reported:
            raise RehearsalFailed("deploy-policies does not ask for the commit")
        self.expectations.expect_policies([WORKLOADS], FIRST_REGIONS, 36)

    def second_commit(self):
        regions = ", ".join(ALL_REGIONS)
        targets = {"TargetOUs": f"{WORKLOADS},{SANDBOXES}", "TargetRegions": regions}
        self.checkout.change(TARGETS_FILE, targets)
        self.checkout.change(POLICY_FILE, {"DailyRetentionDays": "40"})
        self.checkout.change(LOCK_FILE, {"VaultLockMaxRetentionDays": "3650"})
        self.checkout.commit("Add the sandboxes and a Region; keep 40 days, at most 3650")
        self._add_opt_in_region()
        before = len(self.watch.executions())
        self._push()
        started = self.watch.next_one(before)
        if started["trigger"]["triggerType"] != "CloudWatchEvent":
            raise RehearsalFailed(f"not the commit's event started the pipeline: {started}")
        self.watch.succeed()

    def _push(self):
        """As deploy-home printed it: remote, credentials, the first push and a later one."""
        for command in self._pushing:
            self._commands.git(command)
        # All but the last are for once.
        self._pushing = self._pushing[-1:]

    def push(self):
        """Push what was committed, and wait until that has started the pipeline."""
        before = len(self.watch.executions())
        self._push()
        self.watch.next_one(before)

    def _add_opt_in_region(self):
        """As "day two" of the guide has it, before the push."""
        place = {"profile": "management", "region": HOME_REGION}
        # Where it is forgotten most easily.
        self._emulator.enable_region(LATER_REGION, MANAGEMENT, enabled=False)
        printed = self._commands.make("prepare-organization", **place)
        if f"missing  Region {LATER_REGION}" not in printed:
            raise RehearsalFailed("a Region that the management account lacks is not reported")
        self._emulator.enable_region(LATER_REGION, MANAGEMENT)
        self._commands.make("prepare-organization", **place, APPLY=1)
        self._commands.make("deploy-home", "home", HOME_REGION, APPLY=1)

    def see_second(self):
        accounts = (*MEMBERS, NEWCOMER) if self.membership.has_begun else tuple(MEMBERS)
        self.expectations.expect_holdings(accounts, ALL_REGIONS, COMPLETE)
        self.expectations.expect_value(
            VAULTS, accounts, ALL_REGIONS, "VaultLockMaxRetentionDays", "3650"
        )
        self.expectations.expect_policies([WORKLOADS, SANDBOXES], ALL_REGIONS, 40)
        self._expect_packages(ALL_REGIONS)
        self._expect_no_failed_instance()
        expect_no_denials(self._emulator)

    def restore(self, account=FIRST[0], seconds=SETTLE_SECONDS):
        for region in FIRST_REGIONS:
            Restores(self.administrators, account, region).prove(seconds)

    def report(self):
        expect_reported(self.administrators)
        expect_no_denials(self._emulator)

    def be_told(self):
        Watching(self._emulator, self.administrators).prove()
        expect_no_denials(self._emulator)

    def destroy(self):
        place = {"profile": "home", "region": HOME_REGION}
        self._commands.make("destroy-home", **place)
        self._commands.make("destroy-home", **place, APPLY=1)
        left = [policy["name"] for policy in self._emulator.organization()["policies"]]
        if left:
            raise RehearsalFailed(f"policies are left: {left}")
        for account in MEMBERS:
            for region in ALL_REGIONS:
                found = self.expectations.holdings(account, region)
                if not (found.vault and found.key and found.role):
                    raise RehearsalFailed(f"{account} in {region} lost what holds backups: {found}")

    def destroy_central(self):
        """The copies outlive the stacks that hold them."""
        before = self.expectations.copies()
        if not before:
            raise RehearsalFailed("the central account has no copy that could be lost")
        self._commands.make("destroy-central", "central", CENTRAL_REGION, APPLY=1)
        if (after := self.expectations.copies()) != before:
            raise RehearsalFailed(f"the central account had the copies {before}, has {after}")

    def repair(self, commands):
        """Run commands that a build printed, and wait until every stack instance is current."""
        for command in commands:
            self._commands.aws(command, "home")
        self.expectations.settle(
            lambda: {row[3] for row in self.expectations.instances()} == {"CURRENT"}
        )

    def start(self):
        """Start the pipeline by hand."""
        before = len(self.watch.executions())
        client = self.administrators.client("codepipeline", HOME, HOME_REGION)
        client.start_pipeline_execution(name=PIPELINE)
        self.watch.next_one(before)

    def _machine(self):
        """What the builds find: this machine's tools and compiled dependencies."""
        target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
        home = Path.home()
        environment = {
            "PATH": os.environ["PATH"],
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(home / ".cargo")),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(home / ".rustup")),
            "CARGO_TARGET_DIR": str(target),
        }
        if program := os.environ.get("BACKUPCTL"):
            environment["BACKUPCTL"] = program
        links = {".tools": str(ROOT / ".tools")}
        not_run = [*NOT_RUN, *self._not_run]
        if self._prebuilt:
            links["dist"] = str(self._prebuilt)
            not_run += PREBUILT
        machine = {"environment": environment, "links": links, "not_run": not_run}
        # Beside what is compiled in it: they go together, or the compiler would be misled.
        workspace = target / "rehearsal"
        if self.keeps_sources and self._is_ours(workspace):
            machine["workspace"] = str(workspace)
        return machine

    def _is_ours(self, workspace):
        """Whether no other rehearsal uses the builds' kept sources; then none can until we end."""
        workspace.mkdir(parents=True, exist_ok=True)
        self._lock = (workspace / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _expect_packages(self, regions):
        known = {}
        if self._prebuilt:
            known = {function: path.read_bytes() for function, path in PACKAGES.items()}
        self.expectations.expect_packages(regions, known)
        self.expectations.expect_functions()

    def _expect_no_failed_instance(self):
        bad = [row for row in self.expectations.instances() if row[3] != "CURRENT"]
        if bad:
            raise RehearsalFailed(f"stack instances are not current: {bad}")


def copy_packages(folder):
    """Put the packages where the builds look."""
    for package in PACKAGES.values():
        if not package.exists():
            raise CannotRehearse(f"`{package}` is missing: run `{MAKE_PACKAGES}` first")
        (folder / package.name).write_bytes(package.read_bytes())
