"""CloudFormation's roles may do all that their stacks ever ask, and have nothing that they do not.

The stacks that the pipeline deploys with one are made, changed in everything that can change,
changed back and deleted with that role. The emulator checks each permission on its resource and
remembers which statement was decisive. Stack sets are left to the rehearsal.
"""

import re
import tomllib

import pytest
from botocore.exceptions import ClientError
from kit.clients import client
from kit.names import PACKAGE, ROOT
from kit.solution import ARCHITECTURE
from kit.wait import eventually

from rehearsal.grants import grants
from rehearsal.grants.granted import REASONS, TABLE
from rehearsal.names import HOME, HOME_REGION, TARGETS

from .home_account import deploy_home, quick

ROLE = f"arn:aws:iam::{HOME}:role/CloudFormationRole"
WATCH_ROLE = f"arn:aws:iam::{HOME}:role/CloudFormationWatchRole"
PIPELINE = "aws-backup-codepipeline"
WATCH = "aws-backup-watch"
PACKAGES = f"lambda-deployment-bucket-{HOME}-{HOME_REGION}"
TOPIC = f"arn:aws:sns:{HOME_REGION}:{HOME}:other"
TAGS = {"Application": "Backup and Recovery with AWS Backup Solution"}
OTHER_TAGS = {"Owner": "somebody"}


def denials(home):
    """What the roles were refused; the pipeline, which starts by itself, is not looked at."""
    sessions = tuple(
        role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/"
        for role in (ROLE, WATCH_ROLE)
    )
    found = home.denials()
    return [entry["message"] for entry in found if entry["principal"].startswith(sessions)]


@pytest.fixture(scope="module")
def home(emulator):
    """The home account as `make deploy-home` leaves it, and what the pipeline finds beside it."""
    # The pipeline would update its own stack beside the tests: it gets no source.
    emulator.inject(
        {"service": "codecommit", "operation": "UploadArchive", "kind": "refuse", "times": 99}
    )
    with quick():
        deploy_home(emulator)
    s3 = client(emulator.url, "s3", HOME, HOME_REGION)
    place = {"LocationConstraint": HOME_REGION}
    s3.create_bucket(Bucket=PACKAGES, CreateBucketConfiguration=place)
    ssm = client(emulator.url, "ssm", HOME, HOME_REGION)
    for number in (1, 2):
        for folder in ("", "backup-watch/"):
            s3.put_object(Bucket=PACKAGES, Key=f"{folder}{number}.zip", Body=PACKAGE.read_bytes())
        ssm.put_parameter(
            Name=f"/backup/test/package-{number}", Type="String", Value=f"{number}.zip"
        )
    client(emulator.url, "sns", HOME, HOME_REGION).create_topic(Name="other")
    return emulator


def operate(home, operation, name, template="", parameters=(), tags=TAGS):
    """A stack operation with the role; the stack's status when it is over."""
    cloud = client(home.url, "cloudformation", HOME, HOME_REGION)
    wanted = {"StackName": name, "RoleARN": WATCH_ROLE if name == WATCH else ROLE}
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
        wanted["StackName"] = cloud.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    stack = getattr(cloud, f"{operation}_stack")(**wanted).get("StackId", wanted["StackName"])

    def ended():
        status = cloud.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        return None if status.endswith("_IN_PROGRESS") else status

    return eventually(ended, f"the {operation} of {name} did not come to an end")


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


