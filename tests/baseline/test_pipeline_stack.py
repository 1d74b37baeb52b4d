"""The home account as `make deploy-home` makes it: the first run, the guard, opt-in Regions.

The first run begins as soon as the pipeline is made, before its stack is complete. What a stack
waits for on AWS, the emulator waits for too while this one is made.
"""

import dataclasses
import json
import time

import pytest
from conftest import HOME, HOME_REGION, TARGETS
from deploy import accounts, cloudformation, org_policy, source, targets
from deploy.problem import Problem
from deploy.stacks import BY_NAME, ROOT
from kit.isolation import SECONDS

STACK = "aws-backup-codepipeline"
OPT_IN = "ap-east-1"


@pytest.fixture(scope="module")
def home(organization):
    original = cloudformation.deploy

    def deploy(client, name, *more):
        organization.control("POST", "settings", {"role_seconds": 2 if name == STACK else 0})
        return original(client, name, *more)

    class Session:
        region_name, profile_name = HOME_REGION, "home"

        def client(self, service, region_name=None):
            return organization.client(service, HOME, region_name or HOME_REGION)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "require_committed", lambda: None)
        patch.setattr(cloudformation, "deploy", deploy)
        # Builds take no time here: nothing but the order of the stack's resources is of help.
        organization.control("POST", "build-machine", {"not_run": ["."]})
        organization.control(
            "POST", "regions", {"account": HOME, "region": OPT_IN, "enabled": True}
        )
        found = targets.load(organization.targets)
        wanted = dataclasses.replace(found, regions=(*found.regions, OPT_IN))
        accounts.deploy_home(Session(), wanted, lambda _: None)
    return organization


def test_the_first_run_updates_its_stack_only_when_that_is_complete(home):
    assert wait_for(home, "UpdatePipeline") == ("Succeeded", "")


def test_the_guard_reports_why_its_deletion_failed(home):
    """With the permissions of its own role, which is opened to a person here."""
    iam = home.client("iam", HOME)
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    (name,) = [name for name in names if name.startswith(f"{STACK}-GuardOrgPolicyRole")]
    principal = {"AWS": f"arn:aws:iam::{HOME}:root"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    keys = home.client("sts", HOME).assume_role(
        RoleArn=f"arn:aws:iam::{HOME}:role/{name}", RoleSessionName="build"
    )["Credentials"]
    # Its own permissions decide what the deletion may do: it may delete no queue.
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "kept"}}
    body = json.dumps({"Resources": {"Queue": queue}})
    person = home.client("cloudformation", HOME)
    person.create_stack(StackName=org_policy.STACK, TemplateBody=body)
    cloudformation.wait(person, org_policy.STACK)
    guard = home.client(
        "cloudformation",
        HOME,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    with pytest.raises(Problem, match="because of Queue: .*not authorized to perform: sqs:"):
        cloudformation.delete(guard, org_policy.STACK, lambda _: None)


def test_package_buckets_reach_an_opt_in_region(home):
    """With both roles of self-managed stack sets, as the pipeline's stack set does it."""
    client = home.client("cloudformation", HOME)
    child = ROOT / BY_NAME["stackset-aws-backup-lambda-s3-bucket"].child
    organization = {"ParameterKey": "OrganizationId"}
    organization["ParameterValue"] = TARGETS["OrganizationId"]
    client.create_stack_set(
        StackSetName="probe", TemplateBody=child.read_text(), Parameters=[organization]
    )
    client.create_stack_instances(
        StackSetName="probe", Accounts=[HOME], Regions=[HOME_REGION, OPT_IN]
    )
    deadline = time.monotonic() + SECONDS
    while True:
        found = client.list_stack_instances(StackSetName="probe")["Summaries"]
        done = {entry["StackInstanceStatus"]["DetailedStatus"] for entry in found}
        if not done & {"PENDING", "RUNNING"}:
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    assert {entry["Region"]: entry["Status"] for entry in found} == {
        HOME_REGION: "CURRENT",
        OPT_IN: "CURRENT",
    }, found


def wait_for(organization, action):
    """Status and error of an action of the first run, once it has ended."""
    client = organization.client("codepipeline", HOME)
    deadline = time.monotonic() + SECONDS
    while True:
        found = client.list_action_executions(pipelineName=source.REPOSITORY)
        for entry in found["actionExecutionDetails"]:
            if entry["actionName"] == action and entry["status"] != "InProgress":
                result = entry["output"]["executionResult"]
                return entry["status"], result.get("errorDetails", {}).get("message", "")
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
