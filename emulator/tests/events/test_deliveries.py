"""EventBridge to a queue to a function: policies, dead letters, batches, and time that passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...functions import queue_batches
from ..backup.restoring import PLACE, Account, arn
from ..backup.test_restores import allow_rule, received
from ..entitled import LOGS
from ..world import MEMBER, World, error_of, eventually, function_zip

# A function that does what each message says, and says what it was given.
FUNCTION = """
import json, os, sys, urllib.request
runtime = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    response = urllib.request.urlopen(runtime + "next")
    name = response.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.load(response)
    records = event.get("Records", [])
    given = [(r["body"], r["attributes"]["ApproximateReceiveCount"]) for r in records]
    print("heard", json.dumps(given or event), flush=True)
    bodies = [r["body"] for r in records]
    if "exit" in bodies:
        sys.exit(3)
    failed = [r["messageId"] for r in records if r["body"] == "fail"]
    if "nonsense" in bodies:
        failed = [""]
    answer = {"batchItemFailures": [{"itemIdentifier": item} for item in failed]}
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(runtime + name + "/response", data=body))
"""


@pytest.fixture
def account(world: World) -> Account:
    return Account(world)


@pytest.fixture
def mapped(account: Account) -> str:
    """The URL of a queue whose messages a function gets; three receives, then the dead letters."""
    create_function(account)
    account.sqs.create_queue(QueueName="dead")
    redrive = {"deadLetterTargetArn": arn("sqs", "dead"), "maxReceiveCount": 3}
    attributes = {"VisibilityTimeout": "360", "RedrivePolicy": json.dumps(redrive)}
    url = account.sqs.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
    getattr(account, "lambda").create_event_source_mapping(
        EventSourceArn=arn("sqs", "work"),
        FunctionName="worker",
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )
    return str(url)


def create_function(account: Account) -> None:
    """A function and its role, with which a schedule may invoke it, too."""
    trusted = {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}
    may = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *LOGS)
    role = account.world.role(
        "worker", *may, "lambda:InvokeFunction", account=MEMBER, trust=trusted
    )
    getattr(account, "lambda").create_function(
        FunctionName="worker",
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role,
        Code={"ZipFile": function_zip(FUNCTION)},
    )


def heard(account: Account) -> list[Any]:
    """What the function was given, invocation by invocation."""
    events = account.logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    lines = [line for event in events for line in event["message"].splitlines()]
    return [json.loads(line[6:]) for line in lines if line.startswith("heard ")]


def queue(world: World, name: str) -> dict[str, int]:
    (shown,) = (shown for shown in world.control("GET", "queues") if shown["name"] == name)
    return {key: shown[key] for key in ("visible", "at_work", "hidden")}


def elapse(world: World, name: str) -> int:
    """Let the visibility timeouts pass, and wait until what was given back is worked on."""
    changed = world.control("POST", "elapse", {**PLACE, "queue": name})["messages"]
    eventually(lambda: queue(world, name)["visible"] == queue(world, name)["at_work"] == 0)
    return int(changed)


def send(account: Account, url: str, *bodies: str) -> None:
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    account.sqs.send_message_batch(QueueUrl=url, Entries=entries)


def test_only_what_a_function_names_comes_again_and_then_to_the_dead_letters(
    account: Account, world: World, mapped: str
) -> None:
    send(account, mapped, "one", "fail", "two")
    eventually(lambda: queue(world, "work") == {"visible": 0, "at_work": 0, "hidden": 1})
    assert elapse(world, "work") == 1
    assert elapse(world, "work") == 1
    assert elapse(world, "work") == 1
    assert queue(world, "work") == {"visible": 0, "at_work": 0, "hidden": 0}
    given = [message for batch in heard(account) for message in batch]
    assert sorted(given) == sorted([["one", "1"], ["two", "1"], *(["fail", n] for n in "123")])
    dead = account.sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    (letter,) = account.sqs.receive_message(QueueUrl=dead)["Messages"]
    assert letter["Body"] == "fail"


def test_dead_letters_are_moved_back_as_new_messages(
    account: Account, world: World, mapped: str
) -> None:
    send(account, mapped, "fail")
    eventually(lambda: queue(world, "work") == {"visible": 0, "at_work": 0, "hidden": 1})
    for _ in range(3):
        elapse(world, "work")
    assert queue(world, "dead")["visible"] == 1
    move = account.sqs.start_message_move_task
    code, _ = error_of(move, SourceArn=arn("sqs", "work"))
    assert code == "InvalidParameterValue"
    code, _ = error_of(move, SourceArn=arn("sqs", "nothing"))
    assert code == "ResourceNotFoundException"
    assert move(SourceArn=arn("sqs", "dead"))["TaskHandle"]
    eventually(lambda: queue(world, "work") == {"visible": 0, "at_work": 0, "hidden": 1})
    assert heard(account)[-1] == [["fail", "1"]]
    (task,) = account.sqs.list_message_move_tasks(SourceArn=arn("sqs", "dead"))["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)


def test_letters_of_a_rule_need_a_destination(account: Account) -> None:
    dead = account.sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": arn("sqs", "dead"), "maxReceiveCount": 3}
    attributes = {"RedrivePolicy": json.dumps(redrive)}
    work = account.sqs.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
    send(account, dead, "from a rule")
    account.sqs.start_message_move_task(SourceArn=arn("sqs", "dead"))
    assert "Messages" not in account.sqs.receive_message(QueueUrl=work)
    arns = {"SourceArn": arn("sqs", "dead"), "DestinationArn": arn("sqs", "work")}
    account.sqs.start_message_move_task(**arns)
    (message,) = account.sqs.receive_message(QueueUrl=work)["Messages"]
    assert message["Body"] == "from a rule"


@pytest.mark.parametrize("word", ["exit", "nonsense"])
def test_a_crash_and_an_answer_without_sense_fail_the_whole_batch(
    account: Account, world: World, mapped: str, word: str
) -> None:
    # In one batch: a mapping that is on may take the first message before the second is there.
    client = getattr(account, "lambda")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    send(account, mapped, "one", word)
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    eventually(lambda: queue(world, "work") == {"visible": 0, "at_work": 0, "hidden": 2})
    for _ in range(3):
        elapse(world, "work")
    assert queue(world, "dead")["visible"] == 2


@pytest.mark.parametrize(
    ("answer", "fails"),
    [
        (None, False),
        ({}, False),
        ({"batchItemFailures": None}, False),
        ({"batchItemFailures": []}, False),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, False),
        ('{"batchItemFailures": [{"itemIdentifier": "a"}]}', False),
        ("nonsense", True),
        ([], True),
        ({"batchItemFailures": {}}, True),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, True),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, True),
        ({"batchItemFailures": [{"ItemIdentifier": "a"}]}, True),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, True),
    ],
)
def test_answers_to_a_batch_are_read_as_lambda_reads_them(answer: Any, fails: bool) -> None:
    assert (queue_batches.objection(answer, {"a"}) is not None) == fails


def rule(account: Account, target: dict[str, Any]) -> str:
    pattern = json.dumps({"source": ["ours"]})
    made = str(account.events.put_rule(Name="rule", EventPattern=pattern)["RuleArn"])
    account.events.put_targets(Rule="rule", Targets=[{"Id": "target", **target}])
    return made


def put_event(account: Account) -> None:
    entry = {"Source": "ours", "DetailType": "something", "Detail": '{"a": 1}'}
    account.events.put_events(Entries=[entry])


def test_a_queue_that_does_not_let_the_rule_send_gets_nothing(account: Account) -> None:
    work = account.sqs.create_queue(QueueName="work")["QueueUrl"]
    dead = account.sqs.create_queue(QueueName="dead")["QueueUrl"]
    letters = {"DeadLetterConfig": {"Arn": arn("sqs", "dead")}}
    name = rule(account, {"Arn": arn("sqs", "work"), **letters})
    put_event(account)
    assert received(account, work) == received(account, dead) == []
    allow_rule(account, dead, arn("sqs", "dead"), name)
    put_event(account)
    attributes = account.sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])
    (letter,) = attributes["Messages"]
    assert json.loads(letter["Body"])["detail"] == {"a": 1}
    values = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert values["ERROR_CODE"] == "NO_PERMISSIONS"
    assert values["RULE_ARN"] == name
    assert values["TARGET_ARN"] == arn("sqs", "work")
    allow_rule(account, work, arn("sqs", "work"), name + "-other")
    put_event(account)
    assert received(account, work) == []
    allow_rule(account, work, arn("sqs", "work"), name)
    put_event(account)
    assert [event["detail"] for event in received(account, work)] == [{"a": 1}]


def test_a_function_that_is_not_there_leaves_a_dead_letter(account: Account) -> None:
    dead = account.sqs.create_queue(QueueName="dead")["QueueUrl"]
    letters = {"DeadLetterConfig": {"Arn": arn("sqs", "dead")}}
    name = rule(account, {"Arn": arn("lambda", "function:nothing"), **letters})
    allow_rule(account, dead, arn("sqs", "dead"), name)
    put_event(account)
    assert len(received(account, dead)) == 1


def test_a_schedule_fires_when_its_time_is_made_to_pass(account: Account, world: World) -> None:
    create_function(account)
    account.scheduler.create_schedule(
        Name="reconcile",
        ScheduleExpression="rate(6 hours)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn("lambda", "function:worker"),
            "RoleArn": f"arn:aws:iam::{MEMBER}:role/worker",
            "Input": '{"action": "reconcile"}',
        },
    )
    world.control("POST", "elapse", {**PLACE, "schedule": "reconcile"})
    eventually(lambda: invoked(account))
    assert heard(account) == [{"action": "reconcile"}]
    world.control("POST", "elapse", {**PLACE, "schedule": "reconcile"})
    eventually(lambda: len(heard(account)) == 2)


def test_a_scheduled_rule_fires_too_and_a_disabled_one_does_not(
    account: Account, world: World
) -> None:
    create_function(account)
    nightly = account.events.put_rule(Name="nightly", ScheduleExpression="rate(6 hours)")
    getattr(account, "lambda").add_permission(
        FunctionName="worker",
        StatementId="nightly",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=nightly["RuleArn"],
    )
    target = {"Id": "target", "Arn": arn("lambda", "function:worker"), "Input": '{"a": 1}'}
    account.events.put_targets(Rule="nightly", Targets=[target])
    world.control("POST", "elapse", {**PLACE, "schedule": "nightly"})
    eventually(lambda: invoked(account))
    assert heard(account) == [{"a": 1}]
    account.events.disable_rule(Name="nightly")
    status, _, _ = world.http(
        "POST", "/_emulator/elapse", body=json.dumps({**PLACE, "schedule": "nightly"})
    )
    assert status == 400


def invoked(account: Account) -> bool:
    groups = account.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/worker")
    return bool(groups["logGroups"]) and len(heard(account)) > 0


def test_nobody_but_aws_sends_events_of_aws(account: Account) -> None:
    entry = {"Source": "aws.backup", "DetailType": "x", "Detail": "{}"}
    (answer,) = account.events.put_events(Entries=[entry])["Entries"]
    assert answer["ErrorCode"] == "NotAuthorizedForSourceException"


def test_an_event_that_fails_in_every_attempt_comes_to_the_bus_that_is_its_destination(
    account: Account,
) -> None:
    create_function(account)
    bus = arn("events", "event-bus/default")
    wanted = {"OnFailure": {"Destination": bus}}
    configure = getattr(account, "lambda").put_function_event_invoke_config
    asked = {"FunctionName": "worker", "MaximumRetryAttempts": 0, "DestinationConfig": wanted}
    code, _ = error_of(configure, **asked)
    assert code == "InvalidParameterValueException"
    role = getattr(account, "lambda").get_function_configuration(FunctionName="worker")["Role"]
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    account.world.allow(role, may, name="report")
    configure(**asked)
    url = str(account.sqs.create_queue(QueueName="failures")["QueueUrl"])
    account.events.put_rule(Name="failed", EventPattern=json.dumps({"source": ["lambda"]}))
    target = {"Id": "queue", "Arn": arn("sqs", "failures")}
    account.events.put_targets(Rule="failed", Targets=[target])
    allow_rule(account, url, arn("sqs", "failures"), arn("events", "rule/failed"))
    getattr(account, "lambda").invoke(
        FunctionName="worker",
        InvocationType="Event",
        Payload=json.dumps(
            {
                "Records": [
                    {
                        "messageId": "1",
                        "body": "exit",
                        "attributes": {"ApproximateReceiveCount": "1"},
                    }
                ]
            }
        ),
    )
    (event,) = eventually(lambda: received(account, url))
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    function = arn("lambda", "function:worker") + ":$LATEST"
    assert event["resources"] == [bus, function]
    assert event["detail"]["requestContext"]["functionArn"] == function
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"
    assert event["detail"]["requestPayload"]["Records"][0]["body"] == "exit"
