"""Each make target needs its policy document in tools/deploy/permissions, all of it, and no more.

A role that has one document and nothing else runs the target's own code on the emulator, which
refuses what is not allowed: preview, deployment, a change of everything that can change and back,
removal. What the document allows beside that has its reason below.
"""

import json

import pytest
from deploy import accounts, cloudformation, demo, stacks
from deploy.pipeline import source
from deploy.preparing import members, organization
from deploy.removal import own_stacks
from kit.clients import client, with_keys
from kit.names import MEMBER, ROOT

from rehearsal.names import CENTRAL, CENTRAL_REGION, HOME, HOME_REGION, MANAGEMENT

from .home_account import VALUES, quick, silent
from .test_cloudformation_role import OTHER_TAGS, otherwise

DOCUMENTS = ROOT / "tools" / "deploy" / "permissions"
# A managed policy holds no more, without white space.
LARGEST = 6144

# Allowed and not asked for here. All else that a document allows must have allowed something.
UNASKED = {
    "prepare-organization": {
        "where it is only consolidated billing": {"organizations:EnableAllFeatures"},
        "AWS makes roles with it, the emulator does not": {"iam:CreateServiceLinkedRole"},
    },
    "prepare-members": {},
    "deploy-central": {
        "a vault lock that is taken off": {"backup:DeleteBackupVaultLockConfiguration"},
        "an ability of the role that is taken back": {"iam:DetachRolePolicy"},
        "the emulator has no such vaults": {"backup:CreateLogicallyAirGappedBackupVault"},
    },
    "deploy-management": {
        "the emulator's CloudFormation has no AWS::Organizations::Policy": {
            f"organizations:{name}"
            for name in (
                "AttachPolicy",
                "CreatePolicy",
                "DeletePolicy",
                "DescribePolicy",
                "DetachPolicy",
                "ListPolicies",
                "ListTagsForResource",
                "ListTargetsForPolicy",
                "TagResource",
                "UntagResource",
                "UpdatePolicy",
            )
        },
    },
    "deploy-home": {
        "stages of another version": {"codepipeline:UpdatePipeline"},
        "the policies' stack, which the pipeline makes": {
            "cloudformation:UpdateTerminationProtection"
        },
        "where the source is a connection": {
            "codeconnections:CreateConnection",
            "codeconnections:DeleteConnection",
            "codeconnections:GetConnection",
            "codeconnections:ListTagsForResource",
            "codeconnections:PassConnection",
            "codeconnections:TagResource",
            "codeconnections:UntagResource",
            "codestar-connections:PassConnection",
        },
    },
    "demo-resources": {
        "where a key is named for the volume": {
            "kms:CreateGrant",
            "kms:GenerateDataKeyWithoutPlaintext",
        },
        "the emulator knows its zones by itself": {"ec2:DescribeAvailabilityZones"},
    },
    # What `make acceptance` needs: held by test_acceptance, which runs it with nothing else.
    "acceptance-management": {
        "the emulator does not ask for it": {"cloudformation:DescribeOrganizationsAccess"},
    },
    "acceptance-home": {},
    "acceptance-central": {
        "asked for, and denied by the vault, which is to be shown": {"backup:DeleteRecoveryPoint"},
    },
    "acceptance-member": {
        "asked for, and denied by the vault, which is to be shown": {
            "backup:DeleteRecoveryPoint",
            "backup:PutBackupVaultAccessPolicy",
        },
        "the emulator's restored buckets have no versions": {"s3:DeleteObjectVersion"},
    },
}


def document(name):
    return (DOCUMENTS / f"{name}.json").read_text()


def idle(emulator, arn):
    """What a role is allowed and nothing asked for."""
    (role,) = (entry for entry in emulator.permissions()["roles"] if entry["role"] == arn)
    return {
        action["action"]
        for statement in role["statements"]
        for action in statement["actions"]
        if action["state"] == "unused"
    }


