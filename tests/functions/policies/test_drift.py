"""What people change by hand: told once on the topic, and put back where the template asks for it.

The whole way: Organizations' event in the management account, the home account's bus, the function,
the bus again, the topic, and a queue that is subscribed to it.
"""

import json

import pytest
from kit import solution
from kit.clients import client
from kit.names import HOME, MANAGEMENT, PRODUCTION, REGION, SANDBOXES
from kit.stacks import stacks
from kit.wait import eventually

from ..permissions import BESIDE
from .home import content, resource

TOPIC = f"arn:aws:sns:{REGION}:{HOME}:aws-backup-notifications"
QUEUE = f"arn:aws:sqs:{REGION}:{HOME}:drift-subscriber"


@pytest.fixture(scope="module")
def reporting(emulator):
    """A subscriber of the topic, which is there, and the rule in the management account."""
    home, management = stacks(emulator, HOME), stacks(emulator, MANAGEMENT, "us-east-1")
    home.update(solution.function(EventBusName="aws-backup-notifications")).expect_complete()
    management.create(solution.policy_events()).expect_complete()
    sqs = client(emulator.url, "sqs")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    name = QUEUE.rpartition(":")[2]
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})["QueueUrl"]
    sns = client(emulator.url, "sns")
    subscription = sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"]
    yield url
    management.delete("aws-backup-policy-events").expect_complete()
    home.update(solution.function()).expect_complete()
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


class Watched:
    """The home account, and what its topic tells."""

    def __init__(self, home, url):
        self.home = home
        self._url = url
        self._sqs = client(home.emulator.url, "sqs")

    def told(self):
        """The details of what was told since this was last asked."""
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        messages = found.get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        events = [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
        for event in events:
            assert event["source"] == "aws-backup-solution"
            assert event["detail-type"] == "Backup Policy Drift"
            assert event["account"] == HOME
        return [event["detail"] for event in events]

    def await_told(self):
        """Wait until something is told."""
        return eventually(self.told, "nothing was told")

    def look(self):
        """Let the schedule's six hours pass, and wait for the end of the look."""
        before = self._looks()
        scheduler = client(self.home.emulator.url, "scheduler")
        (name,) = (schedule["Name"] for schedule in scheduler.list_schedules()["Schedules"])
        self.home.emulator.elapse_schedule(HOME, name)
        eventually(lambda: self._looks() > before, "the look did not come to an end")

    def _looks(self):
        logs = client(self.home.emulator.url, "logs")
        group = "/aws/lambda/BackupOrgPolicyManager"
        found = logs.filter_log_events(logGroupName=group)["events"]
        return len([event for event in found if '"looked at"' in event["message"]])

    def remembered(self):
        """The names of what the function remembers."""
        ssm = client(self.home.emulator.url, "ssm")
        found = ssm.get_parameters_by_path(Path="/backup/org-policy", Recursive=True)
        return [parameter["Name"] for parameter in found["Parameters"]]


@pytest.fixture
def watched(home, reporting):
    watched = Watched(home, reporting)
    watched.told()
    return watched


def test_a_quiet_look_tells_nothing_and_a_deleted_stack_leaves_no_memory(watched):
    home = watched.home
    assert home.create(Policy=resource()).complete
    policy = home.policy()
    eventually(watched.remembered, "what was deployed is not remembered")
    watched.look()
    assert watched.told() == []
    assert home.policy() == policy
    assert home.delete().complete
    eventually(lambda: not watched.remembered(), "a memory is left")
    watched.look()
    assert watched.told() == []


def test_a_policy_that_is_detached_by_hand_is_told_once_with_who_did_it(watched):
    home = watched.home
    assert home.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES])).complete
    eventually(watched.remembered, "what was deployed is not remembered")
    policy = home.policy()["id"]
    home.organizations.detach_policy(PolicyId=policy, TargetId=SANDBOXES)
    (told,) = watched.await_told()
    assert told["state"] == "DRIFTED"
    assert told["differences"] == [f"it was detached from {SANDBOXES}"]
    assert told["by"] == f"arn:aws:iam::{MANAGEMENT}:root"
    assert told["eventName"] == "DetachPolicy"
    watched.look()
    assert watched.told() == []
    assert home.policy()["targets"] == [PRODUCTION], "nobody asked for a repair"


def test_a_policy_that_is_changed_by_hand_is_put_back_and_told_once(watched):
    home = watched.home
    assert home.create(Policy=resource(Repair="true")).complete
    eventually(watched.remembered, "what was deployed is not remembered")
    policy = home.policy()
    other = json.dumps(content(days=1))
    home.organizations.update_policy(PolicyId=policy["id"], Content=other)
    (told,) = watched.await_told()
    assert told["state"] == "REPAIRED"
    assert told["differences"] == ["its content was changed"]
    assert home.policy() == policy
    home.organizations.detach_policy(PolicyId=policy["id"], TargetId=PRODUCTION)
    (told,) = watched.await_told()
    assert (told["state"], told["eventName"]) == ("REPAIRED", "DetachPolicy")
    assert home.policy()["targets"] == [PRODUCTION]
    watched.look()
    assert watched.told() == []


def test_what_the_function_does_itself_is_no_drift(watched):
    home = watched.home
    assert home.create(Policy=resource()).complete
    assert home.update(Policy=resource(PolicyTargets=[SANDBOXES], PolicyDescription="new")).complete
    eventually(watched.remembered, "what was deployed is not remembered")
    watched.look()
    assert watched.told() == []


def test_others_policies_are_no_concern(watched):
    home = watched.home
    assert home.create(Policy=resource(Repair="true")).complete
    eventually(watched.remembered, "what was deployed is not remembered")
    foreign = home.foreign_policy("somebody's", [PRODUCTION])
    home.organizations.detach_policy(PolicyId=foreign, TargetId=PRODUCTION)
    watched.look()
    assert watched.told() == []


@pytest.fixture
def denying(watched):
    """The same, with no denial so far, and afterwards nothing left out."""
    watched.home.emulator.take_denials()
    yield watched
    watched.home.emulator.leave_out()
    watched.home.clean()
    watched.home.emulator.take_denials()


@pytest.mark.parametrize(
    ("role", "action"), sorted(BESIDE), ids=lambda part: part.replace(":", " ")
)
def test_without_an_action_no_stack_fails_and_what_is_missed_comes_later(denying, role, action):
    home = denying.home
    home.emulator.leave_out((role, action))
    assert home.create(Policy=resource()).complete
    if action != "ssm:PutParameter":
        eventually(denying.remembered, "what was deployed is not remembered")
    policy = home.policy()["id"]
    home.organizations.detach_policy(PolicyId=policy, TargetId=PRODUCTION)

    def denied():
        found = {(d["principal"].split("/")[1], d["action"]) for d in home.emulator.denials()}
        return (role, action) in found

    if action == "ssm:DeleteParameters":
        assert denying.await_told()[0]["state"] == "DRIFTED"
        assert home.delete().complete
    eventually(denied, "nothing was denied")
    home.emulator.leave_out()
    if action == "ssm:DeleteParameters":
        # The next look sees that the stack is gone.
        denying.look()
        assert denying.remembered() == []
        return
    denying.look()
    states = {told["state"] for told in denying.await_told()}
    assert states == {"UNKNOWN" if action == "ssm:PutParameter" else "DRIFTED"}
