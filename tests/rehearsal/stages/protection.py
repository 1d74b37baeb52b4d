"""What protects accounts, and must do so at every moment of a change: plan, vault, key, points."""

import json
from dataclasses import dataclass

from kit.wait import eventually

from ..names import CENTRAL, CENTRAL_REGION, CENTRAL_VAULT, SETTLE_SECONDS, RehearsalFailed
from .expectations import ROLE, VAULT

CENTRAL_ROLE = "AWSBackupSolutionCentralAccountRole"


@dataclass(frozen=True)
class Place:
    """A vault with the role that backs up into it and restores from it."""

    account: str
    region: str
    vault: str = VAULT
    role: str = ROLE


CENTRAL_PLACE = Place(CENTRAL, CENTRAL_REGION, CENTRAL_VAULT.rpartition(":")[2], CENTRAL_ROLE)


@dataclass(frozen=True)
class Found:
    """A vault as it is: had it gone and come back, something would be another."""

    created: str
    key: str
    role: str
    points: frozenset


class Protection:
    """Backs up once in each place, then looks whether all of it is still there and the same."""

    def __init__(self, administrators, places):
        self._administrators = administrators
        for place in places:
            self._back_up(place)
        self._before = {place: self._look(place) for place in places}
        # (after what, how many plans reach each account)
        self.looks = []

    def expect(self, accounts, after):
        """Fail unless each account has a plan, and each vault its key, its role and its points.

        ``after`` names the step that was done.
        """
        plans = {account: len(self.plans(account)) for account in accounts}
        self.looks.append((after, plans))
        for account, number in plans.items():
            if not number:
                raise RehearsalFailed(f"no plan reaches {account} after {after}")
        for place, before in self._before.items():
            if (found := self._look(place)) != before:
                raise RehearsalFailed(f"{place} was {before}, and is {found} after {after}")

    def report(self):
        """What was seen after every step, as a table."""
        points = sum(len(found.points) for found in self._before.values())
        accounts = list(self.looks[0][1])
        lines = [
            f"After every step {len(self._before)} vaults were the same ones, each with the same "
            f"enabled key and the same role, and {points} recovery points could be described; in "
            "the end one of each vault was restored. Plans that reached each account:",
            "",
            f"| after | {' | '.join(accounts)} |",
            f"|---|{'--:|' * len(accounts)}",
            *(
                f"| {after} | {' | '.join(str(plans[account]) for account in accounts)} |"
                for after, plans in self.looks
            ),
        ]
        return "\n".join(lines)

    def plans(self, account):
        """The names of the plans that AWS Backup makes in an account."""
        client = self._administrators.client("organizations", account)
        found = client.describe_effective_policy(PolicyType="BACKUP_POLICY")["EffectivePolicy"]
        return set(json.loads(found["PolicyContent"]).get("plans", {}))

    def restore(self):
        """Restore from each vault with its role: the points are of use."""
        for place, before in self._before.items():
            self._restore(place, min(before.points))

    def _restore(self, place, point):
        backup = self._client(place, "backup")
        job = backup.start_restore_job(
            RecoveryPointArn=point,
            IamRoleArn=self._role_arn(place),
            Metadata={"targetTableName": "restored-after-the-change"},
        )["RestoreJobId"]
        self._await(lambda: backup.describe_restore_job(RestoreJobId=job), "Status")

    def _back_up(self, place):
        made = self._client(place, "dynamodb").create_table(
            TableName="kept",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableArn"]
        backup = self._client(place, "backup")
        job = backup.start_backup_job(
            BackupVaultName=place.vault, ResourceArn=made, IamRoleArn=self._role_arn(place)
        )["BackupJobId"]
        self._await(lambda: backup.describe_backup_job(BackupJobId=job), "State")

    def _look(self, place):
        backup = self._client(place, "backup")
        vault = backup.describe_backup_vault(BackupVaultName=place.vault)
        key = self._client(place, "kms").describe_key(KeyId=vault["EncryptionKeyArn"])
        if (state := key["KeyMetadata"]["KeyState"]) != "Enabled":
            raise RehearsalFailed(f"the key of {place} is {state}")
        role = self._client(place, "iam").get_role(RoleName=place.role)["Role"]
        listed = backup.list_recovery_points_by_backup_vault(BackupVaultName=place.vault)
        points = {point["RecoveryPointArn"] for point in listed["RecoveryPoints"]}
        for point in points:
            backup.describe_recovery_point(BackupVaultName=place.vault, RecoveryPointArn=point)
        return Found(
            str(vault["CreationDate"]), vault["EncryptionKeyArn"], role["RoleId"], frozenset(points)
        )

    def _role_arn(self, place):
        return f"arn:aws:iam::{place.account}:role/{place.role}"

    def _await(self, look, state):
        """The job once it is complete."""

        def ended():
            found = look()
            if found[state] in ("FAILED", "ABORTED", "EXPIRED"):
                raise RehearsalFailed(f"a job is {found[state]}: {found.get('StatusMessage')}")
            return found[state] == "COMPLETED"

        eventually(ended, "a job did not end", SETTLE_SECONDS, error=RehearsalFailed)

    def _client(self, place, service):
        return self._administrators.client(service, place.account, place.region)
