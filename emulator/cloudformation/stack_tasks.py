"""Operations of stacks: which run, and which stacks there are."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ministack.core.responses import get_account_id, request_scope
from ministack.services import cloudformation

from ..frame import under_way


def start(
    operation: Coroutine[Any, Any, None],
    stack: dict[str, Any] | None,
    stack_id: str | None = None,
) -> None:
    """Run a stack's operation in its Region; stands in for `_create_stack_task_in_region`."""
    arn = str(stack_id or (stack or {}).get("StackId"))
    with request_scope(get_account_id(), arn.split(":")[3]):
        under_way.task(f"an operation of the stack {arn}", operation)


def show() -> list[dict[str, str]]:
    """Every stack of every account that is not deleted."""
    return [
        {"account": account, "region": region, "name": name, "status": stack["StackStatus"]}
        for (account, region, name), stack in sorted(cloudformation._stacks._data.items())
        if stack["StackStatus"] != "DELETE_COMPLETE"
    ]
