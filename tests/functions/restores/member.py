"""The member account as the tests see it: sources, backups, restores, queues and the log."""

import itertools
import json
import time

from kit import solution
from kit.clients import client
from kit.names import HOME, MEMBER, TAG_ON_RESTORE
from kit.sources import ROLE
from kit.stacks import stacks
from kit.wait import eventually

VAULT = "AWSBackupSolutionVault"
QUEUE, DEAD_LETTERS = "TagOnRestore", "TagOnRestore-DeadLetters"
UNSTARTED = "TagOnRestore-ReconcileDeadLetters"
LOG_GROUP = "/aws/lambda/TagOnRestore"
# As the template's RedrivePolicy says.
RECEIVES = 6
READS = ("Describe", "List", "Get")

_numbers = itertools.count(1)


def deploy(emulator):
    """The member account's stacks; the home account has the bucket of packages already."""
    package = solution.Package(TAG_ON_RESTORE)
    client(emulator.url, "s3", HOME).put_object(
        Bucket=solution.PACKAGE_BUCKET, Key=package.key, Body=TAG_ON_RESTORE.read_bytes()
    )
    stacks(emulator, HOME).create(solution.notifications()).expect_complete()
    member = stacks(emulator, MEMBER)
    for stack in (
        solution.backup_role(),
        solution.member_account(),
        solution.tag_on_restore(package),
    ):
        member.create(stack).expect_complete()
    assert emulator.function_digests()["TagOnRestore"] == package.bootstrap_digest
    emulator.set_restores(seconds=0)


class Member:
    """The member account."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.log_start = int(time.time() * 1000)

    def client(self, service):
        """A client of the member account."""
        return client(self.emulator.url, service, MEMBER)

    # -- backups and restores

    def name(self):
        """A name that nothing else has."""
        return f"thing-{next(_numbers)}"

    def make(self, kind, tags):
        """A source of this kind; its ARN."""
        return kind.make(self.client, self.name(), tags)

    def tags(self, arn, add=None):
        """A resource's tags in its own service; ``add`` some first, as AWS itself can."""
        return self.emulator.tags(MEMBER, arn, add)

    def back_up(self, resource, plan_tags=None):
        """Back up; the recovery point's ARN."""
        arguments = {"RecoveryPointTags": plan_tags} if plan_tags else {}
        started = self.client("backup").start_backup_job(
            BackupVaultName=VAULT, ResourceArn=resource, IamRoleArn=ROLE, **arguments
        )
        return started["RecoveryPointArn"]

    def restore(self, point, metadata=None, **more):
        """Start a restore; the job's id."""
        started = self.client("backup").start_restore_job(
            RecoveryPointArn=point, Metadata=metadata or {}, IamRoleArn=ROLE, **more
        )
        return started["RestoreJobId"]

    def restored(self, job):
        """What a job made, once it is complete and its last event is on its way."""
        event = self.completed(job)
        return event["detail"]["createdResourceArn"]

    def completed(self, job):
        """The event that a job is complete."""

        def find():
            failed = [e for e in self.emulator.backup_events("FAILED") if _job(e) == job]
            assert not failed, failed
            return next((e for e in self.emulator.backup_events() if _job(e) == job), None)

        return eventually(find, f"restore job {job} is not complete")

    # -- the way of an event

    def settle(self):
        """Wait until the function has seen all that is in its queue; what it gave back."""
        return self.emulator.await_queue(MEMBER, QUEUE)

    def try_again(self):
        """Let the visibility timeouts pass; what the function gave back this time."""
        return self.emulator.elapse_visibility(MEMBER, QUEUE)

    def dead_letters(self):
        """The bodies of the messages in the dead-letter queue, which stay there."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in got.get("Messages", [])]

    def reconcile(self):
        """Let the schedule's six hours pass, and wait for the end of the reconciliation."""
        before = len(self._invocations())
        schedules = self.client("scheduler").list_schedules()["Schedules"]
        (name,) = (schedule["Name"] for schedule in schedules)
        self.emulator.elapse_schedule(MEMBER, name)
        eventually(
            lambda: len(self._invocations()) > before, "the reconciliation did not come to an end"
        )

    def measured(self, namespace, name, dimension, of, value):
        """CloudWatch has this value of a service's metric now; nobody measures it here."""
        data = {"MetricName": name, "Value": value}
        data["Dimensions"] = [{"Name": dimension, "Value": of}]
        self.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])

    def _invocations(self):
        """The reports of finished invocations."""
        return [line for line in self._lines() if line.startswith("REPORT")]

    # -- what happened

    def writes(self):
        """The function's calls that are no reads, as (service, operation)."""
        return [
            (call["service"], call["operation"])
            for call in self.calls()
            if not call["operation"].startswith(READS)
        ]

    def calls(self):
        """The function's calls since they were last forgotten."""
        return [
            call
            for call in self.emulator.calls()
            if call["account"] == MEMBER and ":assumed-role/" in call["principal"]
        ]

    def log(self, job=None):
        """The function's own log lines since the test began, of one job if it is given."""
        entries = [json.loads(line) for line in self._lines() if line.startswith("{")]
        return [entry for entry in entries if job is None or job in json.dumps(entry)]

    def said(self):
        """All that the function wrote since the test began, and Lambda about it."""
        return "\n".join(self._lines())

    def _lines(self):
        logs = self.client("logs")
        events, token = [], {}
        while True:
            page = logs.filter_log_events(logGroupName=LOG_GROUP, startTime=self.log_start, **token)
            events += page["events"]
            if "nextToken" not in page:
                return [line for e in events for line in e["message"].splitlines()]
            token = {"nextToken": page["nextToken"]}

    def clean(self):
        """No fault is in force, nothing waits in a queue, AWS has its usual habits."""
        self.emulator.mend()
        self.emulator.set_restores(seconds=0, published_rates=False, rates_second=1)
        self.emulator.release_events()
        self.settle()
        for name in (QUEUE, DEAD_LETTERS):
            sqs = self.client("sqs")
            sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _job(event):
    return event["detail"].get("restoreJobId")
