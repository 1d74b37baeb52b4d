"""The target values that are typed once, and what is wrong with them.

`check` is pure: it takes the file's values and returns every finding at once.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .problem import Problem
from .stacks import PARAMETERS

FILE = PARAMETERS / "aws-backup-ssm-targets.json"

KEYS = (
    "OrganizationId",
    "OrgManagementAccount",
    "TargetHomeAccount",
    "CentralBackupVaultArn",
    "TargetOUs",
    "TargetRegions",
    "TargetGlobalRegion",
)
PLACEHOLDER = re.compile(r"replace-?me|^0{12}$|:0{12}:", re.IGNORECASE)
ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
ACCOUNT = re.compile(r"\d{12}")
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html, TargetId
UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
ROOT = re.compile(r"r-[0-9a-z]{4,32}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
VAULT = re.compile(
    r"arn:(aws[a-z-]*):backup:([a-z0-9-]+):(\d{12}):backup-vault:([A-Za-z0-9_-]{2,50})"
)

# Every stage is the one or the other. AWS's text:
# https://docs.amazonaws.cn/codepipeline/latest/userguide/action-reference-CloudFormation.html
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs.html
CHINA = (
    "is in China, where this cannot be deployed: CodePipeline has no actions for CloudFormation "
    "there, and StackSets no trusted access to the organization"
)


@dataclass(frozen=True)
class Finding:
    severity: str  # error, warning
    key: str
    message: str

    def __str__(self):
        return f"{self.severity}: {self.key}: {self.message}"


@dataclass(frozen=True)
class Targets:
    """The values, checked."""

    organization: str
    management_account: str
    home_account: str
    central_account: str
    central_region: str
    central_vault_arn: str
    units: tuple[str, ...]
    regions: tuple[str, ...]

    @property
    def reader_role_arn(self) -> str:
        """The management account's role with which the pipeline reads backup policies."""
        partition = self.central_vault_arn.split(":")[1]
        return f"arn:{partition}:iam::{self.management_account}:role/BackupOrgPolicyReader"


