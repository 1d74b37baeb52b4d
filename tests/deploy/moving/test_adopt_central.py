"""What the central account has already comes into our stacks: from another's, or from none."""

import json

import pytest
from deploy.moving import adopt_central, retained
from deploy.problem import Problem
from deploy.stacks import BY_NAME
from fakes import CloudFormation, Iam, Session, Sts, client_error

CENTRAL = "333333333333"
ROLE, VAULT = "aws-backup-solution-central-account-role", "aws-backup-solution-central-account"
KEY = "arn:aws:kms:eu-west-1:333333333333:key/k-1"


class Account:
    """Key, alias and vault behind KMS and AWS Backup at once."""

    def __init__(self, there=True):
        self.there = there

    def describe_key(self, KeyId):
        if not self.there:
            raise client_error("DescribeKey", "NotFoundException")
        return {"KeyMetadata": {"KeyId": "k-1", "Arn": KEY}}

    def get_paginator(self, _):
        return self

    def paginate(self):
        vault = {"BackupVaultName": "AWSBackupSolutionCentralVault", "EncryptionKeyArn": KEY}
        return [{"BackupVaultList": [vault] if self.there else []}]


def adopt(
    targets,
    printed,
    cloud,
    there=True,
    apply=False,
    account=CENTRAL,
    region="eu-west-1",
    roles=("AWSBackupSolutionCentralAccountRole",),
):
    clients = {"sts": Sts(account), "cloudformation": cloud}
    clients |= {"iam": Iam(dict.fromkeys(roles if there else (), "arn"))}
    clients |= {"kms": Account(there), "backup": Account(there)}
    adopt_central.adopt(Session(clients, region), targets, apply, printed.append)


def test_it_says_what_there_is_to_take_over(targets, printed):
    adopt(targets, printed, CloudFormation())
    assert printed == [
        f"missing  {ROLE}: import what is there",
        "           role AWSBackupSolutionCentralAccountRole",
        f"missing  {VAULT}: import what is there",
        "           alias alias/AWSBackupSolutionCentralKey, key k-1, "
        "vault AWSBackupSolutionCentralVault",
        "nothing was changed; add APPLY=1 to do this",
    ]


def test_where_there_is_nothing_deploy_central_is_enough(targets, printed):
    adopt(targets, printed, CloudFormation(), there=False)
    assert all("there is nothing to take over" in line for line in printed[:2])
    assert printed[-1] == "nothing to do: everything is as the files here have it"


def test_our_own_stacks_are_as_they_should_be(targets, printed):
    cloud = CloudFormation(dict.fromkeys((ROLE, VAULT), "UPDATE_COMPLETE"))
    adopt(targets, printed, cloud)
    assert printed[:2] == [f"ok       {ROLE}", f"ok       {VAULT}"]


def test_what_is_imported_has_the_values_of_the_deployment(targets, printed, monkeypatch):
    taken = {}

    def take_over(client, name, document, parameters, kept, say):
        taken[name] = (parameters, [one.identifier for one in kept])

    monkeypatch.setattr(retained, "take_over", take_over)
    adopt(targets, printed, CloudFormation(), apply=True)
    parameters, identifiers = taken[VAULT]
    assert parameters["pOrganizationId"] == targets.organization
    assert parameters["VaultLockMode"] == BY_NAME[VAULT].parameters()["VaultLockMode"]
    assert identifiers[-1] == "AWSBackupSolutionCentralVault"
    assert printed[-1] == "now make deploy-central APPLY=1, which brings them to the templates here"


def test_anothers_stack_that_holds_more_is_left_alone(targets, printed):
    """What is not a vault, key, alias or role would go with the stack."""
    cloud = CloudFormation({VAULT: "CREATE_COMPLETE"})
    resources = {"Vault": {"Type": retained.VAULT}, "Topic": {"Type": "AWS::SNS::Topic"}}
    cloud.bodies[VAULT] = (json.dumps({"Resources": resources}), [])
    with pytest.raises(Problem, match="it holds Topic too, which would go with it; give vault"):
        adopt(targets, printed, cloud, apply=True, roles=())
    assert cloud.requests == []


@pytest.mark.parametrize(
    ("account", "region", "expected"),
    [
        ("222222222222", "eu-west-1", "the central account is 333333333333"),
        (CENTRAL, "eu-central-1", "the central vault is in eu-west-1"),
    ],
)
def test_another_account_or_region_is_refused(targets, printed, account, region, expected):
    with pytest.raises(Problem, match=expected):
        adopt(targets, printed, CloudFormation(), account=account, region=region)
