"""A first creation that fails leaves nothing in its own way, and what is deployed stays."""

import json

import pytest
from botocore.exceptions import ClientError
from deploy import cloudformation
from deploy.problem import Problem
from deploy.stacks import load_template
from kit.clients import client
from kit.names import CENTRAL, HOME, ORGANIZATION, REGION, ROOT

from .home_account import deploy, quick, silent

CENTRAL_STACK = "aws-backup-solution-central-account"
CENTRAL_TEMPLATE = "cloudformation/central-account/aws-backup-central-backup-account.yaml"
CENTRAL_VALUES = {"pOrganizationId": ORGANIZATION, "DeployingPrincipal": "root"}
VAULT, ALIAS = "AWSBackupSolutionCentralVault", "alias/AWSBackupSolutionCentralKey"


@pytest.fixture(autouse=True)
def quickly():
    with quick():
        yield


def resources(emulator, account, name):
    """Logical id -> physical id."""
    cloud = client(emulator.url, "cloudformation", account)
    found = cloud.describe_stack_resources(StackName=name)["StackResources"]
    return {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in found}


def delete(emulator, account, name):
    """Delete a stack."""
    cloudformation.delete(client(emulator.url, "cloudformation", account), name, silent)


class Vault:
    """In the way of the central account's stack."""

    def __init__(self, emulator):
        self._client = client(emulator.url, "backup", CENTRAL)
        self._client.create_backup_vault(BackupVaultName=VAULT)

    def remove(self):
        self._client.delete_backup_vault(BackupVaultName=VAULT)


class Alias:
    """In the way of the central account's stack."""

    def __init__(self, emulator):
        self._client = client(emulator.url, "kms", CENTRAL)
        key = self._client.create_key()["KeyMetadata"]["KeyId"]
        self._client.create_alias(AliasName=ALIAS, TargetKeyId=key)

    def remove(self):
        self._client.delete_alias(AliasName=ALIAS)


@pytest.fixture
def central(emulator):
    """The central account's template; what it makes is gone afterwards."""
    yield (ROOT / CENTRAL_TEMPLATE).read_text()
    delete(emulator, CENTRAL, CENTRAL_STACK)
    backup = client(emulator.url, "backup", CENTRAL)
    backup.delete_backup_vault(BackupVaultName=VAULT)
    client(emulator.url, "kms", CENTRAL).delete_alias(AliasName=ALIAS)


@pytest.mark.parametrize("obstacle", [Vault, Alias])
def test_the_central_account_is_made_at_the_second_attempt(emulator, central, obstacle):
    in_the_way = obstacle(emulator)
    with pytest.raises(Problem, match="already exists"):
        deploy(emulator, CENTRAL, REGION, CENTRAL_STACK, central, **CENTRAL_VALUES)
    in_the_way.remove()
    deploy(emulator, CENTRAL, REGION, CENTRAL_STACK, central, **CENTRAL_VALUES)
    assert resources(emulator, CENTRAL, CENTRAL_STACK)["CentralVault"] == VAULT


def test_a_deployed_central_account_keeps_vault_and_key_and_is_protected_as_before(
    emulator, central
):
    """As deployed with `Retain`, brought to today's template, then its stack deleted."""
    before = central.replace("DeletionPolicy: RetainExceptOnCreate", "DeletionPolicy: Retain")
    assert before != central
    deploy(emulator, CENTRAL, REGION, CENTRAL_STACK, before, **CENTRAL_VALUES)
    there = resources(emulator, CENTRAL, CENTRAL_STACK)
    changed = CENTRAL_VALUES | {"VaultLockMaxRetentionDays": "3650"}
    deploy(emulator, CENTRAL, REGION, CENTRAL_STACK, central, **changed)
    assert resources(emulator, CENTRAL, CENTRAL_STACK) == there
    delete(emulator, CENTRAL, CENTRAL_STACK)
    backup = client(emulator.url, "backup", CENTRAL)
    assert backup.describe_backup_vault(BackupVaultName=VAULT)
    kms = client(emulator.url, "kms", CENTRAL)
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]
    assert (key["KeyId"], key["KeyState"]) == (there["CentralKey"], "Enabled")


def test_a_package_bucket_is_made_at_the_second_attempt_and_kept_when_its_stack_goes(emulator):
    template = (ROOT / "cloudformation/home-account/aws-backup-lambda-s3-bucket.yaml").read_text()
    values = {"OrganizationId": ORGANIZATION}
    s3 = client(emulator.url, "s3", HOME)
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
        deploy(emulator, HOME, REGION, "buckets", json.dumps(broken), **values)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(**bucket)
    deploy(emulator, HOME, REGION, "buckets", template, **values)
    delete(emulator, HOME, "buckets")
    s3.head_bucket(**bucket)
    s3.delete_bucket(**bucket)
