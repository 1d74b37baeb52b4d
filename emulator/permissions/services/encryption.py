"""A customer's key that a service uses: what is needed of it, for a principal and for a service.

KMS's guide, "Using IAM policies with AWS KMS" and `kms:ViaService`: a service that encrypts
with a customer's key calls KMS in the name of who called it. A key of AWS's own (`alias/aws/...`)
asks nobody of its account for a permission.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...wire.native import BASE
from ...wire.place import Place
from ..needs import Need

READ = ("kms:Decrypt",)
WRITE = ("kms:GenerateDataKey",)
# What S3's multipart uploads, SNS's and SQS's senders do: their guides name both.
READ_AND_WRITE = ("kms:GenerateDataKey", "kms:Decrypt")


def arn_of(key: str, place: Place) -> str | None:
    """A customer's key by its id, alias or ARN; None for none and for one of AWS's own.

    A name that no key has gives an ARN that no policy names.
    """
    if not key or key.startswith("alias/aws/") or ":alias/aws/" in key:
        return None
    name = key
    if key.startswith("arn:"):
        region, account = key.split(":")[3:5]
        place = Place(account, region)
    found = BASE.find(place, "kms", "DescribeKey", KeyId=name)
    if found is not None:
        return str(found["KeyMetadata"]["Arn"])
    return f"arn:aws:kms:{place.region}:{place.account}:key/{name.rpartition('/')[2]}"


def policy_of(arn: str) -> str:
    """The key policy; empty for a key that does not exist, which so lets nobody in."""
    place = Place(arn.split(":")[4], arn.split(":")[3])
    found = BASE.find(place, "kms", "GetKeyPolicy", KeyId=arn, PolicyName="default")
    return str((found or {}).get("Policy") or "")


def needs(key: str, service: str, actions: Iterable[str], caller: str, place: Place) -> list[Need]:
    """What an account's principal needs to have ``service`` use a key in ``place``."""
    arn = arn_of(key, place)
    if arn is None:
        return []
    context = {
        "kms:viaservice": f"{service}.{place.region}.amazonaws.com",
        "kms:calleraccount": caller,
    }
    return [Need(action, arn, context) for action in actions]
