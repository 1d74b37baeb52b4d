"""Each make target needs its policy document in tools/deploy/permissions, all of it, and no more.

A role that has one document and nothing else runs the target's own code on the emulator, which
refuses what is not allowed: preview, deployment, a change of everything that can change and back,
removal. What the document allows beside that has its reason below.
"""

import json

import boto3
import pytest
from conftest import CENTRAL, CENTRAL_REGION, HOME, HOME_REGION, MANAGEMENT, ROOT
from test_cloudformation_role import OTHER_TAGS, otherwise

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
}


def document(name):
    return (DOCUMENTS / f"{name}.json").read_text()


class Deployer:
    """A person with one document, in one account."""

    def __init__(self, organization, account, region, name):
        self.organization = organization
        self.arn = f"arn:aws:iam::{account}:role/{name}"
        self.region_name, self.profile_name = region, "deployer"
        root = f"arn:aws:iam::{account}:root"
        trust = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
        iam = organization.client("iam", account)
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=document(name))
        found = organization.client("sts", account).assume_role(
            RoleArn=self.arn, RoleSessionName="deployer"
        )["Credentials"]
        self._keys = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def client(self, service, region_name=None):
        return boto3.client(
            service,
            region_name=region_name or self.region_name,
            endpoint_url=self.organization.endpoint,
            **self._keys,
        )

    def denials(self):
        session = self.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        found = self.organization.control("GET", "denials")
        return [entry["message"] for entry in found if entry["principal"].startswith(session)]

    def idle(self):
        """What the document allows and nothing asked for."""
        roles = self.organization.control("GET", "permissions")["roles"]
        (role,) = (entry for entry in roles if entry["role"] == self.arn)
        return {
            action["action"]
            for statement in role["statements"]
            for action in statement["actions"]
            if action["state"] == "unused"
        }

    def change_and_change_back(self, stacks):
        """Every stack that is there in each Region: changed in place, and as it was."""
        from deploy import cloudformation

        for stack in stacks:
            client = self.client("cloudformation")
            if cloudformation.status(client, stack.name) is None:
                continue
            there = client.describe_stacks(StackName=stack.name)["Stacks"][0]
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
                client.update_stack(**wanted, TemplateBody=body, Tags=tagged)
                assert cloudformation.wait(client, stack.name) == "UPDATE_COMPLETE", self.denials()


@pytest.fixture
def deployer(organization, monkeypatch, tmp_path):
    """Makes a person with a document; every stack that can be left out is wanted."""
    from deploy import cloudformation, source, stacks

    monkeypatch.setattr(source, "require_committed", lambda: None)
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0.1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", organization.endpoint)
    given = {
        "HomeRegion": HOME_REGION,
        "NotificationEmail": "backups@example.com",
    }
    for file in stacks.PARAMETERS.glob("*.json"):
        text = file.read_text()
        for name, value in given.items():
            text = text.replace(f'"{name}": ""', f'"{name}": "{value}"')
        (tmp_path / file.name).write_text(text)
    monkeypatch.setattr(stacks, "PARAMETERS", tmp_path)
    return lambda *place: Deployer(organization, *place)


@pytest.fixture(scope="module")
def values(organization):
    from deploy import targets

    return targets.load(organization.targets)


def stacks_of(account):
    from deploy.stacks import STACKS

    return [stack for stack in STACKS if stack.by == f"make deploy-{account}"]


def expect_exactly(person, name):
    assert person.denials() == []
    assert person.idle() == set().union(*UNASKED[name].values())


def quiet(_):
    """What the targets print is looked at elsewhere."""


def test_prepare_organization(deployer, values):
    from deploy import organization

    person = deployer(MANAGEMENT, HOME_REGION, "prepare-organization")
    assert organization.prepare(person, values, False, quiet) is False
    assert organization.prepare(person, values, True, quiet) is True
    expect_exactly(person, "prepare-organization")


def test_prepare_members(deployer, values):
    from deploy import adopt, members

    person = deployer(MANAGEMENT, HOME_REGION, "prepare-members")
    enter = adopt.entering(person, "OrganizationAccountAccessRole", purpose="prepare-members")
    assert members.prepare(person, values, enter, False, quiet) is False
    assert members.prepare(person, values, enter, True, quiet) is True
    expect_exactly(person, "prepare-members")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("central", (CENTRAL, CENTRAL_REGION)),
        ("management", (MANAGEMENT, HOME_REGION)),
        ("home", (HOME, HOME_REGION)),
    ],
)
def test_deploying_and_destroying(organization, deployer, values, name, place):
    from deploy import accounts

    # The pipeline that is made would deploy the rest beside the test: it gets no source.
    organization.fault(service="codecommit", operation="UploadArchive", kind="refuse", times=99)
    person = deployer(*place, f"deploy-{name}")
    deploy = getattr(accounts, f"deploy_{name}")
    deploy(person, values, False, quiet)
    deploy(person, values, True, quiet)
    deploy(person, values, False, quiet)
    person.change_and_change_back(stacks_of(name))
    accounts.destroy(person, values, name, True, quiet)
    expect_exactly(person, f"deploy-{name}")


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_document_fits_into_a_managed_policy_and_allows_no_whole_service(path):
    found = json.loads(path.read_text())
    assert len(json.dumps(found, separators=(",", ":"))) <= LARGEST
    for statement in found["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert "*" not in action


def test_every_document_is_of_a_target(organization):
    assert {path.stem for path in DOCUMENTS.glob("*.json")} == set(UNASKED)
