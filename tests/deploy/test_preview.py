"""What a deployment would do is printed, and nothing is done, until it is asked for."""

import pytest
from deploy import accounts, cloudformation
from deploy.pipeline import org_policy, source
from deploy.preview import preview
from deploy.problem import Problem
from fakes import CloudFormation
from test_accounts import created, home, session, stacks_by

TEMPLATE = """\
Parameters:
  Days: {Type: Number, Default: 35}
Resources:
  Vault: {Type: AWS::Backup::BackupVault, DeletionPolicy: Retain}
  Rule: {Type: AWS::Events::Rule, Condition: Reports}
"""
CHANGED = """\
Parameters:
  Days: {Type: Number, Default: 35}
Resources:
  Rule: {Type: AWS::Events::Rule, Condition: Reports, Properties: {Name: other}}
  Topic: {Type: AWS::SNS::Topic}
"""
LAST = "nothing was changed; add APPLY=1 to do this"
NOTHING = "nothing to do: everything is as the files here have it"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0)
    monkeypatch.setattr(source, "require_committed", lambda: None)


def look(client, printed, template=TEMPLATE, **parameters):
    return preview(client, "stack", template, parameters, printed.append)


def test_a_stack_that_is_not_there_names_every_resource_that_it_would_make(printed):
    client = CloudFormation()
    assert look(client, printed) is True
    assert printed == [
        "stack: would be created",
        "  + Vault (AWS::Backup::BackupVault)",
        "  + Rule (AWS::Events::Rule, if Reports)",
    ]
    assert client.requests == []


def test_a_stack_that_is_as_wanted_is_unchanged_and_a_default_is_a_value(printed):
    client = CloudFormation()
    cloudformation.deploy(client, "stack", TEMPLATE, {"Days": "35"}, lambda _: None)
    assert look(client, printed) is False
    assert printed == ["stack: unchanged"]


def test_an_update_names_values_and_resources_and_what_would_be_kept(printed):
    client = CloudFormation()
    cloudformation.deploy(client, "stack", TEMPLATE, {"Days": "35"}, lambda _: None)
    assert look(client, printed, CHANGED, Days="14") is True
    assert printed == [
        "stack: would be updated",
        "  Days: `35` -> `14`",
        "  ~ Rule (AWS::Events::Rule, if Reports)",
        "  + Topic (AWS::SNS::Topic)",
        "  kept Vault (AWS::Backup::BackupVault)",
    ]
    assert client.requests == [("create", "stack")]


def test_what_a_failed_creation_left_would_be_removed(printed):
    assert look(CloudFormation({"stack": "ROLLBACK_COMPLETE"}), printed) is True
    assert printed[0].endswith("what is left of it would be removed")
    assert printed[1] == "stack: would be created"


@pytest.mark.parametrize(
    ("stacks", "parameters", "reason"),
    [
        ({}, {"Dais": "1"}, "the template has no Dais"),
        ({"stack": "UPDATE_IN_PROGRESS"}, {}, "wait until it has finished"),
        ({"stack": "UPDATE_ROLLBACK_FAILED"}, {}, "see the runbook"),
    ],
)
def test_what_a_deployment_would_refuse_the_preview_refuses(printed, stacks, parameters, reason):
    with pytest.raises(Problem, match=reason):
        look(CloudFormation(stacks), printed, **parameters)


def central(targets):
    cloud = CloudFormation()
    cloud.outputs["aws-backup-solution-central-account"] = {
        "CentralBackupVaultArn": targets.central_vault_arn
    }
    return session(targets.central_account, targets.central_region, cloud)


def management(targets):
    return session(targets.management_account)


@pytest.mark.parametrize(
    ("account", "make", "deploy"),
    [
        ("central", central, accounts.deploy_central),
        ("management", management, accounts.deploy_management),
        ("home", lambda _: home(), accounts.deploy_home),
    ],
)
def test_every_deployment_says_first_what_it_does_then_and_afterwards_that_it_is_done(
    targets, printed, account, make, deploy
):
    made = make(targets)
    deploy(made, targets, False, printed.append)
    assert made.clients["cloudformation"].requests == []
    assert made.clients["iam"].roles == {}
    assert made.clients["s3"].uploads == []
    assert printed[-1] == LAST
    would = [line.split(":")[0] for line in printed if line.endswith(": would be created")]

    deploy(made, targets, True, lambda _: None)
    assert created(made) == would
    assert set(would) <= set(stacks_by(f"make deploy-{account}"))

    printed.clear()
    deploy(made, targets, False, printed.append)
    assert not [line for line in printed if "would" in line]
    assert printed[-1] == NOTHING


def test_the_urgent_way_past_the_pipeline_says_first_what_it_does(targets, printed):
    made = session(targets.home_account)
    cloud = made.clients["cloudformation"]
    cloud.stacks[org_policy.STACK] = "UPDATE_COMPLETE"
    cloud.bodies[org_policy.STACK] = (TEMPLATE, [])
    org_policy.deploy(made, targets, False, printed.append)
    assert cloud.requests == []
    assert printed[0] == f"{org_policy.STACK}: would be updated"
    assert printed[-1] == LAST


def test_what_the_pipeline_failed_to_make_would_be_removed_by_home(targets, printed):
    made = home(CloudFormation({"aws-backup-ssm-targets": "ROLLBACK_COMPLETE"}))
    accounts.deploy_home(made, targets, False, printed.append)
    assert made.clients["cloudformation"].requests == []
    assert any(
        line.startswith("aws-backup-ssm-targets: its creation failed; ")
        and "would be removed" in line
        for line in printed
    )
