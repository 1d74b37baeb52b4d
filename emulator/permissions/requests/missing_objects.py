"""An object of S3 that is not there: who may not list the bucket does not hear so.

S3's API reference, "GetObject" and "HeadObject": without s3:ListBucket the answer is "forbidden"
in the place of "not found".
"""

from __future__ import annotations

from urllib.parse import unquote

from ...wire import objects
from ..gate import GATE, Denial
from ..needs import Need
from ..principals import Principal
from .http import Asked


def refused(asked: Asked, action: str, principal: Principal) -> Denial | None:
    """The denial for an object that is not there, of a bucket that is."""
    if action != "s3:GetObject":
        return None
    bucket, _, key = unquote(asked.path).lstrip("/").partition("/")
    if objects.owner_of(bucket) is None or objects.find("HeadObject", bucket, Key=key) is not None:
        return None
    return GATE.check(
        principal, [Need("s3:ListBucket", f"arn:aws:s3:::{bucket}")], f"call {action}"
    )
