"""Every stack of the solution, in the order in which it is deployed. The only list of them."""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "cloudformation"
PARAMETERS = TEMPLATES / "parameters"

# Every stack carries this tag.
TAG = {"Key": "Application", "Value": "Backup and Recovery with AWS Backup Solution"}


@dataclass(frozen=True)
class Stack:
    """A stack, the account it is deployed in, and who deploys it."""

    name: str
    template: str  # below the repository's root
    account: str  # central, management, home
    by: str  # the make target, or the pipeline's stage
    region: str  # in words, for people
    needs: tuple[str, ...] = ()  # stacks of other accounts or order that no import shows
    child: str | None = None  # a stack set's template
    everywhere: bool = False  # one in every target Region
    beside_organizations: bool = False  # in the Region of AWS Organizations, where its events are
    values: str | None = None  # the parameter file's name, where several stacks share one

    @property
    def template_path(self) -> Path:
        return ROOT / self.template

    @property
    def parameter_file(self) -> Path:
        return PARAMETERS / f"{self.values or self.name}.json"

    def left_open(self) -> str | None:
        """A value without a default that the repository leaves empty: the stack is not wanted."""
        declared = load_template(self.template_path.read_text()).get("Parameters", {})
        empty = [name for name, value in self.parameters().items() if value == ""]
        return next((name for name in empty if "Default" not in declared[name]), None)

    def parameters(self) -> dict[str, str]:
        """The values that the repository holds for this stack."""
        if not self.parameter_file.exists():
            return {}
        return json.loads(self.parameter_file.read_text())["Parameters"]


def _central(name, template):
    return Stack(
        name,
        f"cloudformation/central-account/{template}",
        "central",
        "make deploy-central",
        "the central vault's",
    )


def _management(name, template, needs=()):
    return Stack(
        name,
        f"cloudformation/management-account/{template}",
        "management",
        "make deploy-management",
        "any one",
        needs,
    )


def _home(name, template, needs=()):
    folder = "" if template.startswith("codebuild/") else "cloudformation/home-account/"
    return Stack(name, folder + template, "home", "make deploy-home", "home", needs)


def _pipeline(name, template, stage, needs=(), child=None):
    return Stack(
        name, f"cloudformation/{template}", "home", f"pipeline, {stage}", "home", needs, child
    )


FAILED_JOBS = "cloudformation/central-and-management-account/aws-backup-failed-jobs.yaml"

