"""The policies that resources have themselves: where each service keeps them, and who owns them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ministack.services import iam, lambda_svc, sns, sqs

from ..cloudformation import kept_policies
from ..organizations.organization import Organization
from ..wire import objects
from ..wire.native import BASE
from ..wire.place import Place
from .documents import read
from .evaluation import ResourcePolicy


class Points:
    """Where recovery points are: calls about one are held against its vault's policy, too."""

    def __init__(self) -> None:
        # The ARN of the vault; the emulator puts its own in.
        self.vault_of: Callable[[str], str | None] = lambda point: None


POINTS = Points()

_ACCOUNT = re.compile(r"\d{12}")


def owner_of(resource: str, default: str) -> str:
    """The account that a resource is in; ``default`` for what names none."""
    parts = resource.split(":", 5)
    if len(parts) == 6 and _ACCOUNT.fullmatch(parts[4]):
        return parts[4]
    if resource.startswith("arn:aws:s3:::"):
        return objects.owner_of(_bucket(resource)) or default
    return default


def find(action: str, resource: str) -> ResourcePolicy | None:
    """The resource's policy when its service keeps one; an empty one when it has none yet."""
    look = _LOOKUPS.get(action.partition(":")[0])
    return look(action, resource) if look is not None and resource != "*" else None


def _bucket(resource: str) -> str:
    return resource.removeprefix("arn:aws:s3:::").partition("/")[0]


def _of_bucket(action: str, resource: str) -> ResourcePolicy | None:
    if not resource.startswith("arn:aws:s3:::"):
        return None
    bucket = _bucket(resource)
    owner = objects.owner_of(bucket)
    if owner is None:
        return None
    document = (objects.find("GetBucketPolicy", bucket) or {}).get("Policy")
    if isinstance(document, bytes):
        document = document.decode()
    return ResourcePolicy(read(f"bucket policy of {bucket}", document), owner)


def _of_queue(action: str, resource: str) -> ResourcePolicy | None:
    found = sqs.queue_policy_for_arn(resource)
    return found and ResourcePolicy(read(f"queue policy of {resource}", found[0]), found[1])


def _of_topic(action: str, resource: str) -> ResourcePolicy | None:
    found = sns.topic_policy_for_arn(resource)
    return found and ResourcePolicy(read(f"topic policy of {resource}", found[0]), found[1])


def _of_function(action: str, resource: str) -> ResourcePolicy | None:
    parts = resource.split(":")
    if len(parts) < 7 or parts[5] != "function":
        return None
    record = lambda_svc._functions.get_scoped(parts[4], parts[3], parts[6])
    if record is None:
        return None
    return ResourcePolicy(read(f"policy of function {parts[6]}", record.get("policy")), parts[4])


def _of_key(action: str, resource: str) -> ResourcePolicy | None:
    parts = resource.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("key/"):
        return None
    place = Place(parts[4], parts[3])
    found = BASE.find(place, "kms", "GetKeyPolicy", KeyId=resource, PolicyName="default")
    if found is None:
        return None
    return ResourcePolicy(read(f"key policy of {resource}", found.get("Policy")), parts[4], True)


def _of_role(action: str, resource: str) -> ResourcePolicy | None:
    parts = resource.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("role/"):
        return None
    role = iam._roles.get_scoped(parts[4], None, resource.rpartition("/")[2])
    trust = role["AssumeRolePolicyDocument"] if role and role["Arn"] == resource else None
    return ResourcePolicy(read(f"trust policy of {resource}", trust), parts[4], True)


def _of_bus(action: str, resource: str) -> ResourcePolicy | None:
    parts = resource.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("event-bus/"):
        return None
    name = parts[5].removeprefix("event-bus/")
    document = kept_policies.of_bus(parts[4], parts[3], name)
    return ResourcePolicy(read(f"policy of {resource}", document), parts[4])


def _of_vault(action: str, resource: str) -> ResourcePolicy | None:
    vault = resource if ":backup-vault:" in resource else POINTS.vault_of(resource)
    parts = (vault or "").split(":")
    if len(parts) != 7 or parts[5] != "backup-vault":
        return None
    document = kept_policies.of_vault(parts[4], parts[3], parts[6])
    return ResourcePolicy(read(f"access policy of {resource}", document), parts[4])


_LOOKUPS: dict[str, Callable[[str, str], Any]] = {
    "backup": _of_vault,
    "events": _of_bus,
    "kms": _of_key,
    "lambda": _of_function,
    "s3": _of_bucket,
    "sns": _of_topic,
    "sqs": _of_queue,
    "sts": _of_role,
}


def of_organization(organization: Organization) -> ResourcePolicy:
    """What the management account delegates to members."""
    policy = read("resource policy of the organization", organization.resource_policy)
    return ResourcePolicy(policy, organization.landscape.management)
