"""Every kind of resource that the emulator restores, against every promise.

The table in `docs/evidence/restore-tagging-emulator.md` is what this test found; `UPDATE_EXPECT=1`
writes it anew. What the emulator has no service for is shown on the wire, in
`docs/evidence/restore-tagging-table.md`.
"""

import os

import pytest
from kit.names import MEMBER, ROOT
from kit.sources import BY_NAME, KINDS

from .member import Member

TABLE = ROOT / "docs" / "evidence" / "restore-tagging-emulator.md"
PROMISES = (
    "recovery point's tags copied",
    "source's tags fill in",
    "target's own tags kept",
    "system tags not copied",
    "second event writes nothing",
)
NATIVE_BACKUP = "DynamoDB table, backup of DynamoDB's own kind"

# What the source has when it is backed up, what the plan adds, and what the source gets afterwards.
SOURCE = {"app": "shop", "Name": "the source", "awsbackup-restore-test": "an old one"}
SYSTEM = {"aws:cloudformation:stack-name": "shop"}
PLAN = {"plan": "nightly"}
LATER = {"app": "changed", "added": "after the backup"}
# What the target gets by itself before the event arrives.
OWN = {"Name": "the target", "owner": "somebody"}


class Row:
    """One restored resource: its tags before the event and after it."""

    def __init__(self, name, point, job):
        self.name, self.point, self.job = name, point, job
        self.before = self.after = self.event = self.again = None
        self.writes = None

    @property
    def has_point_tags(self):
        """DynamoDB's own backups have none, as on AWS."""
        return self.name != NATIVE_BACKUP

    def cells(self):
        """Whether each promise was kept; None for one that has no meaning here."""
        point = {"app": "shop", **PLAN}.items() <= self.after.items()
        kept = self.before.items() <= self.after.items() and self.before.items() >= OWN.items()
        new = set(self.after) - set(self.before)
        return (
            point if self.has_point_tags else None,
            self.after.get("added") == LATER["added"]
            and (self.has_point_tags or self.after.get("app") == LATER["app"]),
            kept,
            not any(key.startswith("aws:") or key == "awsbackup-restore-test" for key in new),
            self.writes == [] and self.again == self.after,
        )


@pytest.fixture(scope="module")
def rows(emulator):
    """A restore of every kind at once; each target was tagged by somebody before the event came."""
    member = Member(emulator)
    rows = []
    for kind in KINDS:
        rows.append(start(member, kind.name, kind))
    member.client("backup").update_region_settings(
        ResourceTypeManagementPreference={"DynamoDB": False}
    )
    rows.append(start(member, NATIVE_BACKUP, BY_NAME["DynamoDB table"]))
    member.client("backup").update_region_settings(
        ResourceTypeManagementPreference={"DynamoDB": True}
    )
    emulator.disturb("hold", times=len(rows))
    for row, kind in zip(rows, [*KINDS, BY_NAME["DynamoDB table"]], strict=True):
        row.job = member.restore(row.point, kind.restored_as(member.name()))
    for row in rows:
        row.event = member.completed(row.job)
        row.before = member.tags(created(row), OWN)
    assert emulator.release_events() == len(rows)
    assert member.settle() == 0, [
        entry for entry in member.log() if entry.get("Outcome") != "Tagged"
    ]
    for row in rows:
        row.after = member.tags(created(row))
    for row in rows:
        emulator.forget_calls()
        emulator.repeat_event(row.event)
        assert member.settle() == 0
        assert member.calls(), f"the second event about {row.name} was not heard"
        row.writes = member.writes()
        row.again = member.tags(created(row))
    yield rows
    member.clean()


def start(member, name, kind):
    """A tagged source, backed up and then changed."""
    source = member.make(kind, SOURCE)
    member.tags(source, SYSTEM)
    point = member.back_up(source, PLAN)
    member.tags(source, LATER)
    return Row(name, point, None)


def created(row):
    """What the restore made."""
    return row.event["detail"]["createdResourceArn"]


def test_every_promise_holds_for_every_kind(rows):
    broken = {
        row.name: {
            promise: (row.before, row.after, row.writes)
            for promise, held in zip(PROMISES, row.cells(), strict=True)
            if held is False
        }
        for row in rows
    }
    assert {name: promises for name, promises in broken.items() if promises} == {}


def test_the_table_in_the_documentation_is_what_was_found(rows):
    found = table(rows)
    if os.environ.get("UPDATE_EXPECT"):
        TABLE.write_text(found)
    assert TABLE.read_text() == found, "UPDATE_EXPECT=1 make test-functions writes it anew"


def table(rows):
    """The document."""
    lines = [
        "# Restored resources on the emulator",
        "",
        "What `make test-functions` found: the packaged function behind its template, a restore of",
        "every kind that the [emulator](../../emulator/README.md) has, and the tags that the",
        "resource's own service shows afterwards. `UPDATE_EXPECT=1 make test-functions` writes",
        "this table anew. Kinds without a service here are shown on the wire, in",
        "[restore-tagging-table.md](restore-tagging-table.md).",
        "",
        "| restored | recovery point | " + " | ".join(PROMISES) + " |",
        "|---|---|" + "---|" * len(PROMISES),
    ]
    words = {True: "yes", False: "**no**", None: "it has none"}
    for row in rows:
        cells = " | ".join(words[cell] for cell in row.cells())
        lines.append(f"| {row.name} | `{form(row.point)}` | {cells} |")
    lines += [
        "",
        "The source was tagged, backed up by a plan that adds a tag, and then changed: one key got",
        "another value, one was added. The target had one of the source's keys with a value of its",
        "own, and a key of its own, before the event came. The source also bore a tag of",
        "CloudFormation's and `awsbackup-restore-test`. The second event was the first once more.",
    ]
    return "\n".join(lines) + "\n"


def form(arn):
    """What a recovery point's ARN looks like, without what differs from run to run."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    account = "111122223333" if MEMBER in arn else ""
    for mark in ("image/", "snapshot/", "composite:eks/", "backup/", "job-", "recovery-point:"):
        if mark in resource:
            resource = resource[: resource.index(mark) + len(mark)]
            break
    resource = "table/TABLE/backup/" if resource.startswith("table/") else resource
    return f"arn:aws:{service}:eu-west-1:{account}:{resource}…"
