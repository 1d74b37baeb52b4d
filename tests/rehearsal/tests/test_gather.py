"""What is made of what the emulator knows: names, reasons and counts."""

import pytest

from rehearsal.report.gather import (
    caller_name,
    callers,
    denials,
    not_run,
    policies_of,
    root_calls,
    units,
)

ORGANIZATION = {
    "units": [
        {"id": "ou-1", "name": "workloads", "parent": "r-1"},
        {"id": "ou-2", "name": "production", "parent": "ou-1"},
        {"id": "ou-3", "name": "sandboxes", "parent": "r-1"},
    ],
    "policies": [
        {"name": "daily", "type": "BACKUP_POLICY", "targets": ["ou-1"]},
        {"name": "monthly", "type": "BACKUP_POLICY", "targets": ["ou-3", "444444444442"]},
        {"name": "everywhere", "type": "BACKUP_POLICY", "targets": ["r-1"]},
        {"name": "guard", "type": "SERVICE_CONTROL_POLICY", "targets": ["r-1"]},
    ],
}
ROLE = "arn:aws:sts::222222222222:assumed-role/"


@pytest.mark.parametrize(
    "principal, name",
    [
        (ROLE + "CloudFormationRole/AWSCloudFormation", "CloudFormationRole"),
        (ROLE + "aws-backup-PipelineRole-FA6E428AE5186/0eae", "aws-backup-PipelineRole"),
        (ROLE + "aws-backup-tagonrestore-Buil4F2E08B5E3D66/b", "aws-backup-tagonrestore-Buil"),
        (ROLE + "stacksets-exec-24c7a86679d7576b97cece0049b3e72c/x", "stacksets-exec"),
        (ROLE + "StackSet-tags-0bc05b6c-2ed9-4d0b-9A3E5F1C7B2D4/TagOnRestore", "StackSet-tags"),
        ("arn:aws:iam::111111111111:user/demo", "user demo"),
        ("arn:aws:iam::111111111111:root", "an account's root"),
        ("anonymous", "anonymous"),
    ],
)
def test_callers_have_the_names_that_templates_give_them(principal, name):
    assert caller_name(principal) == name


def test_calls_are_counted_by_role_wherever_it_is():
    calls = [
        {"principal": ROLE + "A/1", "account": "1", "error": None, "operation": "x"},
        {"principal": ROLE + "A/2", "account": "2", "error": "AccessDenied", "operation": "x"},
        {"principal": "arn:aws:iam::1:root", "account": "1", "error": None, "operation": "y"},
    ]
    found = [(c.name, c.accounts, c.calls, c.errors) for c in callers(calls)]
    assert found == [("A", 2, 2, 1), ("an account's root", 1, 1, 0)]
    assert root_calls(calls) == ("y",)


def test_an_account_is_in_its_units_and_gets_the_policies_above_it():
    account = {"id": "444444444442", "parent": "ou-2"}
    assert units(ORGANIZATION, account) == ("workloads", "production")
    assert policies_of(ORGANIZATION, account) == ("daily", "everywhere", "monthly")
    outside = {"id": "666666666666", "parent": "r-1"}
    assert units(ORGANIZATION, outside) == ()
    assert policies_of(ORGANIZATION, outside) == ("everywhere",)


def test_every_command_that_was_not_run_has_its_reason():
    builds = [
        {"not_run": ["make install-rust", "make validate-online", "make test-tag-on-restore"]},
        {"not_run": ["make install-rust", "make validate-templates"]},
    ]
    assert [(entry.command, entry.times, entry.reason) for entry in not_run(builds)] == [
        ("make install-rust", 2, "this machine brings the compiler"),
        (
            "make test-tag-on-restore",
            1,
            "the packages in dist/ are published as they are (PREBUILT=1)",
        ),
        ("make validate-online", 1, "it fetches tools and rules from the network"),
        ("make validate-templates", 1, "left out, to be quick; `make rehearsal` runs it"),
    ]


def test_a_denial_that_repeats_is_said_once():
    refused = [{"message": f"{who} may not", "via": "call"} for who in ("a", "b", "a")]
    assert denials(refused) == ("a may not (call), 2 times", "b may not (call)")
