"""What people get of a topic, after SNS's API reference of Publish."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import HOME, World


@pytest.fixture
def topic(world: World) -> str:
    """A topic of the home account with somebody who gets letters and a queue."""
    sns = world.client("sns", HOME)
    arn = str(sns.create_topic(Name="news")["TopicArn"])
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="people@example.com")
    return arn


def publish(world: World, topic: str, **message: Any) -> None:
    world.client("sns", HOME).publish(TopicArn=topic, **message)


def letters(world: World) -> list[tuple[str, str]]:
    return [(letter["subject"], letter["text"]) for letter in world.control("GET", "letters")]


def test_people_get_the_text_for_their_protocol(world: World, topic: str) -> None:
    texts = {"default": '{"raw": true}', "email": "in words"}
    publish(world, topic, Message=json.dumps(texts), MessageStructure="json", Subject="Failed")
    publish(world, topic, Message="for everybody")
    assert letters(world) == [("Failed", "in words"), ("", "for everybody")]


def test_without_a_text_of_their_own_they_get_the_default(world: World, topic: str) -> None:
    publish(world, topic, Message=json.dumps({"default": "raw"}), MessageStructure="json")
    assert letters(world) == [("", "raw")]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"Message": "text", "Subject": "x" * 100}, "Subject"),
        ({"Message": "text", "Subject": "Konto Süd"}, "Subject"),
        ({"Message": "text", "Subject": "two\nlines"}, "Subject"),
        ({"Message": "text", "Subject": " begins with a blank"}, "Subject"),
        ({"Message": '{"email": "x"}', "MessageStructure": "json"}, "No default entry"),
        ({"Message": "no json", "MessageStructure": "json"}, "failed to parse"),
    ],
)
def test_what_sns_refuses_reaches_nobody(
    world: World, topic: str, message: Any, problem: str
) -> None:
    with pytest.raises(ClientError, match=problem):
        publish(world, topic, **message)
    assert letters(world) == []
