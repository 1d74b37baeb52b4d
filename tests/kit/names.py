"""The emulated organization's accounts and OUs, and where things lie in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "cloudformation"

MANAGEMENT = "111111111111"
HOME = "222222222222"
CENTRAL = "333333333333"
# Account -> its name. member-1 is in workloads, -2 and -3 in production below it, -4 in sandboxes.
MEMBERS = {
    "444444444441": "member-1",
    "444444444442": "member-2",
    "444444444443": "member-3",
    "444444444444": "member-4",
}
MEMBER, SECOND_MEMBER, THIRD_MEMBER, SANDBOX_MEMBER = MEMBERS
ACCOUNTS = {MANAGEMENT: "management", HOME: "home", CENTRAL: "central"} | MEMBERS
# The management account of somebody else's organization.
OTHER_MANAGEMENT = "555555555551"

# Not us-east-1, the emulator's default: a Region that is hard-coded somewhere shows.
REGION = "eu-west-1"

ORGANIZATION = "o-rehearsal01"
ORGANIZATION_ROOT = "r-reh1"
WORKLOADS = "ou-reh1-workloads"
PRODUCTION = "ou-reh1-production"
SANDBOXES = "ou-reh1-sandboxes"


def central_vault(region):
    """The ARN of the vault that gets a copy of every backup."""
    return f"arn:aws:backup:{region}:{CENTRAL}:backup-vault:AWSBackupSolutionCentralVault"


CENTRAL_VAULT = central_vault(REGION)

# Every policy that the solution made bears this tag.
OWNER_TAG = "backup-org-policy:stack-id"

# What `make functions` makes; `make package`'s with PACKAGES=dist.
PACKAGES = Path(os.environ.get("PACKAGES") or ROOT / "target" / "functions").resolve()
PACKAGE = PACKAGES / "org-policy-manager.zip"
TAG_ON_RESTORE = PACKAGES / "tag-on-restore.zip"
BACKUP_WATCH = PACKAGES / "backup-watch.zip"
CHECKSUMS = PACKAGES / "SHA256SUMS"
MAKE_PACKAGES = "make package" if PACKAGES == ROOT / "dist" else "make functions"
EMULATOR_PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
