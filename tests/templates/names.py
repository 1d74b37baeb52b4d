"""The names that accounts, stacks and people spell; `definitions` finds where each is given."""

from dataclasses import dataclass

from deploy.removal.own_stacks import PACKAGE_PARAMETERS
from model import STACKS, templates

NAMES: dict[str, tuple[str, ...]] = {
    "role": (
        "BackupOrgPolicyManagerOrgAdmin",
        "CloudFormationRole",
        "BackupOrgPolicyManager",
        "BackupWatch",
        "CloudFormationWatchRole",
        "AWSBackupSolutionCentralAccountRole",
        "AWSBackupSolutionRole",
        "AWSCloudFormationStackSetAdministrationRole",
        "AWSCloudFormationStackSetExecutionRole",
    ),
    "function": ("BackupOrgPolicyManager", "BackupWatch", "TagOnRestore"),
    "repository": ("backup-recovery-with-aws-backup",),
    "pipeline": ("backup-recovery-with-aws-backup",),
    "key alias": (
        "aws-backup-codepipeline-kms",
        "AWSBackupSolutionCentralKey",
        "AWSBackupSolutionKey",
    ),
    "build": (
        "AWSBackup-ValidateTemplates",
        "AWSBackup-TestAndPackageTagOnRestore",
        "AWSBackup-TestAndPackageBackupOrgPolicyManager",
        "AWSBackup-TestAndPackageBackupWatch",
    ),
    "bucket": ("lambda-deployment-bucket-${AWS::AccountId}-${AWS::Region}",),
    "vault": ("AWSBackupSolutionCentralVault", "AWSBackupSolutionVault"),
    "SSM parameter": (
        "/backup/bucket",
        "/backup/org-management-account",
        "/backup/home-account",
        "/backup/central-vault-arn",
        "/backup/target/global-region",
        "/backup/target/regions",
        "/backup/target/organizational-units",
        "/backup/lambda/bucket-prefix",
        "/backup/lambda/aws-backup-backuporgpolicymanager/deployed-package",
        "/backup/lambda/aws-backup-backuporgpolicymanager/deployed-hash",
        "/backup/lambda/aws-backup-tagonrestore/deployed-package",
        "/backup/lambda/aws-backup-tagonrestore/deployed-hash",
        "/backup/lambda/aws-backup-watch/deployed-package",
        "/backup/lambda/aws-backup-watch/deployed-hash",
        "/backup/org-id",
    ),
    "stack": (
        "aws-backup-solution-central-account-role",
        "aws-backup-solution-central-account",
        "aws-cloudformation-stackset-admin-role",
        "aws-cloudformation-stackset-execution-role",
        "aws-backup-s3-bucket",
        "aws-backup-codepipeline-kms-key",
        "aws-backup-codepipeline-cloudformation-role",
        "aws-backup-codebuild-validate-templates",
        "aws-backup-codebuild-test-package-tagonrestore",
        "aws-backup-codebuild-test-package-orgpolicymanager",
        "aws-backup-codebuild-test-package-watch",
        "aws-backup-codecommit",
        "aws-backup-codepipeline",
        "aws-backup-backuporgpolicymanager-mangement-role",
        "aws-backup-ssm-targets",
        "stackset-aws-backup-lambda-s3-bucket",
        "aws-backup-backuporgpolicymanager-role",
        "aws-backup-backuporgpolicymanager",
        "stackset-aws-backup-tagonrestore",
        "stackset-aws-backup-member-accounts-role",
        "stackset-aws-backup-member-accounts",
        "aws-backup-watch",
        "aws-backup-org-policy",
    ),
    "export": (
        "aws-backup-central-backup-vault-arn",
        "aws-backup-central-backup-vault-name",
        "aws-backup-s3-bucket-name",
        "aws-backup-s3-bucket-arn",
        "aws-backup-codepipeline-kms-arn",
        "aws-backup-codepipeline-kms-id",
        "aws-backup-codecommit-arn",
        "aws-backup-codecommit-repo-name",
        "aws-backup-codecommit-http-clone-url",
        "aws-backup-lambda-s3-bucket-name",
        "aws-backup-lambda-s3-bucket-arn",
        "aws-backup-backuporgpolicymanager-lambda-arn",
        "aws-backup-notifications-topic-arn",
        "aws-backup-notifications-key-arn",
        "aws-backup-notifications-watch-queue-arn",
    ),
    "template parameter": (
        "pOrganizationId",
        "AdministratorAccountId",
        "BackupAndRecoveryHomeAccountId",
    ),
    "target value": (
        "TargetHomeAccount",
        "TargetRegions",
        "TargetGlobalRegion",
        "TargetOUs",
        "CentralBackupVaultArn",
        "OrgManagementAccount",
        "OrganizationId",
    ),
}

_FIXED = {
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::Lambda::Function": ("function", "FunctionName"),
    "AWS::CodeCommit::Repository": ("repository", "RepositoryName"),
    "AWS::CodePipeline::Pipeline": ("pipeline", "Name"),
    "AWS::KMS::Alias": ("key alias", "AliasName"),
    "AWS::CodeBuild::Project": ("build", "Name"),
    "AWS::S3::Bucket": ("bucket", "BucketName"),
    "AWS::Backup::BackupVault": ("vault", "BackupVaultName"),
    "AWS::SSM::Parameter": ("SSM parameter", "Name"),
}


@dataclass(frozen=True)
class Definition:
    kind: str
    name: str
    file: str


def definitions() -> list[Definition]:
    """Every place where a name is given to something."""
    found = [Definition("stack", stack.name, "tools/deploy/stacks.py") for stack in STACKS]
    found += [
        Definition("SSM parameter", name, "tools/deploy/pipeline/packages.py")
        for name in PACKAGE_PARAMETERS
    ]
    for template in templates():
        for resource in template.resources().values():
            kind, key = _FIXED.get(resource["Type"], (None, None))
            name = resource.get("Properties", {}).get(key)
            if name is not None:
                text = name["Fn::Sub"] if isinstance(name, dict) else name
                found.append(Definition(kind, text.removeprefix("alias/"), template.name))
        for output in template.body.get("Outputs", {}).values():
            if "Export" in output:
                found.append(Definition("export", output["Export"]["Name"], template.name))
        for name in template.body.get("Parameters", {}):
            if name in NAMES["template parameter"]:
                found.append(Definition("template parameter", name, template.name))
            if template.path.stem == "aws-backup-ssm-targets":
                found.append(Definition("target value", name, template.name))
    return found
