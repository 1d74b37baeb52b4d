"""A restore in a member account: what it makes gets the tags of what was backed up."""

import itertools

from kit.wait import eventually

from ..names import SETTLE_SECONDS, RehearsalFailed
from .expectations import ROLE, VAULT

QUEUE, DEAD_LETTERS = "TagOnRestore", "TagOnRestore-DeadLetters"
SHOP = {"app": "shop", "cost-center": "4711", "backup": "daily"}
SOMEBODYS = {"owner": "somebody"}

_ENDED = ("COMPLETED", "FAILED", "ABORTED", "EXPIRED")
_numbers = itertools.count(1)


class Restores:
    """Backs up and restores in an account and Region, as its administrator."""

    def __init__(self, administrators, account, region):
        self._administrators = administrators
        self._account = account
        self._region = region
        self._role = f"arn:aws:iam::{account}:role/{ROLE}"

    def prove(self, seconds=SETTLE_SECONDS):
        """Fail unless a restored table and volume get their sources' tags, and nothing else does.

        ``seconds`` is how long the tags may take, once AWS Backup is done. What was made.
        """
        bystander = self._volume(SOMEBODYS)
        name = f"carts-{next(_numbers)}"
        table, volume = self.table(name, SHOP), self._volume(SHOP)
        made = {
            table: self._restore(self.back_up(table), targetTableName=f"{name}-restored"),
            volume: self._restore(self.back_up(volume), availabilityZone=f"{self._region}a"),
        }
        for source, restored in made.items():
            self._await_tags(source, restored, seconds)
        for arn, wanted in ((bystander, SOMEBODYS), (volume, SHOP), (table, SHOP)):
            if (found := self._tags(arn)) != wanted:
                raise RehearsalFailed(f"{arn} was there before, and its tags became {found}")
        for queue in (QUEUE, DEAD_LETTERS):
            self._await_no_message(queue, seconds)
        return list(made.values())

    def table(self, name, tags):
        """A table with tags; its ARN."""
        made = self._client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=_listed(tags),
        )
        return made["TableDescription"]["TableArn"]

    def back_up(self, arn):
        """Back up into the solution's vault with its role; the recovery point's ARN."""
        backup = self._client("backup")
        job = backup.start_backup_job(
            BackupVaultName=VAULT, ResourceArn=arn, IamRoleArn=self._role
        )["BackupJobId"]
        self._await(
            lambda: backup.describe_backup_job(BackupJobId=job), "State", f"backup of {arn}"
        )
        return backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"]

    def points(self):
        """The recovery points in the solution's vault."""
        found = self._client("backup").list_recovery_points_by_backup_vault(BackupVaultName=VAULT)
        return {point["RecoveryPointArn"] for point in found["RecoveryPoints"]}

    def _restore(self, point, **metadata):
        """Restore; the ARN of what was made."""
        backup = self._client("backup")
        job = backup.start_restore_job(
            RecoveryPointArn=point, IamRoleArn=self._role, Metadata=metadata
        )["RestoreJobId"]

        def look():
            return backup.describe_restore_job(RestoreJobId=job)

        return self._await(look, "Status", f"restore of {point}")["CreatedResourceArn"]

    def _await(self, look, state, what):
        """The job once it is complete."""

        def ended():
            found = look()
            return found if found[state] in _ENDED else None

        late = f"the {what} did not come to an end"
        found = eventually(ended, late, SETTLE_SECONDS, error=RehearsalFailed)
        if found[state] != "COMPLETED":
            reason = found.get("StatusMessage", "no reason was given")
            raise RehearsalFailed(f"{what} is {found[state]}: {reason}")
        return found

    def _await_tags(self, source, restored, seconds):
        """Wait until a restored resource has its source's tags."""

        def missing():
            found = self._tags(restored)
            return f"{restored} was restored from {source} and has the tags {found}, not {SHOP}"

        eventually(lambda: self._tags(restored) == SHOP, missing, seconds, error=RehearsalFailed)

    def _volume(self, tags):
        """A volume with tags; its ARN."""
        made = self._client("ec2").create_volume(
            AvailabilityZone=f"{self._region}a",
            Size=8,
            TagSpecifications=[{"ResourceType": "volume", "Tags": _listed(tags)}],
        )
        return f"arn:aws:ec2:{self._region}:{self._account}:volume/{made['VolumeId']}"

    def _tags(self, arn):
        """The tags of a table or volume as its own service has them, but for the system's."""
        if ":volume/" in arn:
            ec2 = self._client("ec2")
            volume = arn.rpartition("/")[2]
            wanted = [{"Name": "resource-id", "Values": [volume]}]
            found = ec2.describe_tags(Filters=wanted)["Tags"]
        else:
            found = self._client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]
        tags = {tag["Key"]: tag["Value"] for tag in found}
        return {key: value for key, value in tags.items() if not key.startswith("aws:")}

    def _await_no_message(self, queue, seconds):
        """Wait until a queue is empty: the function needs a moment to delete its messages."""
        sqs = self._client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def empty():
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            return not any(int(found[name]) for name in names)

        left = f"messages are left in `{queue}` of {self._account} in {self._region}"
        eventually(empty, left, seconds, error=RehearsalFailed)

    def _client(self, service):
        return self._administrators.client(service, self._account, self._region)


def _listed(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]
