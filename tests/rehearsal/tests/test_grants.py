"""Which grants a rehearsal has shown to be needed: from what is granted, used and explained."""

import tomllib

from rehearsal.grants.granted import REASONS
from rehearsal.grants.grants import (
    CHECKED,
    SHARED,
    UNUSED,
    granted,
    problems,
    read_reasons,
    rows,
    table,
)
from rehearsal.names import ROOT

ROLE = "aws-backup-codepipeline-PipelineRole"
MADE_UP = f"{ROLE}-0123456789ABC"
BOTH = {
    "Statement": [
        {"Sid": "Stacks", "Effect": "Allow", "Action": ["a:One", "a:Two", "a:Three"]},
        {"Sid": "Never", "Effect": "Deny", "Action": "a:Four"},
        {"Sid": "Single", "Effect": "Allow", "Action": "a:Five"},
    ]
}
LEDGER = {
    "roles": [
        {
            "role": f"arn:aws:iam::222222222222:role/{MADE_UP}",
            "statements": [
                {
                    "policy": "inline Deploy",
                    "statement": "Stacks",
                    "actions": [
                        {"action": "a:One", "state": "decisive", "first": {"via": "call"}},
                        {"action": "a:Two", "state": "matched", "first": {"via": "call"}},
                        {"action": "a:Three", "state": "unused", "first": None},
                    ],
                }
            ],
        }
    ]
}


def found(reasons=()):
    return rows(granted([(MADE_UP, "Deploy", BOTH)]), LEDGER, reasons)


def explained(*actions):
    entry = {"role": ROLE, "why": "nobody says when", "only_aws": True} | (
        {"actions": actions} if actions else {}
    )
    return read_reasons({"unchecked": [entry]})


def test_what_was_allowed_by_an_action_alone_is_checked_and_denials_are_no_grants():
    states = {row.grant.action: row.state for row in found()}
    assert states == {"a:One": CHECKED, "a:Two": SHARED, "a:Three": UNUSED, "a:Five": UNUSED}


def test_what_is_not_checked_needs_a_reason():
    reported = problems(found(), ())
    assert len(reported) == 2
    assert any("never asked for: a:Five, a:Three" in line for line in reported), reported
    assert any("something else, too: a:Two" in line for line in reported), reported
    assert problems(found(explained()), explained()) == []


def test_a_reason_without_need_is_told():
    reasons = explained("a:One", "a:Two", "a:Three", "a:Five")
    (reported,) = problems(found(reasons), reasons)
    assert "explains a:One" in reported


def test_one_place_where_it_was_needed_is_enough():
    """Roles of the same template in several accounts and Regions are one row."""
    other = {**LEDGER["roles"][0], "role": f"arn:aws:iam::1:role/{ROLE}-CBA9876543210"}
    other["statements"] = [
        {
            **LEDGER["roles"][0]["statements"][0],
            "actions": [{"action": "a:Two", "state": "decisive", "first": {"via": "call"}}],
        }
    ]
    for roles in ([LEDGER["roles"][0], other], [other, LEDGER["roles"][0]]):
        both = rows(granted([(MADE_UP, "Deploy", BOTH)]), {"roles": roles}, ())
        assert {r.grant.action for r in both if r.state == CHECKED} == {"a:One", "a:Two"}


def test_the_table_counts_and_gives_reasons():
    text = table(found(explained()))
    assert f"| [`{ROLE}`](#{ROLE.lower()}) | 4 | 1 | 0 | 3 | 0 | 0 |" in text
    assert "| Deploy, Stacks | `a:One` | " in text
    assert "`a:Two`: only AWS: nobody says when" in text


def test_the_files_of_reasons_are_there():
    reasons = read_reasons(tomllib.loads(REASONS.read_text()))
    assert reasons
    for reason in reasons:
        assert not reason.test or (ROOT / reason.test).is_file(), reason
        assert not (reason.test and reason.only_aws), reason
