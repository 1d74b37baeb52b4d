"""The way past the pipeline for the backup policies: only what exists, and only sound values."""

import subprocess

import pytest
from deploy import cloudformation
from deploy.pipeline import org_policy, parameter_files
from deploy.problem import Problem
from deploy.stacks import BY_NAME, ROOT
from test_accounts import session

STACK = org_policy.STACK


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0)


def test_the_files_here_are_deployed_and_a_commit_is_asked_for(targets, printed):
    made = session(targets.home_account)
    cloud = made.clients["cloudformation"]
    cloud.stacks[STACK] = "UPDATE_COMPLETE"
    org_policy.deploy(made, targets, True, printed.append)
    assert cloud.requests == [("update", STACK)]
    _, given = cloud.bodies[STACK]
    values = {entry["ParameterKey"]: entry["ParameterValue"] for entry in given}
    assert values == BY_NAME[STACK].parameters()
    assert printed[-1] == "commit and push the same, or the pipeline's next run takes it back"


def test_nothing_is_made_that_the_pipeline_has_not_made(targets, printed):
    made = session(targets.home_account)
    with pytest.raises(Problem, match="let the pipeline make it first"):
        org_policy.deploy(made, targets, True, printed.append)
    assert made.clients["cloudformation"].requests == []


def test_another_account_is_refused(targets, printed):
    with pytest.raises(Problem, match="use a profile of that account"):
        org_policy.deploy(session("999999999999"), targets, True, printed.append)


def test_unsound_values_are_refused(targets, printed, monkeypatch):
    documents = parameter_files.read()
    documents[STACK]["Parameters"]["DailyRetentionDays"] = "1"
    monkeypatch.setattr(parameter_files, "read", lambda: documents)
    made = session(targets.home_account)
    made.clients["cloudformation"].stacks[STACK] = "UPDATE_COMPLETE"
    with pytest.raises(Problem, match="1 days are outside VaultLockMinRetentionDays 7"):
        org_policy.deploy(made, targets, True, printed.append)
    assert made.clients["cloudformation"].requests == []


@pytest.mark.parametrize("words", [(), ("PLAN=allow-loss",)])
def test_a_plan_allows_a_loss_only_when_it_is_told_to(words):
    shown = subprocess.run(
        ["make", "--dry-run", "plan-org-policy", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (" plan " in shown, "--allow-loss" in shown) == (True, bool(words))
