"""Moments are as precise as AWS Backup's, so that they survive the way through a client."""

from datetime import datetime
from itertools import islice

from ...backup.restores.job_filters import seconds
from ...backup.times import iso, now


def test_a_moment_that_comes_back_from_a_client_is_the_same() -> None:
    for moment in islice(iter(now, None), 1000):
        text = datetime.fromtimestamp(moment).astimezone().isoformat()
        assert seconds(text) == seconds(iso(moment)) == moment
