"""What CloudTrail records of AWS Organizations: events of the management account, in one Region."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import GOOD, HOME, MANAGEMENT, World, error_of, eventually

PRODUCTION = "ou-reh1-production"
PLACE = (MANAGEMENT, "us-east-1")


@pytest.fixture
def heard(world: World) -> Any:
    """What a rule on Organizations' events in us-east-1 hands to a queue."""
    sqs = world.in_region("sqs", *PLACE)
    events = world.in_region("events", *PLACE)
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{MANAGEMENT}:heard"
    rule = events.put_rule(
        Name="organizations", EventPattern=json.dumps({"source": ["aws.organizations"]})
    )["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule="organizations", Targets=[{"Id": "queue", "Arn": arn}])

    def take() -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    return take


def test_a_call_that_changes_a_policy_is_an_event_in_us_east_1(world: World, heard: Any) -> None:
    policy = world.policy("daily")
    client = world.client("organizations")
    client.update_policy(PolicyId=policy, Description="new", Content=GOOD)
    client.describe_policy(PolicyId=policy)
    found = eventually(lambda: [*heard()] or None)
    names = [event["detail"]["eventName"] for event in found]
    while len(names) < 2:
        found += eventually(lambda: [*heard()] or None)
        names = [event["detail"]["eventName"] for event in found]
    assert sorted(names) == ["CreatePolicy", "UpdatePolicy"]
    (event,) = [event for event in found if event["detail"]["eventName"] == "UpdatePolicy"]
    assert (event["account"], event["region"]) == PLACE
    assert event["detail-type"] == "AWS API Call via CloudTrail"
    assert event["detail"]["requestParameters"] == {"policyId": policy, "description": "new"}
    assert event["detail"]["userIdentity"]["arn"] == f"arn:aws:iam::{MANAGEMENT}:root"


def test_a_session_is_named_with_its_role(world: World, heard: Any) -> None:
    policy = world.policy("daily")
    role = world.role("Admin", "organizations:*", account=MANAGEMENT, trust={"AWS": MANAGEMENT})
    session = world.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
    world.client(
        "organizations",
        MANAGEMENT,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    ).update_policy(PolicyId=policy, Description="by hand")

    def updated() -> Any:
        return next((e for e in heard() if e["detail"]["eventName"] == "UpdatePolicy"), None)

    identity = eventually(updated)["detail"]["userIdentity"]
    assert identity["arn"].endswith(":assumed-role/Admin/ann")
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role


def test_a_call_that_is_refused_and_another_region_have_no_event(world: World, heard: Any) -> None:
    with pytest.raises(ClientError):
        world.client("organizations").attach_policy(PolicyId="p-unknown000", TargetId=PRODUCTION)
    policy = world.policy("daily")
    found = eventually(lambda: [*heard()] or None)
    assert [event["detail"]["eventName"] for event in found] == ["CreatePolicy"]
    assert policy


def test_putting_events_asks_for_the_bus_and_knows_the_source(world: World) -> None:
    """By the service authorization reference: `events:source` is a condition of PutEvents."""
    world.client("events", HOME).create_event_bus(Name="notices")
    bus = f"arn:aws:events:eu-west-1:{HOME}:event-bus/notices"
    role = world.role("Reporter", account=HOME, trust={"AWS": HOME})
    statement = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": bus,
        "Condition": {"StringEquals": {"events:source": "ours"}},
    }
    world.client("iam", HOME).put_role_policy(
        RoleName="Reporter",
        PolicyName="report",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    session = world.client("sts", HOME).assume_role(RoleArn=role, RoleSessionName="reporter")
    keys = session["Credentials"]
    client = world.client(
        "events",
        HOME,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    def put(source: str, name: str) -> Any:
        entry = {"Source": source, "DetailType": "x", "Detail": "{}", "EventBusName": name}
        return client.put_events(Entries=[entry])

    assert put("ours", "notices")["FailedEntryCount"] == 0
    for source, name in (("theirs", "notices"), ("ours", "default")):
        code, _ = error_of(put, source=source, name=name)
        assert code == "AccessDeniedException"
