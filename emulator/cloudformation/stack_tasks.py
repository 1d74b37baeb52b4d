"""Operations of stacks: which run, and which stacks there are."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

from ..frame import under_way


def start(
    operation: Coroutine[Any, Any, None],
    stack: dict[str, Any] | None,
    stack_id: str | None = None,
) -> None:
    """Run a stack's operation in its Region; stands in for `_create_stack_task_in_region`."""
    what = stack_id or (stack or {}).get("StackId")
    with stacks._stack_region_context(stack, stack_id):
        under_way.task(f"an operation of the stack {what}", operation)


def show() -> list[dict[str, str]]:
    """Every stack of every account that is not deleted."""
    return [
        {"account": account, "region": region, "name": name, "status": stack["StackStatus"]}
        for (account, region, name), stack in sorted(cloudformation._stacks._data.items())
        if stack["StackStatus"] != "DELETE_COMPLETE"
    ]
