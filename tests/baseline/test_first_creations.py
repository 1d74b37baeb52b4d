"""A first creation that fails leaves nothing in its own way, and what is deployed stays."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import CENTRAL, HOME, ROOT, TARGETS
from deploy import cloudformation
from deploy.problem import Problem
from deploy.stacks import load_template

# Where no other test deploys anything.
REGION = "eu-north-1"
CENTRAL_STACK = "aws-backup-solution-central-account"
CENTRAL_TEMPLATE = "cloudformation/central-account/aws-backup-central-backup-account.yaml"
CENTRAL_VALUES = {"pOrganizationId": TARGETS["OrganizationId"], "DeployingPrincipal": "root"}
VAULT, ALIAS = "AWSBackupSolutionCentralVault", "alias/AWSBackupSolutionCentralKey"


def deploy(organization, account, name, template, **values):
    client = organization.client("cloudformation", account, REGION)
    cloudformation.deploy(client, name, template, values, lambda _: None)


def resources(organization, account, name):
    """Logical id -> physical id."""
    client = organization.client("cloudformation", account, REGION)
    found = client.describe_stack_resources(StackName=name)["StackResources"]
    return {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in found}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0.2)


class Vault:
    """In the way of the central account's stack."""

    def __init__(self, organization):
        self._client = organization.client("backup", CENTRAL, REGION)
        self._client.create_backup_vault(BackupVaultName=VAULT)

    def remove(self):
        self._client.delete_backup_vault(BackupVaultName=VAULT)


class Alias:
    """In the way of the central account's stack."""

    def __init__(self, organization):
        self._client = organization.client("kms", CENTRAL, REGION)
        key = self._client.create_key()["KeyMetadata"]["KeyId"]
        self._client.create_alias(AliasName=ALIAS, TargetKeyId=key)

    def remove(self):
        self._client.delete_alias(AliasName=ALIAS)


@pytest.fixture
def central(organization):
    """The central account's template; what it makes is gone afterwards."""
    yield (ROOT / CENTRAL_TEMPLATE).read_text()
    client = organization.client("cloudformation", CENTRAL, REGION)
    cloudformation.delete(client, CENTRAL_STACK, lambda _: None)
    backup = organization.client("backup", CENTRAL, REGION)
    backup.delete_backup_vault(BackupVaultName=VAULT)
    organization.client("kms", CENTRAL, REGION).delete_alias(AliasName=ALIAS)


@pytest.mark.parametrize("obstacle", [Vault, Alias])
def test_the_central_account_is_made_at_the_second_attempt(organization, central, obstacle):
    in_the_way = obstacle(organization)
    with pytest.raises(Problem, match="already exists"):
        deploy(organization, CENTRAL, CENTRAL_STACK, central, **CENTRAL_VALUES)
    in_the_way.remove()
    deploy(organization, CENTRAL, CENTRAL_STACK, central, **CENTRAL_VALUES)
    assert resources(organization, CENTRAL, CENTRAL_STACK)["CentralVault"] == VAULT


def test_a_deployed_central_account_keeps_vault_and_key_and_is_protected_as_before(
    organization, central
):
    """As deployed with `Retain`, brought to today's template, then its stack deleted."""
    before = central.replace("DeletionPolicy: RetainExceptOnCreate", "DeletionPolicy: Retain")
    assert before != central
    deploy(organization, CENTRAL, CENTRAL_STACK, before, **CENTRAL_VALUES)
    there = resources(organization, CENTRAL, CENTRAL_STACK)
    changed = CENTRAL_VALUES | {"VaultLockMaxRetentionDays": "3650"}
    deploy(organization, CENTRAL, CENTRAL_STACK, central, **changed)
    assert resources(organization, CENTRAL, CENTRAL_STACK) == there
    cloudformation.delete(
        organization.client("cloudformation", CENTRAL, REGION), CENTRAL_STACK, lambda _: None
    )
    backup = organization.client("backup", CENTRAL, REGION)
    assert backup.describe_backup_vault(BackupVaultName=VAULT)
    kms = organization.client("kms", CENTRAL, REGION)
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]
    assert (key["KeyId"], key["KeyState"]) == (there["CentralKey"], "Enabled")


def test_a_package_bucket_is_made_at_the_second_attempt_and_kept_when_its_stack_goes(organization):
    template = (ROOT / "cloudformation/home-account/aws-backup-lambda-s3-bucket.yaml").read_text()
    values = {"OrganizationId": TARGETS["OrganizationId"]}
    s3 = organization.client("s3", HOME, REGION)
    bucket = {"Bucket": f"lambda-deployment-bucket-{HOME}-{REGION}"}
    # Behind the bucket and its policy comes something that cannot be made.
    broken = load_template(template)
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"RoleName": "OrganizationAccountAccessRole", "AssumeRolePolicyDocument": trust}
    broken["Resources"]["Broken"] = {
        "Type": "AWS::IAM::Role",
        "DependsOn": "PackageBucketPolicy",
        "Properties": role,
    }
    with pytest.raises(Problem, match="because of Broken"):
        deploy(organization, HOME, "buckets", json.dumps(broken), **values)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(**bucket)
    deploy(organization, HOME, "buckets", template, **values)
    cloudformation.delete(
        organization.client("cloudformation", HOME, REGION), "buckets", lambda _: None
    )
    s3.head_bucket(**bucket)
    s3.delete_bucket(**bucket)
