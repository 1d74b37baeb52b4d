"""CloudFormationRole may do all that its stacks ever ask of it, and has nothing that they do not.

The stacks that the pipeline deploys with it are made, changed in everything that can change,
changed back and deleted with that role. The emulator checks each permission on its resource and
remembers which statement was decisive. Stack sets are left to the rehearsal.
"""

import platform
import re
import time

import pytest
from conftest import HOME, HOME_REGION, ROOT, TARGETS
from kit.isolation import SECONDS

ROLE = f"arn:aws:iam::{HOME}:role/CloudFormationRole"
PIPELINE = "aws-backup-codepipeline"
PACKAGES = f"lambda-deployment-bucket-{HOME}-{HOME_REGION}"
TOPIC = f"arn:aws:sns:{HOME_REGION}:{HOME}:other"
TAGS = {"Application": "Backup and Recovery with AWS Backup Solution"}
OTHER_TAGS = {"Owner": "somebody"}

# What these tests do not ask for. All else that the role has must have allowed something.
UNASKED = {
    "asked for in the rehearsal": {
        ("CreateStackSets", "cloudformation:CreateStackSet"),
        ("CreateStackSets", "cloudformation:GetTemplateSummary"),
        ("ManageStackSets", "cloudformation:CreateStackInstances"),
        ("ManageStackSets", "cloudformation:DeleteStackInstances"),
        ("ManageStackSets", "cloudformation:DeleteStackSet"),
        ("ManageStackSets", "cloudformation:DescribeStackInstance"),
        ("ManageStackSets", "cloudformation:DescribeStackSet"),
        ("ManageStackSets", "cloudformation:DescribeStackSetOperation"),
        ("ManageStackSets", "cloudformation:ListStackInstances"),
        ("ManageStackSets", "cloudformation:TagResource"),
        ("ManageStackSets", "cloudformation:UpdateStackSet"),
        ("PassStackSetAdministrationRole", "iam:PassRole"),
        ("PolicyManagerFunction", "lambda:InvokeFunction"),
        ("ReadChildTemplates", "s3:GetObject"),
    },
    "other tags or values of a stack set, or one whose instances fail": {
        ("ManageStackSets", "cloudformation:ListStackSetOperationResults"),
        ("ManageStackSets", "cloudformation:UntagResource"),
        ("ManageStackSets", "cloudformation:UpdateStackInstances"),
    },
    "asked for by a guide that does not say when": {
        ("DelegatedAdministration", "organizations:ListDelegatedAdministrators"),
        ("PolicyManagerFunction", "lambda:ListTags"),
    },
    "where the source is a connection": {
        ("PassSourceConnection", "codeconnections:PassConnection"),
        ("PassSourceConnection", "codestar-connections:PassConnection"),
    },
}


def denials(organization):
    """What the role was refused; the pipeline, which starts by itself, is not looked at."""
    session = ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    found = organization.control("GET", "denials")
    return [entry["message"] for entry in found if entry["principal"].startswith(session)]


@pytest.fixture(scope="module")
def home(organization):
    """The home account as `make deploy-home` leaves it, and what the pipeline finds beside it."""
    from deploy import accounts, cloudformation, source, targets

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "require_committed", lambda: None)
        patch.setattr(cloudformation, "POLL_SECONDS", 0.1)
        # The pipeline would update its own stack beside the tests: it gets no source.
        organization.fault(service="codecommit", operation="UploadArchive", kind="refuse", times=99)

        class Session:
            region_name, profile_name = HOME_REGION, "home"

            def client(self, service, region_name=None):
                return organization.client(service, HOME, region_name or HOME_REGION)

        accounts.deploy_home(Session(), targets.load(organization.targets), lambda _: None)
    s3 = organization.client("s3", HOME)
    place = {"LocationConstraint": HOME_REGION}
    s3.create_bucket(Bucket=PACKAGES, CreateBucketConfiguration=place)
    package = (ROOT / "dist/org-policy-manager.zip").read_bytes()
    ssm = organization.client("ssm", HOME)
    for number in (1, 2):
        s3.put_object(Bucket=PACKAGES, Key=f"{number}.zip", Body=package)
        ssm.put_parameter(
            Name=f"/backup/test/package-{number}", Type="String", Value=f"{number}.zip"
        )
    organization.client("sns", HOME).create_topic(Name="other")
    return organization


