"""What the solution costs a month, from list prices and a size. No AWS is asked.

How many keys, alarms and polled queues an account has is counted in the templates. Prices, with
their source and date, are in `prices.json`: nobody has held them against a bill.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

from ..problem import Problem
from ..stacks import BY_NAME, ROOT, STACKS, load_template

PRICES = json.loads(Path(__file__).with_name("prices.json").read_text())
MEMBERS = ("stackset-aws-backup-member-accounts", "stackset-aws-backup-tagonrestore")
DAYS = 30
# Conditions of what is there only if somebody asks for it.
BY_CHOICE = ("HasAlarmTopic",)
# Lambda polls a queue without an end, as AWS's knowledge centre says (sqs-high-charges). How often
# is nowhere published: what is seen are five requests at a time, each of which waits 20 seconds.
POLLS_A_MONTH = 5 * 3 * 60 * 24 * DAYS
# Of each look of TagOnRestore at itself (crates/tag-on-restore/src/look.rs), when nothing is wrong.
METRICS_A_LOOK = 4
QUEUES_A_LOOK = 1


def _retention() -> int:
    return int(BY_NAME["aws-backup-org-policy"].parameters()["DailyRetentionDays"])


@dataclass(frozen=True)
class Size:
    """What the cost grows with. Percentages are of 100."""

    accounts: int = 300
    regions: int = 4
    data_gb: float = 0  # that is backed up, of all accounts
    change: float = 2  # percent of it that changes in a day
    days: int = field(default_factory=_retention)  # of daily backups in the accounts
    central_days: int = field(default_factory=_retention)  # and of their copies
    elsewhere: float | None = None  # percent of it outside the central vault's Region
    runs: int = 20  # of the pipeline in a month
    build_minutes: int = 45  # of all builds of a run; not measured on AWS
    alarms: int = 0  # 1 if AlarmTopicName is given: of the function, in an account and Region
    gb_price: float | None = None

    def __post_init__(self):
        for name, value in vars(self).items():
            if value is not None and value < 0:
                raise Problem(name.upper(), f"{value} is less than nothing", "give 0 or more")
        for name in ("accounts", "regions", "days", "central_days"):
            if getattr(self, name) < 1:
                raise Problem(name.upper(), "there is none", "give 1 or more")
        for name in ("change", "elsewhere"):
            if (getattr(self, name) or 0) > 100:
                raise Problem(name.upper(), "more than 100 percent", "give a percentage")


@dataclass(frozen=True)
class Line:
    """One item of the bill, in US dollars a month."""

    what: str
    how: str
    usd: float


def read(words: list[str]) -> Size:
    """A size from `NAME=VALUE`; what is not named has its default."""
    kinds = {entry.name: int if entry.type is int else float for entry in fields(Size)}
    given = {}
    for word in words:
        name, _, value = word.partition("=")
        if name.lower() not in kinds:
            raise Problem(f"`{name}`", "the cost knows no such size", "see docs/cost.md")
        try:
            given[name.lower()] = kinds[name.lower()](value)
        except ValueError as error:
            raise Problem(
                name, f"`{value}` is no number", f"write {name}=1, for instance"
            ) from error
    return Size(**given)


def estimate(size: Size) -> list[Line]:
    """The bill of a month when everything runs, the largest part for the backups themselves."""
    places = size.accounts * size.regions
    elsewhere = size.elsewhere
    if elsewhere is None:
        elsewhere = 100 * (size.regions - 1) / size.regions
    changed = size.data_gb * size.change / 100
    gb_price = _price("backup_gb_month") if size.gb_price is None else size.gb_price

    def stored(days):
        return size.data_gb + changed * (days - 1)

    keys, alarms, queues = (
        in_members(kind)
        for kind in ("AWS::KMS::Key", "AWS::CloudWatch::Alarm", "AWS::Lambda::EventSourceMapping")
    )
    other_keys, other_alarms = (
        outside(kind) for kind in ("AWS::KMS::Key", "AWS::CloudWatch::Alarm")
    )
    looks = places * looks_a_month()
    requests = places * queues * POLLS_A_MONTH + looks * QUEUES_A_LOOK
    minutes = size.runs * size.build_minutes
    return [
        Line(
            "backups in the accounts",
            f"{stored(size.days):,.0f} GB x ${gb_price}",
            stored(size.days) * gb_price,
        ),
        Line(
            "copies in the central vault",
            f"{stored(size.central_days):,.0f} GB x ${gb_price}",
            stored(size.central_days) * gb_price,
        ),
        _line(
            "copies between Regions",
            changed * DAYS * elsewhere / 100,
            "transfer_gb",
            "GB",
        ),
        _line("keys of the accounts", places * keys, "key_month", "keys"),
        _line("alarms of TagOnRestore", places * (alarms + size.alarms), "alarm_month", "alarms"),
        _line(
            "TagOnRestore's looks at itself",
            looks * METRICS_A_LOOK / 1000,
            "metric_reads_thousand",
            "K metrics",
        ),
        _line(
            "polling of TagOnRestore's queues",
            requests / 1e6,
            "queue_requests_million",
            "M requests",
        ),
        _line("other keys", other_keys, "key_month", "keys"),
        _line("other alarms", other_alarms, "alarm_month", "alarms"),
        _line("builds", minutes, "build_minute", "minutes"),
        _line("pipeline", minutes, "pipeline_minute", "minutes"),
    ]


def first_month(size: Size) -> float:
    """What the first full copy costs once, between Regions."""
    elsewhere = size.elsewhere
    if elsewhere is None:
        elsewhere = 100 * (size.regions - 1) / size.regions
    return size.data_gb * elsewhere / 100 * _price("transfer_gb")


def tell(size: Size, say: Callable[[str], None]) -> None:
    """The bill as a table, and what it rests on."""
    lines = estimate(size)
    say(f"{size.accounts} accounts, {size.regions} Regions, {size.data_gb:,.0f} GB backed up")
    say("")
    for line in lines:
        say(f"{line.what:34}{line.how:>34}{line.usd:>12,.2f}")
    say(f"{'a month':68}{sum(line.usd for line in lines):>12,.2f}")
    say(f"{'once, the first copies between Regions':68}{first_month(size):>12,.2f}")
    say("")
    say(f"Prices: {PRICES['list']};")
    say(f"read {PRICES['read']}, verified: {PRICES['verified']} (tools/deploy/cost/prices.json).")
    say(f"Assumed: {size.change:g} % of the data change in a day, {size.runs} runs of the pipeline")
    say(f"with {size.build_minutes} minutes of builds each.")


def in_members(kind: str) -> int:
    """How many resources of a type an account has in each Region, whatever is chosen."""
    return sum(_count(BY_NAME[name].child, kind) for name in MEMBERS)


def looks_a_month() -> int:
    """How often each function TagOnRestore looks at itself: as often as its schedule says."""
    template = load_template((ROOT / BY_NAME[MEMBERS[1]].child).read_text())
    (schedule,) = (
        resource["Properties"]["ScheduleExpression"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Scheduler::Schedule"
    )
    hours = int(schedule.removeprefix("rate(").removesuffix(" hours)"))
    return 24 // hours * DAYS


def outside(kind: str) -> int:
    """How many there are once: in the central and the home account."""
    return sum(_count(stack.template, kind) for stack in STACKS if not stack.everywhere)


def _count(template: str, kind: str) -> int:
    resources = load_template((ROOT / template).read_text())["Resources"].values()
    return sum(
        resource["Type"] == kind and resource.get("Condition") not in BY_CHOICE
        for resource in resources
    )


def _line(what: str, amount: float, price: str, unit: str) -> Line:
    usd = _price(price)
    return Line(what, f"{amount:,.0f} {unit} x ${usd:g}", amount * usd)


def _price(name: str) -> float:
    return PRICES["prices"][name]["usd"]
