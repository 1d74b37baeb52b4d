"""The rehearsal's accounts, OUs and Regions, and where things lie."""

from kit.names import (
    BACKUP_WATCH,
    CENTRAL,
    EMULATOR_PYTHON,
    HOME,
    MAKE_PACKAGES,
    MANAGEMENT,
    MEMBERS,
    ORGANIZATION,
    ORGANIZATION_ROOT,
    PACKAGE,
    PRODUCTION,
    ROOT,
    SANDBOXES,
    TAG_ON_RESTORE,
    WORKLOADS,
    central_vault,
)

__all__ = [
    "CENTRAL",
    "EMULATOR_PYTHON",
    "HOME",
    "MAKE_PACKAGES",
    "MANAGEMENT",
    "MEMBERS",
    "ORGANIZATION_ROOT",
    "PRODUCTION",
    "ROOT",
    "SANDBOXES",
    "WORKLOADS",
]

# The interpreter with the AWS CLI, as a path that holds wherever one stands.
PYTHON = ROOT / ".tools" / "demo" / "bin" / "python"

NEWCOMER = "666666666666"

# Neither is the emulator's default: a Region that is hard-coded somewhere shows.
HOME_REGION = "eu-central-1"
CENTRAL_REGION = "eu-west-1"
# An opt-in Region: accounts have to enable it, and self-managed stack sets want its own principal.
LATER_REGION = "eu-south-1"

CENTRAL_VAULT = central_vault(CENTRAL_REGION)
PIPELINE = "backup-recovery-with-aws-backup"

TARGETS_FILE = "cloudformation/parameters/aws-backup-ssm-targets.json"
POLICY_FILE = "cloudformation/parameters/aws-backup-org-policy.json"
REPORTS_FILE = "cloudformation/parameters/aws-backup-failed-jobs.json"
LOCK_FILE = "cloudformation/parameters/stackset-aws-backup-member-accounts.json"

# The values that the guide asks for. Blanks after commas have to work.
TARGETS = {
    "OrganizationId": ORGANIZATION,
    "OrgManagementAccount": MANAGEMENT,
    "TargetHomeAccount": HOME,
    "CentralBackupVaultArn": CENTRAL_VAULT,
    "TargetOUs": WORKLOADS,
    "TargetRegions": f"{HOME_REGION}, {CENTRAL_REGION}",
    "TargetGlobalRegion": HOME_REGION,
}

# Function -> its package; None of them is needed where the pipeline builds them.
PACKAGES = {
    "org-policy-manager": PACKAGE,
    "tag-on-restore": TAG_ON_RESTORE,
    "backup-watch": BACKUP_WATCH,
}


# How long what happens by itself may take: a limit, no measure, for a machine may be slow.
SETTLE_SECONDS = 300


class RehearsalFailed(Exception):
    """A promise that was not kept: which one, and what was seen instead."""


class CannotRehearse(Exception):
    """The rehearsal cannot run here: the thing, the reason, the remedy."""