STACKS = (
    _central(
        "aws-backup-solution-central-account-role", "aws-backup-central-backup-account-role.yaml"
    ),
    _central("aws-backup-solution-central-account", "aws-backup-central-backup-account.yaml"),
    _central(
        "aws-backup-solution-central-air-gapped-vault", "aws-backup-central-air-gapped-vault.yaml"
    ),
    Stack(
        "aws-backup-failed-jobs",
        FAILED_JOBS,
        "central",
        "make deploy-central",
        "the central vault's",
    ),
    _management(
        "aws-backup-backuporgpolicymanager-mangement-role",
        "aws-backup-backuporgpolicymanager-mangement-role.yaml",
    ),
    _management(
        "aws-backup-scp-limit-to-central-vault",
        "aws-backup-scp-limit-to-central-vault.yaml",
        needs=("aws-backup-solution-central-account",),
    ),
    _management(
        "aws-backup-scp-limit-to-organization", "aws-backup-scp-limit-to-organization.yaml"
    ),
    Stack(
        "aws-backup-management-failed-jobs",
        FAILED_JOBS,
        "management",
        "make deploy-management",
        "every target Region",
        everywhere=True,
        values="aws-backup-failed-jobs",
    ),
    Stack(
        "aws-backup-policy-events",
        "cloudformation/management-account/aws-backup-policy-events.yaml",
        "management",
        "make deploy-management",
        "that of AWS Organizations (us-east-1)",
        beside_organizations=True,
        values="aws-backup-failed-jobs",
    ),
    _home("aws-cloudformation-stackset-admin-role", "aws-cloudformation-stackset-admin-role.yaml"),
    _home(
        "aws-cloudformation-stackset-execution-role",
        "aws-cloudformation-stackset-execution-role.yaml",
    ),
    _home("aws-backup-notifications", "aws-backup-notifications.yaml"),
    _home("aws-backup-s3-bucket", "aws-backup-s3-bucket.yaml"),
    _home("aws-backup-codepipeline-kms-key", "aws-backup-codepipeline-kms.yaml"),
    _home("aws-backup-codepipeline-cloudformation-role", "CloudFormationRole.yaml"),
    _home(
        "aws-backup-codebuild-validate-templates",
        "codebuild/aws-backup-codebuild-validate-templates.yaml",
    ),
    _home(
        "aws-backup-codebuild-test-package-tagonrestore",
        "codebuild/aws-backup-codebuild-test-package-tagonrestore.yaml",
    ),
    _home(
        "aws-backup-codebuild-test-package-orgpolicymanager",
        "codebuild/aws-backup-codebuild-test-package-orgpolicymanager.yaml",
    ),
    _home(
        "aws-backup-codebuild-test-package-watch",
        "codebuild/aws-backup-codebuild-test-package-watch.yaml",
    ),
    _home("aws-backup-codecommit", "aws-backup-codecommit.yaml"),
    _home("aws-backup-codepipeline", "aws-backup-codepipeline.yaml"),
    _pipeline("aws-backup-ssm-targets", "home-account/aws-backup-ssm-targets.yaml", "Targets"),
    _pipeline(
        "stackset-aws-backup-lambda-s3-bucket",
        "stack-sets/stackset-aws-backup-lambda-s3-bucket.yaml",
        "PackageBuckets",
        child="cloudformation/home-account/aws-backup-lambda-s3-bucket.yaml",
    ),
    _pipeline(
        "stackset-aws-backup-member-accounts-role",
        "stack-sets/stackset-aws-backup-member-accounts-role.yaml",
        "MemberAccounts",
        child="cloudformation/member-account/aws-backup-member-account-role.yaml",
    ),
    _pipeline(
        "stackset-aws-backup-member-accounts",
        "stack-sets/stackset-aws-backup-member-accounts.yaml",
        "MemberAccounts",
        child="cloudformation/member-account/aws-backup-member-account.yaml",
    ),
    _pipeline(
        "aws-backup-backuporgpolicymanager-role",
        "home-account/aws-backup-backuporgpolicymanager-role.yaml",
        "Functions",
    ),
    _pipeline(
        "aws-backup-backuporgpolicymanager",
        "home-account/aws-backup-backuporgpolicymanager.yaml",
        "Functions",
        needs=("aws-backup-backuporgpolicymanager-role",),
    ),
    _pipeline(
        "stackset-aws-backup-tagonrestore",
        "stack-sets/stackset-aws-backup-tagonrestore.yaml",
        "Functions",
        child="cloudformation/member-account/aws-backup-tagonrestore.yaml",
    ),
    _pipeline(
        "aws-backup-watch",
        "home-account/aws-backup-watch.yaml",
        "Functions",
        needs=("aws-backup-backuporgpolicymanager-mangement-role",),
    ),
    _pipeline(
        "aws-backup-org-policy",
        "home-account/aws-backup-org-policy.yaml",
        "OrgPolicy",
        needs=("aws-backup-backuporgpolicymanager-mangement-role",),
    ),
)

# Not the solution's: something to back up, in any account of the target OUs.
DEMO = Stack(
    "aws-backup-demo-resources",
    "cloudformation/demo/aws-backup-demo-resources.yaml",
    "member",
    "make demo-resources",
    "any target Region",
)

BY_NAME = {stack.name: stack for stack in STACKS}


def load_template(text: str) -> dict:
    """A template as plain data; short forms like `!Ref X` become `{"Ref": "X"}`."""
    return yaml.load(text, Loader=_TemplateLoader)


class _TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Knows CloudFormation's short forms. Plain scalars such as dates stay text."""


def _short_form(loader, suffix, node):
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {key: value}


_TemplateLoader.add_multi_constructor("!", _short_form)
_TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
