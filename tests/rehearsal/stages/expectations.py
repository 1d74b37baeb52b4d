"""What is in every account and Region, and what should be: end results, no stack's status."""

import hashlib
import io
import zipfile
from dataclasses import dataclass

from botocore.exceptions import ClientError
from kit.wait import eventually

from ..names import (
    CENTRAL,
    CENTRAL_REGION,
    CENTRAL_VAULT,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    SETTLE_SECONDS,
    RehearsalFailed,
)

VAULT, KEY, ROLE = "AWSBackupSolutionVault", "alias/AWSBackupSolutionKey", "AWSBackupSolutionRole"
FUNCTION, MANAGER, WATCH = "TagOnRestore", "BackupOrgPolicyManager", "BackupWatch"
# Function -> its name in the SSM parameters.
PARAMETERS = {
    "org-policy-manager": "aws-backup-backuporgpolicymanager",
    "tag-on-restore": "aws-backup-tagonrestore",
    "backup-watch": "aws-backup-watch",
}
# e_machine in the ELF header.
_MACHINES = {62: "x86_64", 183: "arm64"}
POLICIES = {"org-daily-backup-policy", "org-monthly-backup-policy"}


@dataclass(frozen=True)
class Holdings:
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


NOTHING = Holdings(False, False, False, False)
# What a target account has in each target Region; roles are global.
COMPLETE = Holdings(True, True, True, True)
# What stays in an account that leaves: what holds backups, not the function.
KEPT = Holdings(True, True, True, False)
ONLY_THE_ROLE = Holdings(False, False, True, False)


