"""An organization in which the original's stacks run.

The templates in `rehearsal/original` are our own, with the original's names of stacks, resources,
policies and stack sets, and its logical ids.
"""

import io
import sys
import zipfile

from kit.names import ORGANIZATION
from kit.stacks import Stack, Stacks
from kit.wait import eventually

from ..names import (
    CENTRAL,
    CENTRAL_REGION,
    CENTRAL_VAULT,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    ROOT,
    SETTLE_SECONDS,
    RehearsalFailed,
)

FOLDER = ROOT / "tests" / "rehearsal" / "original"
PIPELINE = "backup-recovery-aws-backup"
ROLE = f"arn:aws:iam::{HOME}:role/CloudFormationRole"
GLOBAL = {"Regions": "/backup/target/global-region"}
# Stack -> template, values. A person deploys these, then the pipeline the others.
CENTRAL_STACKS = {
    "aws-backup-solution-central-account-role": (
        "backup-role",
        {"RoleName": "AWSBackupSolutionCentralAccountRole"},
    ),
    "aws-backup-solution-central-account": ("central-account", {"pOrganizationId": ORGANIZATION}),
}
MANAGEMENT_STACKS = {
    "aws-backup-backuporgpolicymanager-mangement-role": (
        "management-role",
        {"BackupAndRecoveryHomeAccountId": HOME},
    ),
}
HOME_STACKS = {
    "aws-cloudformation-stackset-admin-role": ("stackset-roles", {"Administration": "true"}),
    "aws-cloudformation-stackset-execution-role": ("stackset-roles", {}),
    "aws-backup-s3-bucket": ("s3-bucket", {}),
    "aws-backup-codepipeline-kms-key": ("codepipeline-kms", {}),
    "aws-backup-codepipeline-cloudformation-role": ("cloudformation-role", {}),
    "aws-backup-codebuild-validate-templates": (
        "codebuild",
        {"Name": "AWSBackup-ValidateTemplates"},
    ),
    "aws-backup-codebuild-test-package-tagonrestore": (
        "codebuild",
        {"Name": "AWSBackup-TestAndPackageTagOnRestore"},
    ),
    "aws-backup-codebuild-test-package-orgpolicymanager": (
        "codebuild",
        {"Name": "AWSBackup-TestAndPackageBackupOrgPolicyManager"},
    ),
    "aws-backup-codecommit": ("codecommit", {}),
    "aws-backup-codepipeline": ("codepipeline", {}),
}


def _stack_set(name, template, key, value, **more):
    values = {"StackSetName": f"organizations-aws-backup-{name}", "Key": key, "Value": value}
    return "service-managed", values | {"TemplateURL": template} | more


PIPELINE_STACKS = {
    "stackset-aws-backup-lambda-s3-bucket": ("package-buckets", {"TemplateURL": "package-bucket"}),
    "aws-backup-backuporgpolicymanager-role": (
        "backuporgpolicymanager-role",
        {"OrganizationManagementAccount": MANAGEMENT},
    ),
    "aws-backup-backuporgpolicymanager": ("backuporgpolicymanager", {}),
    "stackset-aws-backup-tagonrestore-role": _stack_set(
        "tagonrestore-role", "tagonrestore", "Name", "TagOnRestoreRole", **GLOBAL
    ),
    "stackset-aws-backup-tagonrestore": _stack_set(
        "tagonrestore", "tagonrestore", "Name", "TagOnRestore"
    ),
    "stackset-aws-backup-member-accounts-role": _stack_set(
        "member-accounts-role", "backup-role", "RoleName", "AWSBackupSolutionRole", **GLOBAL
    ),
    "stackset-aws-backup-member-accounts": _stack_set(
        "member-accounts", "member-account", "CentralBackupVaultArn", CENTRAL_VAULT
    ),
    "aws-backup-org-policy": ("org-policy", {"OrgManagementAccount": MANAGEMENT}),
}


class Original:
    """Deploys the original in the order of its README, as the accounts' administrators."""

    def __init__(self, administrators):
        self._administrators = administrators

    def deploy(self):
        """All of it, its pipeline's first run included."""
        self._deploy(CENTRAL, CENTRAL_REGION, CENTRAL_STACKS)
        self._deploy(MANAGEMENT, HOME_REGION, MANAGEMENT_STACKS)
        stacks = dict(HOME_STACKS)
        later = {
            name: stacks.pop(name) for name in ("aws-backup-codecommit", "aws-backup-codepipeline")
        }
        self._deploy(HOME, HOME_REGION, stacks)
        self._put("aws-backup-solution.zip", _zip({"ssm-targets.yaml": _template("ssm-targets")}))
        self._deploy(HOME, HOME_REGION, later)
        self._await_pipeline()
        for name in ("package-bucket", "backup-role", "member-account", "tagonrestore"):
            self._put(f"deployment/{name}.yaml", _template(name))
        for name, stack in PIPELINE_STACKS.items():
            if name == "aws-backup-backuporgpolicymanager":
                self._put_function()
            self._deploy(HOME, HOME_REGION, {name: stack}, role=ROLE)

    def stacks(self):
        """Those of the home account that are there, by name."""
        client = self._client("cloudformation")
        return {stack["StackName"] for stack in client.describe_stacks()["Stacks"]}

    def _deploy(self, account, region, stacks, role=None):
        client = self._client("cloudformation", account, region)

        def call(operation, **parameters):
            if operation == "CreateStack":
                parameters["TemplateBody"] = parameters["TemplateBody"].read_text()
                parameters |= {"RoleARN": role} if role else {}
            return client._make_api_call(operation, parameters)

        for name, (template, values) in stacks.items():
            if "TemplateURL" in values:
                values = values | {"TemplateURL": self._url(values["TemplateURL"])}
            made = Stacks(call).create(
                Stack(name, FOLDER / f"{template}.yaml", values, creates_named_roles=True)
            )
            made.expect_complete()

    def _await_pipeline(self):
        client = self._client("codepipeline")

        def succeeded():
            found = client.list_pipeline_executions(pipelineName=PIPELINE)
            return found["pipelineExecutionSummaries"][0]["status"] == "Succeeded"

        eventually(
            succeeded,
            "the original's pipeline did not succeed",
            SETTLE_SECONDS,
            error=RehearsalFailed,
        )

    def _put_function(self):
        """Its package, where its build would have put it."""
        source = f"#!{sys.executable}\n{(FOLDER / 'function.py').read_text()}"
        self._client("s3").put_object(
            Bucket=f"lambda-deployment-bucket-{HOME}-{HOME_REGION}",
            Key="lambda/BackupOrgPolicyManager.zip",
            Body=_zip({"bootstrap": source.encode()}),
        )

    def _bucket(self):
        found = self._client("cloudformation").describe_stacks(StackName="aws-backup-s3-bucket")
        outputs = {o["OutputKey"]: o["OutputValue"] for o in found["Stacks"][0]["Outputs"]}
        return outputs["DeploymentBucketName"]

    def _put(self, key, content):
        self._client("s3").put_object(Bucket=self._bucket(), Key=key, Body=content)

    def _url(self, template):
        return f"https://{self._bucket()}.s3.{HOME_REGION}.amazonaws.com/deployment/{template}.yaml"

    def _client(self, service, account=HOME, region=HOME_REGION):
        return self._administrators.client(service, account, region)


def _template(name):
    return (FOLDER / f"{name}.yaml").read_bytes()


def _zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
