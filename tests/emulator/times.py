"""Moments as AWS Backup's events write them."""

from __future__ import annotations

import time


def iso(seconds: float) -> str:
    """A moment in UTC with milliseconds, from seconds since the epoch."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{moment}.{int(seconds * 1000) % 1000:03d}Z"
