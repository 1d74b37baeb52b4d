"""What is deployed, in which order and with which parameters."""

import hashlib
import platform
import zipfile

from .emulator import CannotStart
from .names import (
    CENTRAL,
    CENTRAL_VAULT,
    CHECKSUMS,
    HOME,
    MAKE_PACKAGES,
    MANAGEMENT,
    ORGANIZATION,
    PACKAGE,
    REGION,
    ROOT,
    TEMPLATES,
)
from .stacks import Stack

PACKAGE_BUCKET_PREFIX = f"lambda-deployment-bucket-{HOME}"
PACKAGE_BUCKET = f"{PACKAGE_BUCKET_PREFIX}-{REGION}"
PACKAGE_KEY_PARAMETER = "/backup/lambda/aws-backup-backuporgpolicymanager/deployed-package"
ARCHITECTURE = "arm64" if platform.machine().lower() in ("aarch64", "arm64") else "x86_64"
ORG_POLICY_TEMPLATE = TEMPLATES / "home-account" / "aws-backup-org-policy.yaml"
ORG_POLICY = "aws-backup-org-policy"
NOTIFICATIONS = f"arn:aws:events:{REGION}:{HOME}:event-bus/aws-backup-notifications"


class Package:
    """A function's zip, checked against its checksum, and the bootstrap in it."""

    def __init__(self, zipped=None):
        """By default the policy manager's."""
        self.path = zipped or PACKAGE
        name = self.path
        if not self.path.exists() or not CHECKSUMS.exists():
            raise CannotStart(f"`{name}` does not exist: run `{MAKE_PACKAGES}` first")
        content = self.path.read_bytes()
        self.digest = hashlib.sha256(content).hexdigest()
        recorded = dict(line.split()[::-1] for line in CHECKSUMS.read_text().splitlines() if line)
        if recorded.get(self.path.name) != self.digest:
            raise CannotStart(
                f"`{name}` is not the one in `{CHECKSUMS.name}` beside it: run `{MAKE_PACKAGES}`"
            )
        with zipfile.ZipFile(self.path) as package:
            self.bootstrap_digest = hashlib.sha256(package.read("bootstrap")).hexdigest()
        self.size = len(content)
        # As the build project names it: architecture and content, so that a change is noticed.
        self.key = f"{self.path.stem}/{ARCHITECTURE}/{self.digest[:16]}.zip"


def management_role():
    """The management account's only stack."""
    return Stack(
        "aws-backup-backuporgpolicymanager-mangement-role",
        TEMPLATES / "management-account" / "aws-backup-backuporgpolicymanager-mangement-role.yaml",
        {"BackupAndRecoveryHomeAccountId": HOME},
        creates_named_roles=True,
    )


def targets(ous, regions=(REGION, "us-east-1"), management_account=MANAGEMENT):
    """The SSM parameters that say where backups are made; a space after a comma must not matter."""
    return Stack(
        "aws-backup-ssm-targets",
        ROOT / "tests" / "kit" / "targets.yaml",
        {
            "OrgManagementAccount": management_account,
            "CentralBackupVaultArn": CENTRAL_VAULT,
            "TargetOUs": ", ".join(ous),
            "TargetRegions": ", ".join(regions),
        },
    )


def function_role(**parameters):
    """The function's role in the home account."""
    return Stack(
        "aws-backup-backuporgpolicymanager-role",
        TEMPLATES / "home-account" / "aws-backup-backuporgpolicymanager-role.yaml",
        parameters,
        creates_named_roles=True,
    )


def function(**parameters):
    """The function BackupOrgPolicyManager, without a bus to report to unless one is given."""
    return Stack(
        "aws-backup-backuporgpolicymanager",
        TEMPLATES / "home-account" / "aws-backup-backuporgpolicymanager.yaml",
        {"Architecture": ARCHITECTURE, "EventBusName": ""} | parameters,
        creates_named_roles=True,
    )


def org_policy(template=ORG_POLICY_TEMPLATE, **parameters):
    """The backup policies, by default as the repository has them."""
    return Stack(ORG_POLICY, template, parameters)


def package_bucket():
    """The bucket from which the organization's accounts get the packages."""
    return Stack(
        "aws-backup-lambda-s3-bucket",
        TEMPLATES / "home-account" / "aws-backup-lambda-s3-bucket.yaml",
        {"OrganizationId": ORGANIZATION},
    )


def backup_role():
    """The role with which AWS Backup works in a member account."""
    return Stack(
        "aws-backup-member-account-role",
        TEMPLATES / "member-account" / "aws-backup-member-account-role.yaml",
        creates_named_roles=True,
    )


def notifications():
    """The home account's bus and topic for failed jobs."""
    return Stack(
        "aws-backup-notifications",
        TEMPLATES / "home-account" / "aws-backup-notifications.yaml",
        {"OrganizationId": ORGANIZATION},
        creates_named_roles=True,
    )


def policy_events():
    """The management account's rule that reports changes of policies, in Organizations' Region."""
    return Stack(
        "aws-backup-policy-events",
        TEMPLATES / "management-account" / "aws-backup-policy-events.yaml",
        {"HomeRegion": REGION, "HomeAccountId": HOME},
        creates_named_roles=True,
    )


def member_account():
    """The vault, its key, and the rules that report failed jobs to the home account's bus."""
    return Stack(
        "aws-backup-member-account",
        TEMPLATES / "member-account" / "aws-backup-member-account.yaml",
        {
            "CentralAccountId": CENTRAL,
            "NotificationBusArn": NOTIFICATIONS,
        },
        creates_named_roles=True,
    )


def tag_on_restore(package, **parameters):
    """The function TagOnRestore with its queues, in a member account."""
    return Stack(
        "aws-backup-tagonrestore",
        TEMPLATES / "member-account" / "aws-backup-tagonrestore.yaml",
        {
            "PackageBucketPrefix": PACKAGE_BUCKET_PREFIX,
            "PackageKey": package.key,
            "Architecture": ARCHITECTURE,
        }
        | parameters,
        creates_named_roles=True,
    )
