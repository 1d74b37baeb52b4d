"""Which lines of a function's output reach its log: Lambda filters them by their level.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html: only with
the log format JSON; a line without a level, with a wrong one or without a time as RFC 3339 writes
it has the level INFO. That custom runtimes call the time ``timestamp`` is from its example.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_DEFAULT = "INFO"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def passed(logging: dict[str, Any], output: str) -> str:
    """The lines of an output that Lambda sends to CloudWatch Logs under a LoggingConfig."""
    if logging.get("LogFormat") != "JSON":
        return output
    least = LEVELS.index(logging.get("ApplicationLogLevel") or _DEFAULT)
    return "\n".join(line for line in output.splitlines() if LEVELS.index(level(line)) >= least)


def level(line: str) -> str:
    """The level that Lambda gives a line."""
    try:
        entry = json.loads(line)
    except ValueError:
        return _DEFAULT
    if not isinstance(entry, dict) or not _is_time(entry.get("timestamp")):
        return _DEFAULT
    named = str(entry.get("level")).upper()
    return named if named in LEVELS else _DEFAULT


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True
