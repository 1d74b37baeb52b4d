"""EventBridge starts a pipeline: a kind of target that the base does not have."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import eventbridge

from .. import credentials
from ..credentials import CannotAssume
from ..loopback import Loopback

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
        payload = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
        # Not on this thread: it may be the event loop's.
        scope = contextvars.copy_context()
        threading.Thread(
            target=scope.run, args=(_start, loopback, target, rule, payload), daemon=True
        ).start()

    return invoke_target


def _start(loopback: Loopback, target: dict[str, Any], rule: dict[str, Any], payload: str) -> None:
    """Start the pipeline with the target's role; what fails goes to the dead-letter queue."""
    arn = str(target["Arn"])
    _, _, _, region, _, name = arn.split(":", 5)
    try:
        session = credentials.assume(str(target.get("RoleArn", "")), SERVICE, SESSION)
        client = loopback.client("codepipeline", region, session)
        client.start_pipeline_execution(name=name)
    except (CannotAssume, ClientError, BotoCoreError) as error:
        _log.warning("the event of rule %s did not start %s: %s", rule.get("Name"), arn, error)
        _bury(target, payload)


def _bury(target: dict[str, Any], payload: str) -> None:
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    try:
        if dead_letters:
            eventbridge._dispatch_to_sqs(parse_arn(str(dead_letters)), payload, {})
    except ArnParseError:
        _log.warning("%s is no queue for what could not be delivered", dead_letters)
