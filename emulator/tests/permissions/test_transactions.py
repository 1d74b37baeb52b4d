"""A transaction of DynamoDB needs the permission of each thing that it does.

DynamoDB's guide, "Managing complex workflows with DynamoDB transactions": "Permissions for Put,
Update, Delete, and Get actions are governed by the permissions used for the underlying PutItem,
UpdateItem, DeleteItem, and GetItem operations. For the ConditionCheck action, you can use the
dynamodb:ConditionCheckItem permission in IAM policies."
"""

from __future__ import annotations

from typing import Any

import pytest

from ..world import HOME, World
from .test_permissions_calls import allow, denials, message_of, worker

TABLE = f"arn:aws:dynamodb:eu-west-1:{HOME}:table/known"
OTHER = f"arn:aws:dynamodb:eu-west-1:{HOME}:table/other"
KEY = {"id": {"S": "one"}}


@pytest.fixture
def table(world: World) -> None:
    client = world.client("dynamodb", HOME)
    for name in ("known", "other"):
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def items(table: str = "known") -> list[Any]:
    once = "attribute_not_exists(id)"
    update = {"Key": {"id": {"S": "two"}}, "UpdateExpression": "ADD times :one"}
    update |= {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    return [
        {"Put": {"TableName": table, "Item": KEY, "ConditionExpression": once}},
        {"Update": {"TableName": table, **update}},
    ]


@pytest.mark.usefixtures("table")
def test_all_that_it_does_is_enough(world: World) -> None:
    session = worker(world, allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], TABLE))
    client = world.client("dynamodb", **session)
    client.transact_write_items(TransactItems=items())
    assert denials(world) == []
    # Its conditions are DynamoDB's: a second time it does nothing of it.
    assert "ConditionalCheckFailed" in message_of(
        client.transact_write_items, TransactItems=items()
    )
    own = world.client("dynamodb", HOME)
    counted = own.get_item(TableName="known", Key={"id": {"S": "two"}})["Item"]["times"]
    assert counted == {"N": "1"}


@pytest.mark.usefixtures("table")
def test_one_of_its_parts_that_is_not_allowed_refuses_it(world: World) -> None:
    session = worker(world, allow("dynamodb:UpdateItem", TABLE))
    client = world.client("dynamodb", **session)
    message = message_of(client.transact_write_items, TransactItems=items())
    assert f"dynamodb:PutItem on resource: {TABLE}" in message
    assert denials(world) == [("dynamodb:PutItem", TABLE)]


@pytest.mark.usefixtures("table")
def test_another_table_is_another_permission(world: World) -> None:
    session = worker(world, allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], TABLE))
    client = world.client("dynamodb", **session)
    both = [*items()[:1], *items("other")[1:]]
    assert OTHER in message_of(client.transact_write_items, TransactItems=both)


@pytest.mark.usefixtures("table")
def test_reading_at_once_is_reading(world: World) -> None:
    get = [{"Get": {"TableName": "known", "Key": KEY}}]
    session = worker(world, allow("dynamodb:GetItem", TABLE))
    assert world.client("dynamodb", **session).transact_get_items(TransactItems=get)
    assert denials(world) == []
