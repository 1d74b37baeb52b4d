"""Copies into the central account: one of every kind arrives, and one is refused by its key."""

import json
import re

from kit.names import MEMBER, REGION
from kit.sources import KINDS
from kit.wait import eventually

from ..names import (
    CENTRAL,
    CENTRAL_VAULT,
    HOME_REGION,
    ROOT,
    SETTLE_SECONDS,
    RehearsalFailed,
)
from .expectations import ROLE, VAULT
from .restores import Restores

GUIDE = ROOT / "docs" / "deployment.md"
REFUSED = "Given key ID is not accessible"
_LINKED = f"arn:aws:sts::{CENTRAL}:assumed-role/AWSServiceRoleForBackup/"
_TAGS = {"app": "copied"}


class Copies:
    """Backs up in a member account and copies that, as its administrator."""

    def __init__(self, emulator, administrators, commands, expectations):
        self._emulator = emulator
        self._administrators = administrators
        self._commands = commands
        self._expectations = expectations

    def prove(self):
        """Fail unless a copy of each kind arrives, and an encrypted disk needs its key's leave."""
        self._expect_every_kind()
        self._expect_the_keys_leave()

    def _expect_every_kind(self):
        """From the central vault's own Region, where the sources are made."""
        wanted = {}
        for kind in KINDS:
            name = "copied-" + kind.name.lower().replace(" ", "-")
            source = kind.make(lambda service: self._client(service, REGION), name, _TAGS)
            job = self._copy(source, REGION)
            if job["State"] != "COMPLETED":
                raise RehearsalFailed(
                    f"the copy of an {kind.name} is {job['State']}: {job.get('StatusMessage')}"
                )
            wanted[job["DestinationRecoveryPointArn"]] = source
        found = self._expectations.copies()
        if missing := {arn for arn, source in wanted.items() if found.get(arn) != source}:
            raise RehearsalFailed(f"copies are not in the central vault: {sorted(missing)}")

    def _expect_the_keys_leave(self):
        """Refused by a key that says nothing of the central account; doctor names disk and key.

        With the guide's statement in the key's policy the next one arrives: from another Region.
        """
        kms = self._client("kms", HOME_REGION)
        key = kms.create_key()["KeyMetadata"]["Arn"]
        made = self._client("ec2", HOME_REGION).create_volume(
            AvailabilityZone=f"{HOME_REGION}a", Size=1, Encrypted=True, KmsKeyId=key
        )
        disk = f"arn:aws:ec2:{HOME_REGION}:{MEMBER}:volume/{made['VolumeId']}"
        job = self._copy(disk, HOME_REGION)
        if (job["State"], job.get("StatusMessage")) != ("FAILED", REFUSED):
            raise RehearsalFailed(f"a copy that its key does not allow is {job}")
        self._expect_only_the_key_refused(key)
        self._expect_doctor({"failed copies": f"{disk}: {REFUSED} (key {key})"})
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        policy["Statement"] += guides_statements()
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
        job = self._copy(disk, HOME_REGION)
        if job["State"] != "COMPLETED":
            raise RehearsalFailed(f"with the guide's statement the copy is {job}")
        if self._expectations.copies().get(job["DestinationRecoveryPointArn"]) != disk:
            raise RehearsalFailed(f"the copy of {disk} is not in the central vault")
        self._expect_doctor({})

    def _expect_only_the_key_refused(self, key):
        """The one refusal that is wanted here, and so forgotten."""
        refused = self._emulator.take_denials()
        if not refused or any(
            denial["resource"] != key or not denial["principal"].startswith(_LINKED)
            for denial in refused
        ):
            raise RehearsalFailed(f"not the disk's key alone refused the copy: {refused}")

    def _expect_doctor(self, wanted):
        """What doctor finds wrong: check -> what it prints of it, in the columns of its table.

        Nobody is subscribed to the failures: the stage on failed restores has taken its queue back.
        """
        wanted = wanted | {
            "who is notified of failures": "nobody is subscribed to aws-backup-notifications"
        }
        lines = [re.split(r"\s{2,}", line) for line in self._commands.doctor().splitlines()]
        found = {line[2]: line[3] for line in lines if line[0] in ("FAILED", "UNKNOWN")}
        if not any(line[0] == "ok" for line in lines) or found != wanted:
            raise RehearsalFailed(f"doctor found {found}, not {wanted}")

    def _copy(self, source, region):
        """Back up and copy into the central vault with the solution's role; the job at its end."""
        point = Restores(self._administrators, MEMBER, region).back_up(source)
        backup = self._client("backup", region)
        job = backup.start_copy_job(
            RecoveryPointArn=point,
            SourceBackupVaultName=VAULT,
            DestinationBackupVaultArn=CENTRAL_VAULT,
            IamRoleArn=f"arn:aws:iam::{MEMBER}:role/{ROLE}",
        )["CopyJobId"]

        def ended():
            found = backup.describe_copy_job(CopyJobId=job)["CopyJob"]
            return found if found["State"] in ("COMPLETED", "FAILED") else None

        late = f"the copy of {source} did not come to an end"
        return eventually(ended, late, SETTLE_SECONDS, error=RehearsalFailed)

    def _client(self, service, region):
        return self._administrators.client(service, MEMBER, region)


def guides_statements():
    """What the guide has people paste into the policies of their own keys."""
    found = re.search(r'```json\n(\{\n  "Sid": "CopiesInto.*?)```', GUIDE.read_text(), re.DOTALL)
    return json.loads(f"[{found[1].replace('CENTRAL-ACCOUNT', CENTRAL)}]")