def read(path: Path = FILE) -> dict[str, str]:
    """The file's values, as text."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        raise Problem(
            f"`{path}`", "the file is missing", "restore it from the repository"
        ) from None
    except json.JSONDecodeError as error:
        raise Problem(
            f"`{path}`",
            f"line {error.lineno} is not JSON ({error.msg})",
            "put the comma, quote or brace right",
        ) from None
    values = document.get("Parameters") if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise Problem(
            f"`{path}`",
            "it has no object `Parameters`",
            "see cloudformation/README.md for its form",
        )
    return values


def split(value: str) -> list[str]:
    """A comma-separated list; blanks around commas do not count."""
    return [item.strip() for item in value.split(",")]


def check(values: dict[str, str], known_regions: set[str]) -> list[Finding]:
    """Everything that is wrong with the values, errors first."""
    findings: list[Finding] = []

    def error(key, message):
        findings.append(Finding("error", key, message))

    def warning(key, message):
        findings.append(Finding("warning", key, message))

    for key in KEYS:
        if key not in values:
            error(key, "missing; add it to the file")
    for key in values:
        if key not in KEYS:
            error(key, f"unknown; the file takes {', '.join(KEYS)}")

    usable: dict[str, str] = {}
    for key in KEYS:
        value = values.get(key)
        if value is None:
            continue
        if not isinstance(value, str) or not value.strip():
            error(key, "not a text, or empty; write the value in quotes")
        elif PLACEHOLDER.search(value):
            error(key, f"`{value}` is the placeholder; type your own value")
        else:
            usable[key] = value

    def matches(key, pattern, expected):
        value = usable.get(key)
        if value is not None and not pattern.fullmatch(value):
            error(key, f"`{value}` is not {expected}")

    matches("OrganizationId", ORGANIZATION, "an organization id, such as o-abcd123456")
    matches("OrgManagementAccount", ACCOUNT, "an account id of twelve digits")
    matches("TargetHomeAccount", ACCOUNT, "an account id of twelve digits")

    for key, items in (
        ("TargetRegions", split(usable.get("TargetRegions", ""))),
        ("TargetGlobalRegion", [usable.get("TargetGlobalRegion", "")]),
    ):
        if key not in usable:
            continue
        for item in items:
            if not REGION.fullmatch(item):
                error(key, f"`{item}` is not a Region's name, such as eu-central-1")
            elif partition_of(item) == "aws-cn":
                error(key, f"`{item}` {CHINA}")
            elif item not in known_regions:
                warning(
                    key, f"`{item}` is not among the Regions known here; is it new, or misspelt?"
                )
        for item in sorted({item for item in items if items.count(item) > 1}):
            error(key, f"`{item}` is there twice; remove one")

    if "TargetOUs" in usable:
        units = split(usable["TargetOUs"])
        for unit in units:
            if not (UNIT.fullmatch(unit) or ROOT.fullmatch(unit)):
                error(
                    "TargetOUs",
                    f"`{unit}` is not the id of an organizational unit or root, such as "
                    f"ou-ab12-cdefgh34",
                )
        for unit in sorted({unit for unit in units if units.count(unit) > 1}):
            error("TargetOUs", f"`{unit}` is there twice; remove one")
        if len(units) > 1 and any(ROOT.fullmatch(unit) for unit in units):
            error("TargetOUs", "the root contains every unit; name the root alone, or units only")

    if "CentralBackupVaultArn" in usable:
        vault = VAULT.fullmatch(usable["CentralBackupVaultArn"])
        if vault is None:
            error(
                "CentralBackupVaultArn",
                f"`{usable['CentralBackupVaultArn']}` is not the ARN of a backup vault",
            )
        else:
            partition, region, account, name = vault.groups()
            if partition_of(region) == "aws-cn":
                error("CentralBackupVaultArn", f"`{region}` {CHINA}")
            elif partition != partition_of(region):
                error(
                    "CentralBackupVaultArn",
                    f"Region `{region}` is not in the partition `{partition}`",
                )
            if name != "AWSBackupSolutionCentralVault":
                warning(
                    "CentralBackupVaultArn",
                    f"make deploy-central makes AWSBackupSolutionCentralVault, not `{name}`",
                )
            if account == usable.get("OrgManagementAccount"):
                warning(
                    "CentralBackupVaultArn",
                    "service control policies do not bind the management account; use another",
                )
            if account == usable.get("TargetHomeAccount"):
                warning(
                    "CentralBackupVaultArn",
                    "who can commit to the home account could reach the copies; use another "
                    "account",
                )
    return sorted(findings, key=lambda finding: finding.severity != "error")


def partition_of(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def load(path: Path = FILE) -> Targets:
    """The checked values, or a problem that names every error."""
    values = read(path)
    errors = [finding for finding in check(values, known_regions()) if finding.severity == "error"]
    if errors:
        listed = ", ".join(f"{finding.key}: {finding.message}" for finding in errors)
        raise Problem(f"`{path.name}`", listed, "correct the file, then run `make targets-check`")
    _, region, account, _ = VAULT.fullmatch(values["CentralBackupVaultArn"]).groups()
    return Targets(
        organization=values["OrganizationId"],
        management_account=values["OrgManagementAccount"],
        home_account=values["TargetHomeAccount"],
        central_account=account,
        central_region=region,
        central_vault_arn=values["CentralBackupVaultArn"],
        units=tuple(split(values["TargetOUs"])),
        regions=tuple(split(values["TargetRegions"])),
    )


def known_regions() -> set[str]:
    """The Regions that the AWS SDK's own data lists for AWS Backup, in every partition."""
    import boto3

    session = boto3.Session()
    return {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("backup", partition_name=partition)
    }
