"""The AWS managed policies that the base lacks, as far as the solution's roles have them.

Each document is what AWS's "Managed Policy Reference" shows, cut down to the services that this
emulator serves; the base has the others.
"""

from __future__ import annotations

from typing import Any

from ministack.services import iam


def document(arn: str) -> Any:
    """The document of an AWS managed policy, None when nobody here knows it."""
    record = iam._aws_managed_policies.get(arn)
    if record is None:
        return None
    return record["Versions"][record["DefaultVersionId"]]["Document"]
