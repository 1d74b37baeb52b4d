"""AWS::KMS::Key and AWS::KMS::Alias."""

from __future__ import annotations

from ...needs import Need
from .resource import Demands, Resource, last_part, on


def key(resource: Resource) -> Demands:
    """After the published schema. CreateKey has no resource in IAM."""
    arn = resource.arn("kms", f"key/{last_part(resource.physical_id)}")
    if resource.deletes:
        yield from on(arn, "kms:DescribeKey", "kms:ScheduleKeyDeletion")
        return
    if resource.creates:
        yield Need("kms:CreateKey")
        if resource.has("KeyPolicy"):
            yield Need("kms:PutKeyPolicy", arn)
        if _is_true(resource.properties.get("EnableKeyRotation")):
            yield Need("kms:EnableKeyRotation", arn)
        if _is_false(resource.properties.get("Enabled")):
            yield Need("kms:DisableKey", arn)
    else:
        if resource.sets("KeyPolicy"):
            yield Need("kms:PutKeyPolicy", arn)
        if resource.sets("Description") or resource.drops("Description"):
            yield Need("kms:UpdateKeyDescription", arn)
        rotates = _is_true(resource.properties.get("EnableKeyRotation"))
        if rotates != _is_true(resource.previous.get("EnableKeyRotation")):
            yield Need("kms:EnableKeyRotation" if rotates else "kms:DisableKeyRotation", arn)
        disabled = _is_false(resource.properties.get("Enabled"))
        if disabled != _is_false(resource.previous.get("Enabled")):
            yield Need("kms:DisableKey" if disabled else "kms:EnableKey", arn)
    yield from resource.tagging(arn, "kms:TagResource", "kms:UntagResource")
    yield from on(
        arn,
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
    )


def alias(resource: Resource) -> Demands:
    """The alias and its key: KMS asks for the permission on both, and on both keys of a change."""
    arn = resource.arn("kms", resource.name("AliasName"))
    action = {"create": "kms:CreateAlias", "update": "kms:UpdateAlias"}.get(
        resource.operation, "kms:DeleteAlias"
    )
    yield Need(action, arn)
    for properties in (resource.previous, resource.properties):
        target = str(properties.get("TargetKeyId") or "")
        if target:
            yield Need(action, key_arn(resource, target))
    if not resource.deletes:
        yield Need("kms:ListAliases")


def key_arn(resource: Resource, target: str) -> str:
    """The ARN of a key that a property names by ARN or id."""
    return target if target.startswith("arn:") else resource.arn("kms", f"key/{target}")


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _is_false(value: object) -> bool:
    return str(value).lower() == "false"
