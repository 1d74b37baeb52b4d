"""The home account as a delegated administrator: no role in the management account is assumed."""

import json

import pytest
from kit import solution
from kit.names import HOME, MANAGEMENT, WORKLOADS
from kit.templates import management_statements

from .home import CONTENT_BUCKET, resource


def delegation():
    """What the management role may do, granted to the home account by the organization."""
    text = json.dumps(management_statements())
    for name, value in {"Partition": "aws", "AccountId": MANAGEMENT}.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    statements = json.loads(text)
    for statement in statements:
        statement["Principal"] = {"AWS": f"arn:aws:iam::{HOME}:root"}
        resources = statement["Resource"]
        listed = resources if isinstance(resources, list) else [resources]
        statement["Resource"] = [r["Fn::Sub"] if isinstance(r, dict) else r for r in listed]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def delegated(home):
    """The function and its role in delegated mode, and no role in the management account."""

    def deploy(answer):
        parameters = {"DelegatedAdministrator": answer}
        role = solution.function_role(PolicyContentBucket=CONTENT_BUCKET, **parameters)
        home.stacks.update(role).expect_complete()
        home.stacks.update(solution.function(**parameters)).expect_complete()

    deploy("true")
    yield home
    home.clean()
    deploy("false")


def test_a_delegated_home_account_needs_no_role(delegated):
    delegated.organizations.put_resource_policy(Content=delegation())
    delegated.disable_policy_type()
    delegated.emulator.forget_calls()
    assert delegated.create(Policy=resource(EnablePolicyType="true", Tags=[])).complete
    tags = [{"Key": "team", "Value": "backup"}]
    assert delegated.update(Policy=resource(PolicyTargets=[WORKLOADS], Tags=tags)).complete
    policy = delegated.policy()
    assert policy["targets"] == [WORKLOADS]
    assert policy["tags"]["team"] == "backup"
    assert delegated.delete().status == "DELETE_COMPLETE"
    assert delegated.policies().everything() == []
    called = delegated.emulator.calls()
    assert not [call for call in called if call["operation"] == "AssumeRole"]
    delegated.organizations.delete_resource_policy()


def test_without_the_delegation_the_reason_names_it(delegated):
    outcome = delegated.create(Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "delegated administrator" in outcome.reason
    assert delegated.policies().everything() == []
