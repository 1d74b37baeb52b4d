"""S3's objects: names of buckets are global, so a bucket's owner is looked up first."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_region
from ministack.services import s3

from .native import BASE

# The header of a request, and of an answer, that names a customer's key.
KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def owner_of(bucket: str) -> str | None:
    """The account that owns a bucket; None for one that there is not."""
    owner: str | None = s3._bucket_owner_account(bucket)
    return owner


def find(operation: str, bucket: str, **parameters: Any) -> dict[str, Any] | None:
    """What S3 answers to the owner of a bucket; None for what is not there."""
    owner = owner_of(bucket)
    if owner is None:
        return None
    wanted = {name: value for name, value in parameters.items() if value}
    return BASE.find((owner, get_region()), "s3", operation, Bucket=bucket, **wanted)


def read(bucket: str, key: str, version: str = "") -> bytes | None:
    """The content of an object; None for one that is not there."""
    found = find("GetObject", bucket, Key=key, VersionId=version)
    return bytes(found["Body"]) if found is not None else None
