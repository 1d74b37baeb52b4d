"""A build's log: lines to CloudWatch Logs with the build's role, a batch now and then."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# Under the limits of PutLogEvents: 10,000 events, 1 MiB.
_BATCH = 1000
_LONGEST = 900
_SECONDS = 1.0


class BuildLog:
    """Lines are kept here, too: a role that may not write logs does not stop a build on AWS."""

    def __init__(self, logs: Any, place: dict[str, Any]) -> None:
        self._logs = logs
        self._group, self._stream = place["groupName"], place["streamName"]
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._last = time.monotonic()
        with contextlib.suppress(ClientError, BotoCoreError):
            logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)

    def say(self, line: str) -> None:
        """Add a line."""
        with self._lock:
            moment = int(time.time() * 1000)
            # CloudWatch Logs takes no empty line.
            self._waiting.append({"timestamp": moment, "message": line[:_LONGEST] or " "})
            if len(self._waiting) >= _BATCH or time.monotonic() - self._last > _SECONDS:
                self._send()

    def close(self) -> None:
        """Send what is left."""
        with self._lock:
            self._send()

    def _send(self) -> None:
        events, self._waiting = self._waiting, []
        self._last = time.monotonic()
        if events:
            with contextlib.suppress(ClientError, BotoCoreError):
                self._logs.put_log_events(
                    logGroupName=self._group, logStreamName=self._stream, logEvents=events
                )
