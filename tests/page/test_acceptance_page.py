"""The page of `make acceptance`, in the Chromium of this machine."""

import pytest
import rehearsal  # noqa: F401  the tools are found from there on
from acceptance.page import page as make
from playwright.sync_api import expect

from .test_page import LAPTOP, PHONE, TOO_FAINT
from .test_rehearsal_page import TOO_WIDE_OUTSIDE

ARN = "arn:aws:backup:eu-central-1:444444444441:recovery-point:137ef43d-dfbd-4bd8-91d9-b9548bff937d"
DENIED = (
    f"StartCopyJob: AccessDeniedException: User: {ARN} is not authorized to perform: "
    f"backup:StartCopyJob on resource: {ARN} with an explicit deny in a service control policy"
)


def step(outcome, **more):
    return {
        "name": outcome,
        "title": "each backup is copied into the central vault",
        "with": "member",
        "outcome": outcome,
        "seen": [f"{name}: COMPLETED, {ARN}" for name in ("table", "volume", "bucket")],
        "words": "",
        "remedy": "",
        "again": "",
    } | more


REPORT = {
    "made": "2026-11-29 21:00 UTC",
    "commit": "v0.2.0-14-g33aefc6",
    "run": "02f37639",
    "outcome": "something did not hold",
    "organization": "o-abcd123456",
    "accounts": {"management": "111111111111", "home": "222222222222", "member": "444444444441"},
    "callers": {"management": ARN, "home": ARN, "member": ARN},
    "steps": [
        step("held"),
        step("failed", words=DENIED, remedy="give the exception of docs/planning.md, or detach it"),
        step("not yet", again="when a plan has run (cron(0 5 ? * * *), UTC)"),
        step("left out", seen=["needs: copy"]),
        step("not asked for", seen=["add JOINER=ACCOUNT"]),
    ],
    "denied": [{"step": "copy", "who": "member", "when": "2026-11-29 21:00 UTC", "words": DENIED}],
    "stack instances": [
        ["aws-backup-member-accounts-role", f"44444444444{n}", region, "CURRENT", "SUCCEEDED", ""]
        for n in range(4)
        for region in ("eu-central-1", "eu-west-1")
    ],
    "stays": ["4 recovery points in AWSBackupSolutionVault expire 7 days after they were made"],
}


LATER = REPORT | {
    "outcome": "not everything is there yet",
    "steps": [step for step in REPORT["steps"] if step["outcome"] != "failed"],
    "denied": [],
}


@pytest.fixture
def write(tmp_path):
    """A function that writes the page of a report."""

    def write(report):
        file = tmp_path / "report.html"
        file.write_text(make(report), encoding="utf-8")
        return file

    return write


@pytest.fixture
def file(write):
    return write(REPORT)


@pytest.mark.parametrize("size", [LAPTOP, PHONE, (320, 640)])
def test_nothing_is_wider_than_the_window_but_what_scrolls_by_itself(file, open_page, size):
    page = open_page(file, "", *size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate(TOO_WIDE_OUTSIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("report", [REPORT, LATER], ids=["failed", "later"])
def test_every_text_stands_out_from_its_ground(write, open_page, report, scheme):
    assert open_page(write(report), scheme=scheme).evaluate(TOO_FAINT) == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_how_it_ended_with_the_remedy_is_the_first_thing_to_see(file, open_page, size):
    page = open_page(file, "", *size)
    outcome = page.get_by_role("region", name="How it ended")
    expect(outcome).to_contain_text("Something did not hold")
    expect(outcome).to_contain_text("Remedy: give the exception")
    assert outcome.bounding_box()["y"] < size[1] / 2


def test_the_checklist_is_a_table_to_whoever_does_not_see_it(file, open_page):
    table = open_page(file, "", *PHONE).get_by_role("table", name="The checklist")
    columns = [header.inner_text() for header in table.get_by_role("columnheader").all()]
    assert columns == ["step", "outcome", "what was seen"]
    assert table.get_by_role("rowheader").count() == len(REPORT["steps"])
