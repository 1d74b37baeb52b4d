"""What is in every account and Region, and what should be: end results, no stack's status."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from .names import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    RehearsalFailed,
)

VAULT, KEY, ROLE = "AWSBackupSolutionVault", "alias/AWSBackupSolutionKey", "AWSBackupSolutionRole"
FUNCTION = "TagOnRestore"
POLICIES = {"org-daily-backup-policy", "org-monthly-backup-policy"}


@dataclass(frozen=True)
class Place:
    """What one account has in one Region."""

    vault: bool
    key: bool
    role: bool
    function: bool

    def __str__(self):
        marks = (
            ("vault", self.vault),
            ("key", self.key),
            ("role", self.role),
            ("function", self.function),
        )
        return " ".join(name for name, there in marks if there) or "nothing"


NOTHING = Place(False, False, False, False)
# What a target account has in each target Region; roles are global.
COMPLETE = Place(True, True, True, True)
ONLY_THE_ROLE = Place(False, False, True, False)


class Landscape:
    """Looks into the accounts as their administrators."""

    def __init__(self, people, emulator):
        self._people = people
        self._emulator = emulator

    def place(self, account, region):
        """What the account has there."""
        backup = self._people.client("backup", account, region)
        vaults = {v["BackupVaultName"] for v in backup.list_backup_vaults()["BackupVaultList"]}
        kms = self._people.client("kms", account, region)
        aliases = {a["AliasName"] for a in kms.list_aliases()["Aliases"]}
        functions = {
            f["FunctionName"]
            for f in self._people.client("lambda", account, region).list_functions()["Functions"]
        }
        role = self._exists(
            lambda: self._people.client("iam", account).get_role(RoleName=ROLE), "NoSuchEntity"
        )
        return Place(VAULT in vaults, KEY in aliases, role, FUNCTION in functions)

    def expect_places(self, accounts, regions, wanted):
        """Fail unless each account has exactly this in each Region; the rows for the report."""
        rows, wrong = [], []
        for account in accounts:
            for region in regions:
                found = self.place(account, region)
                rows.append((account, region, str(found)))
                if found != wanted:
                    wrong.append(f"{account} in {region} has {found}, expected {wanted}")
        if wrong:
            raise RehearsalFailed("; ".join(wrong))
        return rows

    def expect_policies(self, targets, regions, daily_retention):
        """Fail unless both policies are attached to just these targets, with these contents."""
        policies = {p["name"]: p for p in self._emulator.organization()["policies"]}
        if set(policies) < POLICIES:
            raise RehearsalFailed(f"the organization has the policies {sorted(policies)} only")
        for name in sorted(POLICIES):
            found = policies[name]["targets"]
            if found != targets:
                raise RehearsalFailed(f"`{name}` is attached to {found}, not to {targets}")
            for region in regions:
                if region not in policies[name]["content"]:
                    raise RehearsalFailed(f"`{name}` does not name the Region {region}")
        days = f'"delete_after_days":{{"@@assign":"{daily_retention}"}}'
        content = policies["org-daily-backup-policy"]["content"]
        if days not in content.replace(" ", ""):
            raise RehearsalFailed(
                f"the daily policy does not keep {daily_retention} days: {content}"
            )

    def expect_central(self):
        """Fail unless the central account holds what receives the copies."""
        backup = self._people.client("backup", CENTRAL, CENTRAL_REGION)
        vaults = {v["BackupVaultName"] for v in backup.list_backup_vaults()["BackupVaultList"]}
        if "AWSBackupSolutionCentralVault" not in vaults:
            raise RehearsalFailed(f"the central account has the vaults {sorted(vaults)} only")
        iam = self._people.client("iam", CENTRAL)
        iam.get_role(RoleName="AWSBackupSolutionCentralAccountRole")

    def expect_management(self):
        """Fail unless the policy manager can become its role."""
        iam = self._people.client("iam", MANAGEMENT)
        role = iam.get_role(RoleName="BackupOrgPolicyManagerOrgAdmin")["Role"]
        if HOME not in str(role["AssumeRolePolicyDocument"]):
            raise RehearsalFailed("the management account's role does not trust the home account")

    def expect_packages(self, regions, packages):
        """Fail unless every recorded package is in every Region's bucket, byte by byte."""
        ssm = self._people.client("ssm", HOME, HOME_REGION)
        for name, content in packages.items():
            key = ssm.get_parameter(Name=f"/backup/lambda/{name}/deployed-package")["Parameter"]
            for region in regions:
                s3 = self._people.client("s3", HOME, region)
                bucket = f"lambda-deployment-bucket-{HOME}-{region}"
                stored = s3.get_object(Bucket=bucket, Key=key["Value"])["Body"].read()
                if content is not None and stored != content:
                    raise RehearsalFailed(f"s3://{bucket}/{key['Value']} is another package")

    def instances(self):
        """(stack set, account, Region, status, reason) of every stack instance."""
        client = self._people.client("cloudformation", MANAGEMENT, HOME_REGION)
        rows = []
        for entry in client.list_stack_sets(Status="ACTIVE")["Summaries"]:
            name = entry["StackSetName"]
            for found in client.list_stack_instances(StackSetName=name)["Summaries"]:
                rows.append(
                    (
                        name,
                        found["Account"],
                        found["Region"],
                        found["Status"],
                        found.get("StatusReason", ""),
                    )
                )
        return rows

    def _exists(self, look, code):
        try:
            look()
        except ClientError as error:
            if error.response["Error"]["Code"] != code:
                raise
            return False
        return True
