"""Report and page from data: what they must say, and what they must never contain."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from rehearsal.report.page import page
from rehearsal.report.report import duration, report, table, verdict
from rehearsal.report.result import TO_BE_QUICK, NotRun, Snapshot
from rehearsal.report.sample import BROKEN, EVIL, EVIL_TEXT, HELD


def text(result, brief=False):
    """The report as one text."""
    return "\n".join(line for line, _ in report(result, brief))


REPORT = """
Stages
   1  check the target values                         0.5 s
   2  the first commit goes through the pipeline  2 min 1 s
   3  remove the home account's stacks                3.4 s
      together                                    2 min 5 s

What every account has (before stage 3)
   account                 in                    eu-central-1    eu-west-1       eu-north-1
   home      222222222222  platforms             nothing         nothing         nothing
   member-2  444444444442  workloads/production  complete        complete        complete
   newcomer  666666666666  the root              vault key role  vault key role  vault key role
   complete: vault, key, role and function

Backup policies
   org-daily-backup-policy: on workloads, sandboxes; reaches 1 account in eu-central-1, eu-west-1, \
eu-north-1
     cron(0 5 ? * * *) into AWSBackupSolutionVault, kept 40 days, 1 copy

Pipeline
   run 1, started by the new pipeline  succeeded  2 actions  2 min 1 s
   run 2, started by a commit          succeeded   1 action     59.8 s

Not run by the builds here
   make validate-online  2 times  it fetches tools and rules from the network

AWS calls
   role                calls  errors  accounts
   CloudFormationRole   1093       0         1
   stacksets-exec        193      15         5
   together 1286; as an account's root: AssumeRole, CreateRole

Where to look
   page  target/rehearsal.html

The rehearsal: all 3 stages held (2 min 5 s)."""


def test_the_report_says_what_was_done_what_is_where_and_what_was_not_run():
    assert text(HELD) == REPORT


def test_the_short_report_leaves_out_how_it_was_done():
    short = text(HELD, brief=True)
    assert "Backup policies" in short
    for left_out in ("Pipeline", "Not run", "AWS calls"):
        assert left_out not in short


def test_a_failure_is_the_last_line_and_names_stage_and_cause():
    assert text(BROKEN).splitlines()[-1] == (
        "The rehearsal failed in stage 2, the first commit goes through the pipeline: "
        "the pipeline Failed: Validate/ValidateTemplates: exit status 2"
    )
    assert re.search(r"^   3  remove the home account's stacks +not run$", text(BROKEN), re.M)


def test_denials_are_listed_and_none_is_said_only_where_they_were_recorded():
    assert "Permissions: denials\n   User: a is not authorized" in text(BROKEN)
    assert "Permissions: denials\n   none" in text(replace(HELD, denials=()))
    assert "denials" not in text(HELD)


def test_a_rehearsal_that_failed_before_there_was_anything_has_a_report_and_a_page():
    nothing = replace(BROKEN, snapshot=Snapshot(), not_run=(), callers=(), look=())
    assert "What every account has" not in text(nothing)
    assert "Accounts and Regions" not in page(nothing)
    assert "Failed in stage 2" in page(nothing)


@pytest.mark.parametrize("seconds, words", [(0.04, "0.0 s"), (59.9, "59.9 s"), (125, "2 min 5 s")])
def test_durations_are_written_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_columns_stand_below_each_other():
    assert table([("a", "1", "x"), ("bbb", "22", "")], right=(1,)) == ["a     1  x", "bbb  22"]


class Parts(HTMLParser):
    """What a page consists of."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_asks_for_nothing_and_runs_nothing():
    parts = Parts(page(HELD))
    assert {tag for tag, _ in parts.elements}.isdisjoint(
        {"script", "img", "link", "iframe", "object", "form", "base"}
    )
    for tag, attributes in parts.elements:
        assert {"src", "style", "onclick", "onload", "action"}.isdisjoint(attributes), tag
        assert attributes.get("href", "#").startswith("#")
    policies = [a["content"] for tag, a in parts.elements if "http-equiv" in a]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'sha256-")
    assert "url(" not in page(HELD) and "@import" not in page(HELD)


def test_the_page_shows_what_is_there_and_what_is_not():
    texts = " ".join(Parts(page(HELD)).texts)
    for words in (
        "All 3 stages held",
        "What each account has, before stage 3.",
        "member-2 444444444442 in workloads / production",
        "✓ vault ✓ key ✓ role no function",
        "copied to  arn:aws:backup:eu-west-1:333333333333",
        "run 2: a commit, succeeded, 59.8 s",
        "aws-backup-codepipeline eu-central-1 CREATE_COMPLETE",
        "make validate-online 2 times it fetches tools and rules from the network",
        "As an account's root: AssumeRole, CreateRole.",
    ):
        assert words in texts, words


def test_the_page_of_a_failure_shows_the_whole_message_and_the_denials():
    texts = " ".join(Parts(page(BROKEN)).texts)
    assert "Failed in stage 2, the first commit goes through the pipeline" in texts
    assert "exit status 2\n    1 failed" in texts
    assert "not authorized to perform: sts:AssumeRole" in texts


def test_no_text_becomes_markup():
    wanted = {tag for tag, _ in Parts(page(BROKEN)).elements}
    parts = Parts(page(EVIL))
    assert {tag for tag, _ in parts.elements} <= wanted
    assert all(name.isidentifier() or "-" in name for _, a in parts.elements for name in a)
    assert parts.texts.count(EVIL_TEXT) > 10


def test_every_table_has_headers_for_columns_and_rows():
    source = page(HELD)
    assert source.count("<table") == source.count("<thead>") > 5
    for row in re.findall(r"<tbody>(.*?)</tbody>", source, re.S):
        assert row.count("<tr>") == row.count('<th scope="row">')


def test_the_last_line_names_what_was_left_out_to_be_quick():
    quick = NotRun('make plan-org-policy PLAN="$PLAN"', 1, TO_BE_QUICK)
    assert verdict(replace(HELD, not_run=(quick,))).endswith(", without make plan-org-policy.")
    assert "without" not in verdict(HELD)
