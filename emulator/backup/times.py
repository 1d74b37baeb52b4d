"""Moments as AWS Backup's events write them."""

from __future__ import annotations

import time


def iso(seconds: float) -> str:
    """A moment in UTC with milliseconds, from seconds since the epoch."""
    milliseconds = round(seconds * 1000)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{moment}.{milliseconds % 1000:03d}Z"


def now() -> float:
    """The present moment in seconds, to the millisecond, as AWS Backup's are (its API reference,
    CreationDate: "accurate to milliseconds"): what a client sends back is then the same moment."""
    return int(time.time() * 1000) / 1000
