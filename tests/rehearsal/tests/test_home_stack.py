"""The pipeline's stack as `make deploy-home` makes it: its first run, and its guard.

The first run begins as soon as the pipeline is made, before its stack is complete. What a stack
waits for on AWS, the emulator waits for too while this one is made.
"""

import json

import pytest
from deploy import cloudformation
from deploy.pipeline import org_policy
from deploy.problem import Problem
from kit.clients import client, with_keys
from kit.wait import eventually

from rehearsal.names import HOME, HOME_REGION, PIPELINE

from .home_account import deploy_home, quick, silent

STACK = "aws-backup-codepipeline"


@pytest.fixture(scope="module")
def home(emulator):
    original = cloudformation.deploy

    def deploy(client, name, *more):
        emulator.control("POST", "settings", {"role_seconds": 2 if name == STACK else 0})
        return original(client, name, *more)

    # Builds take no time here: nothing but the order of the stack's resources is of help.
    emulator.set_build_machine({"not_run": ["."]})
    with pytest.MonkeyPatch.context() as patch, quick():
        patch.setattr(cloudformation, "deploy", deploy)
        deploy_home(emulator)

    def home_client(service):
        return client(emulator.url, service, HOME, HOME_REGION)

    return home_client


def test_the_first_run_updates_its_stack_only_when_that_is_complete(home):
    assert end_of(home, "UpdatePipeline") == ("Succeeded", "")


def test_the_guard_reports_why_its_deletion_failed(home, emulator):
    """With the permissions of its own role, which is opened to a person here."""
    iam = home("iam")
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    (name,) = [name for name in names if name.startswith(f"{STACK}-GuardOrgPolicyRole")]
    principal = {"AWS": f"arn:aws:iam::{HOME}:root"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    keys = home("sts").assume_role(
        RoleArn=f"arn:aws:iam::{HOME}:role/{name}", RoleSessionName="build"
    )["Credentials"]
    # Its own permissions decide what the deletion may do: it may delete no queue.
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "kept"}}
    body = json.dumps({"Resources": {"Queue": queue}})
    person = home("cloudformation")
    person.create_stack(StackName=org_policy.STACK, TemplateBody=body)
    cloudformation.wait(person, org_policy.STACK)
    guard = with_keys(
        emulator.url,
        "cloudformation",
        HOME_REGION,
        keys["AccessKeyId"],
        keys["SecretAccessKey"],
        keys["SessionToken"],
    )
    with pytest.raises(Problem, match="because of Queue: .*not authorized to perform: sqs:"):
        cloudformation.delete(guard, org_policy.STACK, silent)


def end_of(home, action):
    """Status and error of an action of the first run, once it has ended."""

    def ended():
        found = home("codepipeline").list_action_executions(pipelineName=PIPELINE)
        for entry in found["actionExecutionDetails"]:
            if entry["actionName"] == action and entry["status"] != "InProgress":
                result = entry["output"]["executionResult"]
                return entry["status"], result.get("errorDetails", {}).get("message", "")
        return None

    return eventually(ended, f"the action {action} did not come to an end")