@pytest.fixture(scope="module")
def life(home):
    """(operation, stack, status) of all that the role is asked to do, and what it was refused."""
    done = []

    def act(operation, name, *more):
        try:
            done.append((operation, name, operate(home, operation, name, *more)))
        except ClientError as error:  # what an earlier failure has left cannot be worked with
            done.append((operation, name, str(error)))

    template = text("cloudformation/home-account/aws-backup-ssm-targets.yaml")
    act("create", "aws-backup-ssm-targets", template, TARGETS)
    act("update", "aws-backup-ssm-targets", otherwise(template), TARGETS, OTHER_TAGS)
    act("update", "aws-backup-ssm-targets", template, TARGETS)

    template = text("cloudformation/home-account/aws-backup-codepipeline.yaml")
    changed = {"AlarmTopicArn": TOPIC, "RequireApproval": "true"}
    act("update", PIPELINE, otherwise(template), changed, OTHER_TAGS)
    act("update", PIPELINE, template)
    act("delete", PIPELINE)

    names = ("aws-backup-backuporgpolicymanager-role", "aws-backup-backuporgpolicymanager")
    one, two = (
        {"PackageKey": f"/backup/test/package-{number}", "Architecture": ARCHITECTURE}
        for number in (1, 2)
    )
    for name, before, after in zip(names, ({}, one), ({}, two), strict=True):
        template = text(f"cloudformation/home-account/{name}.yaml")
        act("create", name, template, before)
        act("update", name, otherwise(template), after, OTHER_TAGS)
        act("update", name, template, before)

    template = text("cloudformation/home-account/aws-backup-watch.yaml")
    before, after = (
        {"Architecture": ARCHITECTURE, "LogLevel": level} for level in ("INFO", "WARN")
    )
    for number, (operation, body, values) in enumerate(
        (
            ("create", template, before),
            ("update", otherwise(template), after),
            ("update", template, before),
        )
    ):
        _record_package(home, f"backup-watch/{1 + number % 2}.zip")
        act(operation, WATCH, body, values, OTHER_TAGS if values is after else TAGS)
    act("delete", WATCH)

    for name in (*reversed(names), "aws-backup-ssm-targets"):
        act("delete", name)
    return done, denials(home)


def test_what_its_stacks_are_made_of_can_be_made_changed_and_deleted_with_the_role(life):
    done, refused = life
    assert refused == []
    wrong = [entry for entry in done if entry[2] != f"{entry[0].upper()}_COMPLETE"]
    assert wrong == []
    assert len(done) == 19


def _record_package(home, key):
    """As publishing does: the stack of the watch reads no other parameter than this one."""
    client(home.url, "ssm", HOME, HOME_REGION).put_parameter(
        Name="/backup/lambda/aws-backup-watch/deployed-package",
        Type="String",
        Value=key,
        Overwrite=True,
    )


def test_the_pipeline_itself_is_made_by_a_person(home, life):
    """Everything else of its stack could be made anew with the role, and is removed again."""
    home.take_denials()
    template = text("cloudformation/home-account/aws-backup-codepipeline.yaml")
    assert operate(home, "create", PIPELINE, template) == "ROLLBACK_COMPLETE"
    (refused,) = denials(home)
    assert "is not authorized to perform: codepipeline:CreatePipeline on resource: " in refused
    assert operate(home, "delete", PIPELINE) == "DELETE_COMPLETE"


@pytest.mark.parametrize("arn", [ROLE, WATCH_ROLE])
def test_the_role_has_nothing_that_no_stack_asks_for(home, life, arn):
    """What allowed nothing in all this is needed in the rehearsal, or has a reason."""
    (role,) = (entry for entry in home.permissions()["roles"] if entry["role"] == arn)
    idle = {
        (statement["policy"].removeprefix("inline "), statement["statement"], action["action"])
        for statement in role["statements"]
        for action in statement["actions"]
        if action["state"] == "unused"
    }
    reasons = grants.read_reasons(tomllib.loads(REASONS.read_text()))
    name = arn.rpartition("/")[2]
    mine = [reason for reason in reasons if reason.role == name]
    explained = {action for reason in mine for action in reason.actions}
    needed = needed_in_the_rehearsal(name)
    assert needed or arn != ROLE
    assert {grant for grant in idle - needed if grant[2] not in explained} == set()


def needed_in_the_rehearsal(role):
    """(policy, statement, action) of a role's that the rehearsal's own table has as checked."""
    section = TABLE.read_text().partition(f"\n## {role}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+), (\w+) \| (.*?) \|", section, re.M)
    return {
        (policy, statement, action)
        for policy, statement, checked in rows
        for action in re.findall(r"`([^`]+)`", checked)
    }
