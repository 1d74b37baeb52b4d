"""Which tags a service takes from a customer.

The base takes any tag on anything. AWS does not: see the Tag Naming and Usage
Conventions, and each service's TagResource. Error codes are the services' own;
where AWS names none for a case (RDS for too many tags, the tagging API for
reserved keys), it is the service's code for a bad parameter, which is not verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..wire.native import Native, NativeError
from .stores import Resource, Tags, TagStore

MOST_TAGS = 50
_PLAIN = re.compile(r"[\w\s.:/=+\-@]*")
_DSQL = re.compile(r"[a-zA-Z0-9_.:/=+\-@ ]*")


@dataclass(frozen=True)
class Rules:
    """A service's codes for a tag that it does not take, and for too many of them."""

    bad: tuple[str, int]
    full: tuple[str, int]
    reserved: tuple[str, ...] = ("aws:",)
    reserved_values: tuple[str, ...] = ()
    shape: re.Pattern[str] = _PLAIN


_ANY = re.compile(r".*", re.DOTALL)
RULES = {
    "ec2": Rules(("InvalidParameterValue", 400), ("TagLimitExceeded", 400), shape=_ANY),
    "rds": Rules(
        ("InvalidParameterValue", 400),
        ("InvalidParameterValue", 400),
        reserved=("aws:", "rds:"),
        reserved_values=("aws:", "rds:"),
    ),
    # Its model has LimitExceededException for simultaneous operations. That too many tags are a
    # ValidationException, ScyllaDB's tests find on AWS (scylladb: test/alternator/test_tag.py).
    "dynamodb": Rules(("ValidationException", 400), ("ValidationException", 400), shape=_ANY),
    "s3": Rules(("InvalidTag", 400), ("BadRequest", 400)),
    "elasticfilesystem": Rules(("BadRequest", 400), ("BadRequest", 400)),
    "eks": Rules(("BadRequestException", 400), ("BadRequestException", 400)),
    "dsql": Rules(
        ("ValidationException", 400), ("ServiceQuotaExceededException", 402), shape=_DSQL
    ),
}


async def check(native: Native, resource: Resource, store: TagStore, tags: Tags) -> None:
    """Raise `NativeError` if the service would not add these tags to the resource."""
    await store.missing(native, resource)
    rules = RULES[resource.service]
    for key, value in tags.items():
        if (reason := _objection(rules, key, value)) is not None:
            raise NativeError(rules.bad[0], reason, rules.bad[1])
    present = await store.read(native, resource)
    if count_of_users(present | tags) > MOST_TAGS:
        message = f"The resource may have at most {MOST_TAGS} tags."
        raise NativeError(rules.full[0], message, rules.full[1])


async def check_replacement(
    native: Native, resource: Resource, store: TagStore, tags: Tags
) -> None:
    """The same for S3's PutBucketTagging, which replaces the whole set.

    System tags must be in it unchanged. That S3 refuses their removal is from
    reports of its users, not from its documentation.
    """
    await store.missing(native, resource)
    rules = RULES[resource.service]
    system = {k: v for k, v in (await store.read(native, resource)).items() if is_system(k)}
    for key, value in system.items():
        if tags.get(key) != value:
            raise NativeError(rules.bad[0], "System tags cannot be removed by requester")
    for key, value in tags.items():
        if key not in system and (reason := _objection(rules, key, value)) is not None:
            raise NativeError(rules.bad[0], reason, rules.bad[1])
    if count_of_users(tags) > MOST_TAGS:
        raise NativeError(rules.full[0], "Object tags cannot be greater than 50", rules.full[1])


def is_system(key: str) -> bool:
    """Whether only AWS may write this key."""
    return key.lower().startswith("aws:")


def count_of_users(tags: Tags) -> int:
    """How many tags count towards the limit."""
    return sum(not is_system(key) for key in tags)


def _objection(rules: Rules, key: str, value: str) -> str | None:
    if not 1 <= len(key) <= 128:
        return f"The tag key must have 1 to 128 characters, this one has {len(key)}."
    if len(value) > 256:
        return f"The value of the tag must have at most 256 characters, not {len(value)}."
    if key.lower().startswith(rules.reserved):
        return f"Tag keys that start with {' or '.join(rules.reserved)} are reserved."
    if value.lower().startswith(rules.reserved_values) and rules.reserved_values:
        return f"Tag values that start with {' or '.join(rules.reserved_values)} are reserved."
    if not rules.shape.fullmatch(key) or not rules.shape.fullmatch(value):
        return "The tag has characters that the service does not allow."
    return None
