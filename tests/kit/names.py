"""The rehearsal's accounts, OUs and Region, and where things lie in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "cloudformation"

MANAGEMENT = "111111111111"
HOME = "222222222222"
CENTRAL = "333333333333"
MEMBER = "444444444441"
ACCOUNTS = {MANAGEMENT: "management", HOME: "home", CENTRAL: "central", MEMBER: "member-1"}

# Not us-east-1, the emulator's default: a Region that is hard-coded somewhere shows.
REGION = "eu-west-1"

ORGANIZATION = "o-rehearsal01"
ORGANIZATION_ROOT = "r-reh1"
WORKLOADS = "ou-reh1-workloads"
PRODUCTION = "ou-reh1-production"
SANDBOXES = "ou-reh1-sandboxes"

CENTRAL_VAULT = f"arn:aws:backup:{REGION}:{CENTRAL}:backup-vault:AWSBackupSolutionCentralVault"

# Every policy that the solution made bears this tag.
OWNER_TAG = "backup-org-policy:stack-id"

# What `make functions` makes; `make package`'s with PACKAGES=dist.
PACKAGES = Path(os.environ.get("PACKAGES") or ROOT / "target" / "functions").resolve()
PACKAGE = PACKAGES / "org-policy-manager.zip"
TAG_ON_RESTORE = PACKAGES / "tag-on-restore.zip"
CHECKSUMS = PACKAGES / "SHA256SUMS"
MAKE_PACKAGES = "make package" if PACKAGES == ROOT / "dist" else "make functions"
EMULATOR_PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
