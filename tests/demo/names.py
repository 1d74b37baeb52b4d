"""The rehearsal's accounts, OUs and Region, and where things lie in the repository."""

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

PACKAGE = ROOT / "dist" / "org-policy-manager.zip"
TAG_ON_RESTORE = ROOT / "dist" / "tag-on-restore.zip"
CHECKSUMS = ROOT / "dist" / "SHA256SUMS"
EMULATOR_PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