class Session:
    """A role that was assumed, as the deploy commands want it."""

    def __init__(self, emulator, sts, arn, region):
        found = sts.assume_role(RoleArn=arn, RoleSessionName="deployer")["Credentials"]
        self._keys = (found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        self._url, self._region = emulator.url, region

    def client(self, service, region_name=None):
        return with_keys(self._url, service, region_name or self._region, *self._keys)


class Deployer:
    """A person with one document, in one account."""

    profile_name = "deployer"

    def __init__(self, emulator, account, region, name):
        self.emulator = emulator
        self.arn = f"arn:aws:iam::{account}:role/{name}"
        self.region_name = region
        root = f"arn:aws:iam::{account}:root"
        trust = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
        iam = client(emulator.url, "iam", account)
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=document(name))
        self._session = Session(emulator, client(emulator.url, "sts", account), self.arn, region)
        self.client = self._session.client

    def enter(self, account):
        """A session in another account, as the targets make it."""
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        return Session(self.emulator, self.client("sts"), arn, self.region_name)

    def denials(self):
        session = self.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        found = self.emulator.denials()
        return [entry["message"] for entry in found if entry["principal"].startswith(session)]

    def idle(self):
        """What the document allows and nothing asked for."""
        return idle(self.emulator, self.arn)

    def change_and_change_back(self, deployed):
        """Every stack that is there: changed in place, and as it was."""
        cloud = self.client("cloudformation")
        for stack in deployed:
            if cloudformation.status(cloud, stack.name) is None:
                continue
            there = cloud.describe_stacks(StackName=stack.name)["Stacks"][0]
            template = stack.template_path.read_text()
            wanted = {
                "StackName": stack.name,
                "Parameters": [
                    {"ParameterKey": entry["ParameterKey"], "UsePreviousValue": True}
                    for entry in there.get("Parameters", [])
                ],
                "Capabilities": ["CAPABILITY_NAMED_IAM"],
            }
            tags = [{"Key": key, "Value": value} for key, value in OTHER_TAGS.items()]
            # Of the repository, only tags can change in place.
            other = template if stack.name == "aws-backup-codecommit" else otherwise(template)
            for body, tagged in ((other, tags), (template, there["Tags"])):
                cloud.update_stack(**wanted, TemplateBody=body, Tags=tagged)
                assert cloudformation.wait(cloud, stack.name) == "UPDATE_COMPLETE", self.denials()


@pytest.fixture
def deployer(emulator, monkeypatch, tmp_path):
    """Makes a person with a document; stacks that can be left out are wanted, as far as they go."""
    monkeypatch.setattr(source, "require_committed", lambda: None)
    given = {"HomeRegion": HOME_REGION, "NotificationEmail": "backups@example.com"}
    for file in stacks.PARAMETERS.glob("*.json"):
        text = file.read_text()
        for name, value in given.items():
            text = text.replace(f'"{name}": ""', f'"{name}": "{value}"')
        (tmp_path / file.name).write_text(text)
    monkeypatch.setattr(stacks, "PARAMETERS", tmp_path)
    with quick():
        yield lambda *place: Deployer(emulator, *place)


def expect_exactly(person, name):
    assert person.denials() == []
    assert person.idle() == set().union(*UNASKED[name].values())


def test_prepare_organization(deployer):
    person = deployer(MANAGEMENT, HOME_REGION, "prepare-organization")
    assert organization.prepare(person, VALUES, False, silent) is False
    assert organization.prepare(person, VALUES, True, silent) is True
    expect_exactly(person, "prepare-organization")


def test_prepare_members(deployer):
    person = deployer(MANAGEMENT, HOME_REGION, "prepare-members")
    assert members.prepare(person, VALUES, person.enter, False, silent) is False
    assert members.prepare(person, VALUES, person.enter, True, silent) is True
    expect_exactly(person, "prepare-members")


def test_demo_resources(deployer):
    person = deployer(MEMBER, HOME_REGION, "demo-resources")
    for apply in (False, True, False):
        demo.deploy(person, VALUES, {}, apply, silent)
    demo.deploy(
        person, VALUES, {"BackupTag": "monthly"}, True, silent, [{"Key": "a", "Value": "b"}]
    )
    demo.deploy(person, VALUES, {}, True, silent)
    for apply in (False, True):
        demo.remove(person, VALUES, apply, silent)
    expect_exactly(person, "demo-resources")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("central", (CENTRAL, CENTRAL_REGION)),
        ("management", (MANAGEMENT, HOME_REGION)),
        ("home", (HOME, HOME_REGION)),
    ],
)
def test_deploying_and_destroying(emulator, deployer, name, place):
    # The pipeline that is made would deploy the rest beside the test: it gets no source.
    emulator.inject(
        {"service": "codecommit", "operation": "UploadArchive", "kind": "refuse", "times": 99}
    )
    person = deployer(*place, f"deploy-{name}")
    deploy = getattr(accounts, f"deploy_{name}")
    deploy(person, VALUES, False, silent)
    deploy(person, VALUES, True, silent)
    deploy(person, VALUES, False, silent)
    made = [stack for stack in stacks.STACKS if stack.by == f"make deploy-{name}"]
    person.change_and_change_back(made)
    own_stacks.destroy(person, VALUES, name, True, silent)
    expect_exactly(person, f"deploy-{name}")


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_document_fits_into_a_managed_policy_and_allows_no_whole_service(path):
    found = json.loads(path.read_text())
    assert len(json.dumps(found, separators=(",", ":"))) <= LARGEST
    for statement in found["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert "*" not in action


def test_every_document_is_of_a_target():
    assert {path.stem for path in DOCUMENTS.glob("*.json")} == set(UNASKED)
