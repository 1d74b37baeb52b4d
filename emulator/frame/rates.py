"""Throttling at the rates that AWS publishes, when a test wants it."""

from __future__ import annotations

import time

from ..wire import error_formats as wire_errors
from ..wire.calls import Call
from .faults import Fault

Response = tuple[int, dict[str, str], bytes]

# Calls a second of one account in one Region. Tagging: "Tag Editor and Resource Groups Tagging API
# quotas", whose one row for the writes and the listings of keys and values may mean each or all of
# them (here: each). DynamoDB: the notes of TagResource and ListTagsOfResource in its API reference.
# AWS Backup publishes none.
PUBLISHED = {
    ("resourcegroupstaggingapi", "GetResources"): 15,
    ("resourcegroupstaggingapi", "TagResources"): 5,
    ("resourcegroupstaggingapi", "UntagResources"): 5,
    ("resourcegroupstaggingapi", "GetTagKeys"): 5,
    ("resourcegroupstaggingapi", "GetTagValues"): 5,
    ("dynamodb", "TagResource"): 5,
    ("dynamodb", "UntagResource"): 5,
    ("dynamodb", "ListTagsOfResource"): 10,
}


class Rates:
    """A bucket of tokens for each account, Region and operation; off until it is switched on."""

    def __init__(self) -> None:
        self.published = False
        # How long a second of the rates takes: a slow machine calls seldom.
        self.second = 1.0
        self._buckets: dict[tuple[str, str, str, str], tuple[float, float]] = {}

    def reset(self) -> None:
        """Off, with every bucket full."""
        self.published, self.second = False, 1.0
        self.refill()

    def refill(self) -> None:
        """Every bucket is full: time has passed."""
        self._buckets.clear()

    def refusal(self, call: Call) -> Response | None:
        """The throttling error that the call gets; None lets it pass."""
        rate = PUBLISHED.get((call.service, call.operation))
        if not self.published or rate is None:
            return None
        key = (call.account, call.region, call.service, call.operation)
        now = time.monotonic()
        tokens, since = self._buckets.get(key, (float(rate), now))
        tokens = min(float(rate), tokens + (now - since) * rate / self.second)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            return wire_errors.fault_response(Fault(call.service, call.operation, "throttle"), call)
        self._buckets[key] = (tokens - 1, now)
        return None
