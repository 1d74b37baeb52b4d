"""`make acceptance`: the checklist on the deployed organization, over two days, and undone."""

from kit.names import MEMBER
from kit.wait import eventually

from ..names import (
    CENTRAL_VAULT,
    HOME_REGION,
    MANAGEMENT,
    SETTLE_SECONDS,
    RehearsalFailed,
)
from .expectations import ROLE, VAULT

JOINER = "777777777777"
STACK = "aws-backup-demo-resources"
PLAN = f"arn:aws:backup:{HOME_REGION}:{MEMBER}:backup-plan:daily"


class Acceptance:
    """Runs the command as the guide has it, and looks at what it leaves."""

    def __init__(self, emulator, administrators, commands):
        self._emulator = emulator
        self._administrators = administrators
        self._commands = commands

    def prove(self):
        """Fail unless everything holds after a day, and nothing of it is left in the end."""
        self._emulator.join(JOINER, "joiner")
        before = holdings(self._administrators)
        place = {"region": HOME_REGION, "JOINER": JOINER}
        if "nothing was changed" not in self._make(**place, statuses=(2,)):
            raise RehearsalFailed("acceptance without APPLY=1 found nothing to do")
        self._make(**place, APPLY=1, WAIT=SETTLE_SECONDS, statuses=(2,))
        cloud = self._administrators.client("cloudformation", MEMBER, HOME_REGION)
        let_the_plan_run(self._emulator, resources_of(cloud))
        printed = self._make(**place, APPLY=1, WAIT=SETTLE_SECONDS)
        if "everything held" not in printed:
            raise RehearsalFailed(f"acceptance says {printed.splitlines()[-1]}")
        self._make(region=HOME_REGION, UNDO=1, APPLY=1)
        if (after := holdings(self._administrators)) != before:
            raise RehearsalFailed(f"the run left {after}, and there was {before}")
        self._expect_only_vaults_refused()

    def _make(self, statuses=(0,), **variables):
        return self._commands.make("acceptance", statuses=statuses, **variables)

    def _expect_only_vaults_refused(self):
        """What the vaults had to deny is the only thing that was refused, and so forgotten."""
        wanted = {"backup:DeleteRecoveryPoint", "backup:PutBackupVaultAccessPolicy"}
        refused = self._emulator.take_denials()
        if {denial["action"] for denial in refused} != wanted or any(
            "resource-based policy" not in denial["reason"] for denial in refused
        ):
            raise RehearsalFailed(f"not the vaults alone refused something: {refused}")


def holdings(administrators):
    """What the member account has of the kinds that a run makes, and where the joiner is."""

    def client(service):
        return administrators.client(service, MEMBER, HOME_REGION)

    organizations = administrators.client("organizations", MANAGEMENT)
    (parent,) = organizations.list_parents(ChildId=JOINER)["Parents"]
    return {
        "tables": client("dynamodb").list_tables()["TableNames"],
        "volumes": [one["VolumeId"] for one in client("ec2").describe_volumes()["Volumes"]],
        "buckets": [one["Name"] for one in client("s3").list_buckets()["Buckets"]],
        "file systems": [
            one["FileSystemId"] for one in client("efs").describe_file_systems()["FileSystems"]
        ],
        "joiner": parent["Id"],
    }


def resources_of(cloud):
    """The ARNs of the demonstration's resources."""
    (stack,) = cloud.describe_stacks(StackName=STACK)["Stacks"]
    found = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    return [
        found["TableArn"],
        f"arn:aws:ec2:{HOME_REGION}:{MEMBER}:volume/{found['VolumeId']}",
        f"arn:aws:s3:::{found['BucketName']}",
        found["FileSystemArn"],
    ]


def let_the_plan_run(emulator, resources):
    """Its time comes: each is backed up and copied, and the copies arrive."""
    for resource in resources:
        emulator.control(
            "POST",
            "scheduled-backups",
            {
                "account": MEMBER,
                "region": HOME_REGION,
                "resource": resource,
                "vault": VAULT,
                "role": f"arn:aws:iam::{MEMBER}:role/{ROLE}",
                "plan": PLAN,
                "copy": CENTRAL_VAULT,
            },
        )

    def ended():
        jobs = [job for job in emulator.restores()["copies"] if job.get("CreatedBy")]
        return all(job["State"] in ("COMPLETED", "FAILED") for job in jobs)

    eventually(ended, "the plan's copies did not end", SETTLE_SECONDS, error=RehearsalFailed)
