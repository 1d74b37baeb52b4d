"""EventBridge starts a pipeline: a kind of target that the base does not have.

With the target's role (EventBridge's guide, "Using identity-based policies"): the role is asked
for codepipeline:StartPipelineExecution by the call itself.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..events import deliveries
from ..events.deliveries import NotDelivered
from ..frame import under_way
from ..wire import credentials
from ..wire.credentials import CannotAssume
from ..wire.loopback import Loopback

SERVICE = "events.amazonaws.com"
# By its session a pipeline knows that a rule started it.
SESSION = "AmazonEventBridge"

_log = logging.getLogger(__name__)


def delivering(loopback: Loopback, original: Callable[..., None]) -> Callable[..., None]:
    """The base's `_invoke_target`, which knows pipelines now."""

    def invoke_target(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        arn = str(target.get("Arn", ""))
        if ":codepipeline:" not in arn:
            original(target, event, rule, view)
            return
        # Not on this thread: it may be the event loop's.
        scope = contextvars.copy_context()
        under_way.thread(
            f"an event that starts {arn}", scope.run, _start, loopback, target, event, rule
        )

    return invoke_target


def _start(
    loopback: Loopback, target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any]
) -> None:
    """Start the pipeline with the target's role; what fails goes to the dead-letter queue."""
    arn = str(target["Arn"])
    _, _, _, region, _, name = arn.split(":", 5)
    source = deliveries.source_of(target, rule)
    keys = {"aws:sourcearn": source.arn, "aws:sourceaccount": source.place.account}
    try:
        session = credentials.assume(source.role, SERVICE, SESSION, keys)
        client = loopback.client("codepipeline", region, session)
        client.start_pipeline_execution(name=name)
    except (CannotAssume, ClientError, BotoCoreError) as error:
        _log.warning("the event of rule %s did not start %s: %s", rule.get("Name"), arn, error)
        deliveries.bury(target, event, rule, NotDelivered("NO_PERMISSIONS", str(error)))
