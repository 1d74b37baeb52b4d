"""What a rehearsal came to, as plain values: for the report, for the page and for tests."""

from dataclasses import dataclass, field

OK, FAILED, LEFT_OUT = "ok", "failed", "not run"
# Why a command was not run that could have been.
TO_BE_QUICK = "left out, to be quick; `make rehearsal` runs it"
# What a target account has in each target Region, in the order in which it is shown.
PARTS = ("vault", "key", "role", "function")


@dataclass(frozen=True)
class Stage:
    """A stage of the story."""

    title: str
    outcome: str
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True)
class Account:
    """An account of the organization: its units from the root down, and what it has per Region."""

    id: str
    name: str
    units: tuple[str, ...]
    # Region -> which of `PARTS` are there.
    places: dict[str, tuple[str, ...]]
    # Names of the backup policies that are attached to it or above it.
    policies: tuple[str, ...] = ()
    # (Region, stack, status) of its stacks, but for those of stack sets.
    stacks: tuple[tuple[str, str, str], ...] = ()
    # (kind, Region, name) of what else it has, where that is shown.
    holdings: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule of a plan in a backup policy."""

    plan: str
    name: str
    schedule: str
    vault: str
    keeps: str
    copies: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A backup policy."""

    name: str
    targets: tuple[str, ...]
    regions: tuple[str, ...]
    # "backup=daily"
    selects: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Action:
    """An action of the pipeline that has run."""

    stage: str
    name: str
    status: str
    seconds: float


@dataclass(frozen=True)
class Execution:
    """A run of the pipeline."""

    started_by: str
    status: str
    seconds: float
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class NotRun:
    """A command that the builds passed over."""

    command: str
    times: int
    reason: str


@dataclass(frozen=True)
class Caller:
    """Who made calls: a role, wherever it is."""

    name: str
    accounts: int
    calls: int
    errors: int


@dataclass(frozen=True)
class Snapshot:
    """What was there at one moment."""

    regions: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    policies: tuple[Policy, ...] = ()
    executions: tuple[Execution, ...] = ()


@dataclass(frozen=True)
class Result:
    """Everything that report and page show."""

    title: str
    began: str
    seconds: float
    stages: tuple[Stage, ...]
    snapshot: Snapshot = field(default_factory=Snapshot)
    # When the snapshot was taken, in words: "before the last stage".
    seen: str = ""
    not_run: tuple[NotRun, ...] = ()
    callers: tuple[Caller, ...] = ()
    # Operations that were called as an account's root.
    root_calls: tuple[str, ...] = ()
    # Sentences about what permissions refused; None where nobody recorded it.
    denials: tuple[str, ...] | None = None
    # (what, where) for whoever wants to look.
    look: tuple[tuple[str, str], ...] = ()

    @property
    def failure(self):
        """The stage that failed, or None."""
        return next((stage for stage in self.stages if stage.outcome == FAILED), None)
