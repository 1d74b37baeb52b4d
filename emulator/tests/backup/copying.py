"""A member account, a central one and what a copy between them needs, for the tests of copies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..world import CENTRAL, MANAGEMENT, MEMBER, REGION, World, eventually
from .restoring import ROLE, VAULT, Account

CENTRAL_VAULT = "AWSBackupSolutionCentralVault"
DESTINATION = f"arn:aws:backup:{REGION}:{CENTRAL}:backup-vault:{CENTRAL_VAULT}"
LINKED = (
    f"arn:aws:iam::{CENTRAL}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
)
FOR_BACKUP = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
# A vault's and a key's policy that let everybody in.
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "backup:CopyIntoBackupVault"}

# What another account's service-linked role does with a key, each by itself.
USES = (
    "kms:CreateGrant",
    "kms:DescribeKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ListGrants",
    "kms:ReEncryptFrom",
)

Json = Any


def policy(*statements: Json) -> str:
    full = [{"Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})


def administration(account: str) -> Json:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:*"}


def reading(*actions: str) -> Json:
    """A statement that lets the central account's service-linked role use a key."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:root"},
        "Action": list(actions or USES),
        "Condition": {"ArnEquals": {"aws:PrincipalArn": LINKED}},
    }


@dataclass
class Copying:
    """What the tests do in the member account and in the central one."""

    world: World
    # Else the stacks of the solution's templates make them.
    makes_vaults: bool = True

    def __post_init__(self) -> None:
        """All that a copy needs, so that a test takes one thing away."""
        self.account = Account(self.world)
        self.world.client("iam", MEMBER).attach_role_policy(
            RoleName=ROLE.rpartition("/")[2], PolicyArn=FOR_BACKUP
        )
        self.central = self.world.client("backup", CENTRAL)
        if self.makes_vaults:
            self.account.backup.create_backup_vault(BackupVaultName=VAULT)
            self.central_key = self.key(CENTRAL)
            self.central.create_backup_vault(
                BackupVaultName=CENTRAL_VAULT, EncryptionKeyArn=self.central_key
            )
            self.central.put_backup_vault_access_policy(
                BackupVaultName=CENTRAL_VAULT, Policy=policy(OPEN)
            )
        self.enable("true")
        self.link(CENTRAL)
        self.world.control("POST", "restore-settings", {"seconds": 0})

    def enable(self, value: str) -> None:
        settings = {"isCrossAccountBackupEnabled": value}
        self.world.client("backup", MANAGEMENT).update_global_settings(GlobalSettings=settings)

    def link(self, account: str) -> None:
        iam = self.world.client("iam", account)
        iam.create_service_linked_role(AWSServiceName="backup.amazonaws.com")

    def key(self, account: str, *statements: Json) -> str:
        """A key of an account with these statements beside its administration; its ARN."""
        made = self.world.client("kms", account).create_key(
            Policy=policy(administration(account), *statements)
        )
        return str(made["KeyMetadata"]["Arn"])

    def encrypted(self, kind: str, key: str) -> str:
        """A resource that is encrypted with a key; its ARN."""
        ec2, rds = self.account.ec2, self.account.rds
        database = {"StorageEncrypted": True, "KmsKeyId": key, "MasterUsername": "admin1"}
        match kind:
            case "EBS":
                zone = f"{REGION}a"
                made = ec2.create_volume(
                    AvailabilityZone=zone, Size=3, Encrypted=True, KmsKeyId=key
                )
                return f"arn:aws:ec2:{REGION}:{MEMBER}:volume/{made['VolumeId']}"
            case "EC2":
                disk = {"VolumeSize": 9, "Encrypted": True, "KmsKeyId": key}
                run = ec2.run_instances(
                    ImageId="ami-12345678",
                    MinCount=1,
                    MaxCount=1,
                    BlockDeviceMappings=[
                        {"DeviceName": "/dev/xvda", "Ebs": disk},
                        {"DeviceName": "/dev/sdf", "Ebs": disk},
                    ],
                )
                name = run["Instances"][0]["InstanceId"]
                return f"arn:aws:ec2:{REGION}:{MEMBER}:instance/{name}"
            case "RDS":
                made = rds.create_db_instance(
                    DBInstanceIdentifier="encrypted",
                    DBInstanceClass="db.t3.micro",
                    Engine="postgres",
                    AllocatedStorage=20,
                    MasterUserPassword="password",
                    **database,
                )
                return str(made["DBInstance"]["DBInstanceArn"])
        service, engine = CLUSTERS[kind]
        if kind == "Neptune":
            del database["MasterUsername"]
        else:
            database["MasterUserPassword"] = "password"
        made = getattr(self.account, service).create_db_cluster(
            DBClusterIdentifier=f"encrypted-{engine}", Engine=engine, **database
        )
        return str(made["DBCluster"]["DBClusterArn"])

    def copy(self, point: str, **more: Json) -> Json:
        """Copy a recovery point of the member into the central vault, and wait; the job."""
        started = self.account.backup.start_copy_job(
            **{
                "RecoveryPointArn": point,
                "SourceBackupVaultName": VAULT,
                "DestinationBackupVaultArn": DESTINATION,
                "IamRoleArn": ROLE,
                **more,
            }
        )
        return self.ended(self.account.backup, started["CopyJobId"])

    def ended(self, client: Json, job: str) -> Json:
        def found() -> Json:
            described = client.describe_copy_job(CopyJobId=job)["CopyJob"]
            return described if described["State"] in ("COMPLETED", "FAILED") else None

        return eventually(found)

    def copy_of(self, source: str) -> Json:
        """Back a resource up and copy that; the job."""
        return self.copy(self.account.back_up(source))

    def arrived(self) -> list[Json]:
        """What is in the central vault."""
        listed = self.central.list_recovery_points_by_backup_vault(BackupVaultName=CENTRAL_VAULT)
        return list(listed["RecoveryPoints"])


CLUSTERS = {
    "Aurora": ("rds", "aurora-postgresql"),
    "Neptune": ("neptune", "neptune"),
    "DocumentDB": ("docdb", "docdb"),
}