class Expectations:
    """Looks into the accounts as their administrators."""

    def __init__(self, administrators, emulator):
        self._administrators = administrators
        self._emulator = emulator

    def holdings(self, account, region):
        """What the account has there."""
        backup = self._administrators.client("backup", account, region)
        vaults = {v["BackupVaultName"] for v in backup.list_backup_vaults()["BackupVaultList"]}
        kms = self._administrators.client("kms", account, region)
        aliases = {a["AliasName"] for a in kms.list_aliases()["Aliases"]}
        functions = {
            f["FunctionName"]
            for f in self._administrators.client("lambda", account, region).list_functions()[
                "Functions"
            ]
        }
        role = self._exists(
            lambda: self._administrators.client("iam", account).get_role(RoleName=ROLE),
            "NoSuchEntity",
        )
        return Holdings(VAULT in vaults, KEY in aliases, role, FUNCTION in functions)

    def expect_holdings(self, accounts, regions, wanted):
        """Fail unless each account has exactly this in each Region."""
        wrong = []
        for account in accounts:
            for region in regions:
                found = self.holdings(account, region)
                if found != wanted:
                    wrong.append(f"{account} in {region} has {found}, expected {wanted}")
        if wrong:
            raise RehearsalFailed("; ".join(wrong))

    def expect_policies(self, targets, regions, daily_retention):
        """Fail unless both policies are attached to just these targets, with these contents."""
        policies = {p["name"]: p for p in self._emulator.organization()["policies"]}
        if not set(policies) >= POLICIES:
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
        backup = self._administrators.client("backup", CENTRAL, CENTRAL_REGION)
        vaults = {v["BackupVaultName"] for v in backup.list_backup_vaults()["BackupVaultList"]}
        if "AWSBackupSolutionCentralVault" not in vaults:
            raise RehearsalFailed(f"the central account has the vaults {sorted(vaults)} only")
        iam = self._administrators.client("iam", CENTRAL)
        iam.get_role(RoleName="AWSBackupSolutionCentralAccountRole")

    def copies(self):
        """The recovery points in the central vault, with what each is a backup of."""
        backup = self._administrators.client("backup", CENTRAL, CENTRAL_REGION)
        pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
            BackupVaultName=CENTRAL_VAULT.rpartition(":")[2]
        )
        return {
            point["RecoveryPointArn"]: point["ResourceArn"]
            for page in pages
            for point in page["RecoveryPoints"]
        }

    def expect_targets(self, units, regions):
        """Fail unless the home account's parameters have the lists without blanks."""
        for name, wanted in (("organizational-units", units), ("regions", regions)):
            found = self._parameter(f"/backup/target/{name}")
            if found != ",".join(wanted):
                raise RehearsalFailed(f"/backup/target/{name} is `{found}`, not {wanted}")

    def expect_protected(self):
        """Fail unless the policies' stack is protected from deletion by the pipeline's builds."""
        client = self._administrators.client("cloudformation", HOME, HOME_REGION)
        (stack,) = client.describe_stacks(StackName="aws-backup-org-policy")["Stacks"]
        if not stack["EnableTerminationProtection"]:
            raise RehearsalFailed("nothing protects the policies' stack from deletion")

    def expect_reader_for_pipeline_and_watch_alone(self):
        """Fail if the home account's administrator may become the management account's reader."""
        sts = self._administrators.client("sts", HOME, HOME_REGION)
        role = f"arn:aws:iam::{MANAGEMENT}:role/BackupOrgPolicyReader"
        try:
            sts.assume_role(RoleArn=role, RoleSessionName="anybody")
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
        else:
            raise RehearsalFailed(f"the home account's administrator may assume {role}")
        self.expect_one_denial("sts:AssumeRole", role)

    def expect_one_denial(self, action, resource):
        """The one refusal that is wanted here, and so forgotten."""
        refused = self._emulator.take_denials()
        if [(denial["action"], denial["resource"]) for denial in refused] != [(action, resource)]:
            raise RehearsalFailed(f"not {action} on {resource} alone was refused: {refused}")

    def expect_management(self):
        """Fail unless the policy manager can become its role."""
        iam = self._administrators.client("iam", MANAGEMENT)
        role = iam.get_role(RoleName="BackupOrgPolicyManagerOrgAdmin")["Role"]
        if HOME not in str(role["AssumeRolePolicyDocument"]):
            raise RehearsalFailed("the management account's role does not trust the home account")

    def expect_packages(self, regions, packages):
        """Fail unless all packages are recorded, and are in every Region's bucket.

        ``packages`` holds the bytes that must be there, as far as they are known.
        """
        for function in PARAMETERS:
            key = self._recorded(function)
            if key is None:
                raise RehearsalFailed(f"no package of {function} is recorded")
            for region in regions:
                content = self._package(function, key, region)
                if packages.get(function, content) != content:
                    raise RehearsalFailed(f"{region} has another package of {function} at {key}")

    def expect_true_records(self, regions):
        """Fail if a package is recorded that a Region lacks: stacks would be led to it."""
        for function in PARAMETERS:
            if (key := self._recorded(function)) is not None:
                for region in regions:
                    self._package(function, key, region)
            hash_ = self._parameter(f"/backup/lambda/{PARAMETERS[function]}/deployed-hash")
            if hash_ is not None and (key is None or hash_ not in key):
                raise RehearsalFailed(
                    f"the hash of {function} is recorded, and the package recorded is {key}"
                )

    def expect_functions(self):
        """Fail unless each function runs the recorded package, on the processor it is built for."""
        names = {
            FUNCTION: "tag-on-restore",
            MANAGER: "org-policy-manager",
            WATCH: "backup-watch",
        }
        for found in self._emulator.functions():
            function = names[found["name"]]
            content = self._package(function, self._recorded(function), HOME_REGION)
            where = f"`{found['name']}` of {found['account']} in {found['region']}"
            if found["zip_sha256"] != hashlib.sha256(content).hexdigest():
                raise RehearsalFailed(f"{where} does not run the recorded package")
            built_for = architecture_of(content)
            if found["architectures"] != [built_for]:
                raise RehearsalFailed(
                    f"{where} is declared for {found['architectures']}, and its package is built "
                    f"for {built_for}"
                )

    def _recorded(self, function):
        return self._parameter(f"/backup/lambda/{PARAMETERS[function]}/deployed-package")

    def _parameter(self, name):
        ssm = self._administrators.client("ssm", HOME, HOME_REGION)
        found = ssm.get_parameters(Names=[name])["Parameters"]
        return found[0]["Value"] if found else None

    def _package(self, function, key, region):
        bucket = f"lambda-deployment-bucket-{HOME}-{region}"
        s3 = self._administrators.client("s3", HOME, region)
        try:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise RehearsalFailed(
                f"{key} is recorded as the package of {function}, and {region} does not have it: "
                f"{error.response['Error']['Code']}"
            ) from error

    def instances(self):
        """(stack set, account, Region, status, reason, detailed status) of every stack instance.

        The package buckets' stack set is the home account's own.
        """
        rows = []
        for owner in (MANAGEMENT, HOME):
            client = self._administrators.client("cloudformation", owner, HOME_REGION)
            for entry in client.list_stack_sets(Status="ACTIVE")["Summaries"]:
                name = entry["StackSetName"]
                rows += [
                    (
                        name,
                        found["Account"],
                        found["Region"],
                        found["Status"],
                        found.get("StatusReason", ""),
                        found["StackInstanceStatus"]["DetailedStatus"],
                    )
                    for found in client.list_stack_instances(StackSetName=name)["Summaries"]
                ]
        return rows

    def settle(self, condition):
        """Wait until something that happens by itself has happened."""

        def late():
            failed = [row for row in self.instances() if row[3] != "CURRENT"]
            return f"it did not happen; stack instances: {failed}"

        eventually(condition, late, SETTLE_SECONDS, pause=0.1, error=RehearsalFailed)

    def expect_value(self, stack_set, accounts, regions, key, value):
        """Fail unless the stacks of a stack set have this value for a parameter."""
        client = self._administrators.client("cloudformation", MANAGEMENT, HOME_REGION)
        found = client.list_stack_instances(StackSetName=stack_set)["Summaries"]
        ids = {(one["Account"], one["Region"]): one["StackId"] for one in found}
        for account in accounts:
            for region in regions:
                there = self._administrators.client("cloudformation", account, region)
                (stack,) = there.describe_stacks(StackName=ids[account, region])["Stacks"]
                values = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
                if values.get(key) != value:
                    raise RehearsalFailed(
                        f"the stack of {stack_set} in {account}, {region}, has {key} "
                        f"{values.get(key)}, not {value}"
                    )

    def _exists(self, look, code):
        try:
            look()
        except ClientError as error:
            if error.response["Error"]["Code"] != code:
                raise
            return False
        return True


def architecture_of(package):
    """The processor that a package's binary is for."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        header = archive.read("bootstrap")[:20]
    return _MACHINES.get(int.from_bytes(header[18:20], "little"), "no processor we know")
