"""AWS::IAM::Role and AWS::IAM::Policy."""

from __future__ import annotations

from typing import Any

from ...needs import Need
from .resource import Demands, Properties, Resource, entries, on


def role(resource: Resource) -> Demands:
    """After the published schema; the reads of inline policies only where there are some."""
    path = resource.properties.get("Path") or "/"
    arn = f"arn:aws:iam::{resource.account}:role{path}{resource.name('RoleName')}"
    if resource.creates:
        boundary = resource.properties.get("PermissionsBoundary")
        keys = {"iam:permissionsboundary": str(boundary)} if boundary else {}
        yield Need("iam:CreateRole", arn, keys)
    if resource.updates:
        yield from _settings(resource, arn)
    yield from _inline_policies(resource, arn)
    yield from _attachments(resource, arn)
    if not resource.deletes:
        yield from resource.tagging(arn, "iam:TagRole", "iam:UntagRole")
    yield from on(arn, "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies")
    if resource.deletes:
        yield Need("iam:DeleteRole", arn)


def _settings(resource: Resource, arn: str) -> Demands:
    if resource.sets("MaxSessionDuration") or resource.drops("MaxSessionDuration"):
        yield Need("iam:UpdateRole", arn)
    if resource.sets("Description") or resource.drops("Description"):
        # Which of the two the handler calls for a description is not documented.
        yield from on(arn, "iam:UpdateRole", "iam:UpdateRoleDescription")
    if resource.sets("AssumeRolePolicyDocument"):
        yield Need("iam:UpdateAssumeRolePolicy", arn)
    if resource.sets("PermissionsBoundary"):
        keys = {"iam:permissionsboundary": str(resource.properties["PermissionsBoundary"])}
        yield Need("iam:PutRolePermissionsBoundary", arn, keys)
    if resource.drops("PermissionsBoundary"):
        yield Need("iam:DeleteRolePermissionsBoundary", arn)


def _inline_policies(resource: Resource, arn: str) -> Demands:
    before, after = _inline(resource.previous), _inline(resource.properties)
    if resource.deletes:
        if after:
            yield from on(arn, "iam:GetRolePolicy", "iam:DeleteRolePolicy")
        return
    if any(before.get(name) != document for name, document in after.items()):
        yield Need("iam:PutRolePolicy", arn)
    if set(before) - set(after):
        yield Need("iam:DeleteRolePolicy", arn)
    if after:
        yield Need("iam:GetRolePolicy", arn)


def _attachments(resource: Resource, arn: str) -> Demands:
    before = set(entries(resource.previous.get("ManagedPolicyArns")))
    after = set(entries(resource.properties.get("ManagedPolicyArns")))
    if resource.deletes:
        before, after = after, set()
    for attached in sorted(after - before):
        yield Need("iam:AttachRolePolicy", arn, {"iam:policyarn": attached})
    for detached in sorted(before - after):
        yield Need("iam:DetachRolePolicy", arn, {"iam:policyarn": detached})


def policy(resource: Resource) -> Demands:
    """An inline policy of roles, users and groups.

    The type has no published handlers. AWS::IAM::RolePolicy and its like, which do the same,
    have: Put and Get, Delete and Get. Principals are taken to have the path "/".
    """
    now = _holders(resource.properties, resource.account)
    before = _holders(resource.previous, resource.account)
    renamed = resource.updates and resource.properties.get("PolicyName") != resource.previous.get(
        "PolicyName"
    )
    for kind, arn in sorted(now):
        if resource.deletes:
            yield from on(arn, f"iam:Get{kind}Policy", f"iam:Delete{kind}Policy")
        elif (kind, arn) not in before or resource.sets("PolicyDocument", "PolicyName"):
            yield from on(arn, f"iam:Put{kind}Policy", f"iam:Get{kind}Policy")
    for kind, arn in sorted(before if renamed else before - now):
        yield from on(arn, f"iam:Get{kind}Policy", f"iam:Delete{kind}Policy")


def _inline(properties: Properties) -> dict[str, Any]:
    return {
        str(entry.get("PolicyName")): entry.get("PolicyDocument")
        for entry in entries(properties.get("Policies"))
    }


def _holders(properties: Properties, account: str) -> set[tuple[str, str]]:
    return {
        (kind, f"arn:aws:iam::{account}:{kind.lower()}/{name}")
        for kind in ("Role", "User", "Group")
        for name in entries(properties.get(f"{kind}s"))
    }