def operate(organization, operation, name, template="", parameters=(), tags=TAGS):
    """A stack operation with the role; the stack's status when it is over."""
    client = organization.client("cloudformation", HOME)
    wanted = {"StackName": name, "RoleARN": ROLE}
    if template:
        wanted |= {
            "TemplateBody": template,
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in dict(parameters).items()
            ],
        }
    if operation == "delete":
        wanted["StackName"] = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    stack = getattr(client, f"{operation}_stack")(**wanted).get("StackId", wanted["StackName"])
    deadline = time.monotonic() + SECONDS
    while True:
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found["StackStatus"]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def text(path):
    return (ROOT / path).read_text()


def otherwise(template):
    """The template with everything changed that a stack may change in place."""
    changed = template
    for pattern, instead in (
        (r"(?m)^(      Description: )(?!>)", r"\1Changed, "),
        (r"(?m)^(      AlarmDescription: )(?!>)", r"\1Changed, "),
        (r"(?m)^( +- Sid: )", r"\1Changed"),
        (r"(?m)^( +- PolicyName: )", r"\1Changed"),
        (r"(?m)^      RetentionInDays: .*\n", ""),
        (r"(?m)^(      MessageRetentionPeriod: ).*", r"\g<1>345600"),
        (r"(?m)^(      MaximumEventAgeInSeconds: ).*", r"\g<1>600"),
        (r"(?m)^(        - Id: )", r"\1Changed"),
    ):
        changed = re.sub(pattern, instead, changed)
    assert changed != template
    return changed


def test_the_targets(home):
    template = text("cloudformation/home-account/aws-backup-ssm-targets.yaml")
    assert operate(home, "create", "aws-backup-ssm-targets", template, TARGETS) == "CREATE_COMPLETE"
    for changed, tags in ((otherwise(template), OTHER_TAGS), (template, TAGS)):
        status = operate(home, "update", "aws-backup-ssm-targets", changed, TARGETS, tags)
        assert status == "UPDATE_COMPLETE", denials(home)
    assert denials(home) == []


def test_the_pipelines_own_stack(home):
    template = text("cloudformation/home-account/aws-backup-codepipeline.yaml")
    changed = {"AlarmTopicArn": TOPIC, "RequireApproval": "true"}
    status = operate(home, "update", PIPELINE, otherwise(template), changed, OTHER_TAGS)
    assert status == "UPDATE_COMPLETE", denials(home)
    assert operate(home, "update", PIPELINE, template) == "UPDATE_COMPLETE"
    assert operate(home, "delete", PIPELINE) == "DELETE_COMPLETE"
    assert denials(home) == []


def test_the_pipeline_itself_is_made_by_a_person(home):
    """Everything else of its stack could be made anew with the role, and is removed again."""
    template = text("cloudformation/home-account/aws-backup-codepipeline.yaml")
    assert operate(home, "create", PIPELINE, template) == "ROLLBACK_COMPLETE"
    (refused,) = denials(home)
    assert "is not authorized to perform: codepipeline:CreatePipeline on resource: " in refused
    home.control("DELETE", "denials")


def test_the_policy_manager(home):
    names = ("aws-backup-backuporgpolicymanager-role", "aws-backup-backuporgpolicymanager")
    machine = {"x86_64": "x86_64"}.get(platform.machine(), "arm64")
    one, two = (
        {"PackageKey": f"/backup/test/package-{number}", "Architecture": machine}
        for number in (1, 2)
    )
    for name, before, after in zip(names, ({}, one), ({}, two), strict=True):
        template = text(f"cloudformation/home-account/{name}.yaml")
        assert operate(home, "create", name, template, before) == "CREATE_COMPLETE", denials(home)
        status = operate(home, "update", name, otherwise(template), after, OTHER_TAGS)
        assert status == "UPDATE_COMPLETE", denials(home)
        assert operate(home, "update", name, template, before) == "UPDATE_COMPLETE"
    for name in reversed(names):
        assert operate(home, "delete", name) == "DELETE_COMPLETE", denials(home)
    assert operate(home, "delete", "aws-backup-ssm-targets") == "DELETE_COMPLETE"
    assert denials(home) == []


def test_the_role_has_nothing_that_no_stack_asks_for(home):
    """After the tests above: whatever else the role has, it allowed something."""
    roles = home.control("GET", "permissions")["roles"]
    (role,) = (entry for entry in roles if entry["role"] == ROLE)
    idle = {
        (statement["statement"], action["action"])
        for statement in role["statements"]
        for action in statement["actions"]
        if action["state"] == "unused"
    }
    assert idle == set().union(*UNASKED.values())
