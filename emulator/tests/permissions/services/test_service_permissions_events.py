"""What EventBridge, its Scheduler and CloudWatch may hand on, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...entitled import LOGS, Entitled, allow, document, letting_in, trusting
from ...events.test_deliveries import FUNCTION
from ...world import HOME, MEMBER, World, eventually, function_zip

EVENTS = "events.amazonaws.com"
ORGANIZATION = "o-rehearsal01"


@pytest.fixture
def account(world: World) -> Entitled:
    return Entitled(world)


def rule(account: Entitled, target: dict[str, Any]) -> str:
    """The ARN of the rule `ours`, which has this target."""
    events = account.client("events")
    pattern = json.dumps({"source": ["ours"]})
    arn = str(events.put_rule(Name="ours", EventPattern=pattern)["RuleArn"])
    events.put_targets(Rule="ours", Targets=[{"Id": "target", **target}])
    return arn


def send(account: Entitled, detail: Any = None) -> None:
    entry = {
        "Source": "ours",
        "DetailType": "something",
        "Detail": json.dumps(detail or {"a": 1}),
    }
    account.client("events").put_events(Entries=[entry])


def queue(account: Entitled, name: str, **attributes: str) -> tuple[str, str]:
    """Address and ARN of a queue."""
    url = account.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, account.arn("sqs", name)


def details(account: Entitled, url: str) -> list[Any]:
    """The details of the events in a queue, which is empty then."""
    found = account.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    messages = found.get("Messages", [])
    for message in messages:
        account.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["detail"] for message in messages]


def let_in(account: Entitled, url: str, *statements: Any) -> None:
    policy = {"Policy": document(*statements) if statements else ""}
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=policy)


def worker(account: Entitled) -> str:
    """The ARN of a function that writes what it hears into its log."""
    role = account.role("worker", "lambda", allow(*LOGS))
    made = account.client("lambda").create_function(
        FunctionName="worker",
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role,
        Code={"ZipFile": function_zip(FUNCTION)},
    )
    account.refused()
    return str(made["FunctionArn"])


def heard(account: Entitled) -> list[Any]:
    logs = account.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/worker")["logGroups"]:
        return []
    events = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    lines = [line for event in events for line in event["message"].splitlines()]
    return [json.loads(line[6:]) for line in lines if line.startswith("heard ")]


def test_a_rule_invokes_a_function_whose_policy_names_that_rule(account: Entitled) -> None:
    function = worker(account)
    letters, dead = queue(account, "dead")
    source = rule(account, {"Arn": function, "DeadLetterConfig": {"Arn": dead}})
    let_in(account, letters, letting_in("events", "sqs:SendMessage", dead))
    send(account)
    assert account.refused() == [(EVENTS, "lambda:InvokeFunction", function)]
    permission = {
        "FunctionName": "worker",
        "Action": "lambda:InvokeFunction",
        "Principal": EVENTS,
    }
    client = account.client("lambda")
    client.add_permission(StatementId="other", SourceArn=source + "-other", **permission)
    send(account)
    assert account.refused() == [(EVENTS, "lambda:InvokeFunction", function)]
    assert heard(account) == []
    assert len(details(account, letters)) == 2
    client.add_permission(StatementId="ours", SourceArn=source, **permission)
    send(account)
    (event,) = eventually(lambda: heard(account))
    assert event["detail"] == {"a": 1}
    assert account.refused() == []


def test_what_a_queue_and_its_dead_letters_refuse_is_recorded(account: Entitled) -> None:
    work, arn = queue(account, "work")
    letters, dead = queue(account, "dead")
    source = rule(account, {"Arn": arn, "DeadLetterConfig": {"Arn": dead}})
    send(account)
    assert account.refused() == [
        (EVENTS, "sqs:SendMessage", arn),
        (EVENTS, "sqs:SendMessage", dead),
    ]
    assert details(account, work) == details(account, letters) == []
    only_ours = {"ArnEquals": {"aws:SourceArn": source}}
    let_in(account, work, letting_in("events", "sqs:SendMessage", arn, **only_ours))
    send(account)
    assert details(account, work) == [{"a": 1}]
    assert account.refused() == []


@pytest.mark.parametrize("missing", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_an_encrypted_queue_takes_an_event_if_its_key_lets_eventbridge_in(
    account: Entitled, missing: str
) -> None:
    administration = {"AWS": f"arn:aws:iam::{account.account}:root"}
    everything = allow("kms:*", Principal=administration)
    actions = {"kms:GenerateDataKey", "kms:Decrypt"}
    some = [letting_in("events", action, "*") for action in sorted(actions - {missing})]
    key = account.key(everything, *some)
    work, arn = queue(account, "work", KmsMasterKeyId=key)
    let_in(account, work, letting_in("events", "sqs:SendMessage", arn))
    rule(account, {"Arn": arn})
    send(account)
    assert account.refused() == [(EVENTS, missing, key)]
    assert details(account, work) == []
    account.client("kms").put_key_policy(
        KeyId=key,
        PolicyName="default",
        Policy=document(everything, *some, letting_in("events", missing, "*")),
    )
    send(account)
    assert details(account, work) == [{"a": 1}]


def subscribed_topic(account: Entitled, **attributes: str) -> tuple[str, str]:
    """A topic that tells a queue; the topic's ARN and the queue's address."""
    work, arn = queue(account, "told")
    topic = account.client("sns").create_topic(Name="news", Attributes=attributes)["TopicArn"]
    account.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    only_it = {"ArnEquals": {"aws:SourceArn": topic}}
    let_in(account, work, letting_in("sns", "sqs:SendMessage", arn, **only_it))
    return topic, work


def publish_policy(account: Entitled, topic: str, *statements: Any) -> None:
    account.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=document(*statements)
    )


def test_a_topic_and_its_key_must_let_eventbridge_in(account: Entitled) -> None:
    administration = {"AWS": f"arn:aws:iam::{account.account}:root"}
    everything = allow("kms:*", Principal=administration)
    key = account.key(everything)
    topic, reported = subscribed_topic(account, KmsMasterKeyId=key)
    rule(account, {"Arn": topic})
    send(account)
    assert [row[:2] for row in account.refused()] == [(EVENTS, "sns:Publish")]
    # EventBridge sends no condition key with a topic: a policy with one lets nothing through.
    conditioned = {"StringEquals": {"aws:SourceAccount": account.account}}
    publish_policy(account, topic, letting_in("events", "sns:Publish", topic, **conditioned))
    send(account)
    assert account.refused() == [(EVENTS, "sns:Publish", topic)]
    publish_policy(account, topic, letting_in("events", "sns:Publish", topic))
    send(account)
    assert account.refused() == [(EVENTS, "kms:GenerateDataKey", key)]
    assert details(account, reported) == []
    use = [letting_in("events", f"kms:{name}", "*") for name in ("Decrypt", "GenerateDataKey")]
    account.client("kms").put_key_policy(
        KeyId=key, PolicyName="default", Policy=document(everything, *use)
    )
    send(account)
    assert details(account, reported) == [{"a": 1}]
    assert account.refused() == []


def test_a_topic_tells_a_queue_that_lets_it_in(account: Entitled) -> None:
    topic, reported = subscribed_topic(account)
    let_in(account, reported)
    message = json.dumps({"detail": {"a": 1}})
    account.client("sns").publish(TopicArn=topic, Message=message)
    arn = account.arn("sqs", "told")
    assert account.refused() == [("sns.amazonaws.com", "sqs:SendMessage", arn)]
    let_in(account, reported, letting_in("sns", "sqs:SendMessage", arn))
    account.client("sns").publish(TopicArn=topic, Message=message)
    assert details(account, reported) == [{"a": 1}]


def test_an_alarm_tells_a_topic_that_lets_cloudwatch_in(account: Entitled) -> None:
    topic, reported = subscribed_topic(account)
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="late",
        Namespace="ours",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )

    def told_by_alarm() -> list[str]:
        for state in ("OK", "ALARM"):
            account.client("cloudwatch").set_alarm_state(
                AlarmName="late", StateValue=state, StateReason="told to"
            )
        found = account.client("sqs").receive_message(QueueUrl=reported).get("Messages", [])
        return [json.loads(message["Body"])["AlarmName"] for message in found]

    publish_policy(account, topic, letting_in("events", "sns:Publish", topic))
    assert told_by_alarm() == []
    assert account.refused() == [("cloudwatch.amazonaws.com", "sns:Publish", topic)]
    ours = {"StringEquals": {"aws:SourceAccount": account.account}}
    publish_policy(account, topic, letting_in("cloudwatch", "sns:Publish", topic, **ours))
    assert told_by_alarm() == ["late"]


def test_a_bus_of_another_account_is_reached_with_a_role_that_both_accounts_let_in(
    account: Entitled, world: World
) -> None:
    home = Entitled(world, HOME)
    home.client("events").create_event_bus(Name="reports")
    bus = home.arn("events", "event-bus/reports")
    reported, queue_arn = queue(home, "told")
    let_in(home, reported, letting_in("events", "sqs:SendMessage", queue_arn))
    pattern = json.dumps({"source": ["ours"], "account": [MEMBER]})
    home.client("events").put_rule(Name="all", EventBusName="reports", EventPattern=pattern)
    home.client("events").put_targets(
        Rule="all", EventBusName="reports", Targets=[{"Id": "queue", "Arn": queue_arn}]
    )
    role = account.role("report", "events")
    rule(account, {"Arn": bus, "RoleArn": role})
    send(account)
    assert account.refused() == [("report", "events:PutEvents", bus)]
    account.grant("report", allow("events:PutEvents", on=bus))
    send(account)
    # The role may; the bus does not let it in yet.
    assert account.refused() == [("report", "events:PutEvents", bus)]
    home.client("events").put_permission(
        EventBusName="reports",
        StatementId="organization",
        Action="events:PutEvents",
        Principal="*",
        Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": ORGANIZATION},
    )
    assert details(home, reported) == []
    account.trust("report", trusting("lambda"))
    send(account)
    assert account.refused() == [(EVENTS, "sts:AssumeRole", role)]
    account.trust("report", trusting("events"))
    send(account)
    assert details(home, reported) == [{"a": 1}]
    assert account.refused() == []


def test_a_stacks_bus_has_the_policy_of_its_template(account: Entitled, world: World) -> None:
    statement = allow("events:PutEvents", Principal="*")
    policy = json.loads(document(statement))
    resource = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "bus", "Policy": policy}}
    account.client("cloudformation").create_stack(
        StackName="bus", TemplateBody=json.dumps({"Resources": {"Bus": resource}})
    )
    world.wait_for_stack("bus", account.account)
    found = account.client("events").describe_event_bus(Name="bus")
    assert json.loads(found["Policy"]) == policy


def test_a_schedule_does_what_its_role_may(account: Entitled, world: World) -> None:
    function = worker(account)
    letters, dead = queue(account, "dead")
    role = account.role("schedule", "scheduler")
    ours = {"StringEquals": {"aws:SourceAccount": account.account}}
    account.trust("schedule", trusting("scheduler", **ours))
    account.client("scheduler").create_schedule(
        Name="often",
        ScheduleExpression="rate(6 hours)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": function,
            "RoleArn": role,
            "Input": '{"action": "reconcile"}',
            "DeadLetterConfig": {"Arn": dead},
        },
    )
    place = {"account": account.account, "region": "eu-west-1"}

    def fire() -> None:
        world.control("POST", "elapse", {**place, "schedule": "often"})

    fire()
    assert account.refused() == [
        ("schedule", "lambda:InvokeFunction", function),
        ("schedule", "sqs:SendMessage", dead),
    ]
    account.grant("schedule", allow("sqs:SendMessage", on=dead))
    fire()
    assert account.refused() == [("schedule", "lambda:InvokeFunction", function)]
    (letter,) = account.client("sqs").receive_message(QueueUrl=letters)["Messages"]
    assert letter["Body"] == '{"action": "reconcile"}'
    assert heard(account) == []
    account.grant("schedule", allow("lambda:InvokeFunction", on=function))
    fire()
    assert eventually(lambda: heard(account)) == [{"action": "reconcile"}]
    account.trust("schedule", trusting("events"))
    fire()
    assert account.refused()[0] == ("scheduler.amazonaws.com", "sts:AssumeRole", role)
