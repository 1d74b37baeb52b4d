"""What CloudFormation does with a custom resource whose Create failed: it deletes it.

The base forgets such a resource. Here it stays in the stack with the physical
id of the answer (or a made-up one, when there was none), so that the rollback,
or later the deletion of the stack, sends a Delete for it.
"""

from __future__ import annotations

import random
import string
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import cloudformation

STATUS = "CREATE_FAILED"

RollBack = Callable[..., Awaitable[None]]


def keep(
    stack_name: str,
    logical_id: str,
    resource_type: str,
    props: dict[str, Any],
    answered_id: str | None,
) -> None:
    """Leave a record of the failed resource in its stack."""
    stack = cloudformation._stacks.get(stack_name)
    if stack is None:
        return
    stack.setdefault("_resources", {})[logical_id] = {
        "PhysicalResourceId": answered_id or _made_up_id(stack_name, logical_id),
        "ResourceType": resource_type,
        "ResourceStatus": STATUS,
        "LogicalResourceId": logical_id,
        "Properties": props,
        "Attributes": {},
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def deleting(original: RollBack) -> RollBack:
    """The base's rollback with the failed resource among what the operation created.

    The rollback then deletes it like any other new resource: with its events,
    its DeletionPolicy, and in its place in the order.
    """

    async def roll_back(
        stack_name: str,
        stack_id: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        created = operation.setdefault("created", [])
        for logical_id, record in stack.get("_resources", {}).items():
            if record.get("ResourceStatus") == STATUS and logical_id not in created:
                created.append(logical_id)
        await original(stack_name, stack_id, stack, operation, *args, **kwargs)

    return roll_back


def _made_up_id(stack_name: str, logical_id: str) -> str:
    letters = random.choices(string.ascii_uppercase + string.digits, k=13)
    return f"{stack_name}-{logical_id}-{''.join(letters)}"
