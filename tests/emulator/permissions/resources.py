"""The resources and condition keys of a request, where the base has none or the wrong ones."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..organization import Organization
from .http import Asked
from .needs import Need, Value

Context = dict[str, Value]

_VAULT = re.compile(r"/(?:logically-air-gapped-)?backup-vaults/([^/]+)")


def needs(
    asked: Asked, action: str, resource: str, context: Context, organization: Organization | None
) -> list[Need]:
    """What a request needs: most requests one action on one resource."""
    name = action.partition(":")[0]
    if name == "organizations" and organization is not None:
        return _of_organizations(asked, action, context, organization)
    find = _RESOURCES.get(name)
    found = find(asked, action) if find is not None else None
    return [Need(action, found or resource, context)]


def _of_organizations(
    asked: Asked, action: str, context: Context, organization: Organization
) -> list[Need]:
    """AttachPolicy and DetachPolicy have two resources: the policy and its target."""
    payload = asked.json()
    policy_type = payload.get("PolicyType") or payload.get("Filter") or payload.get("Type")
    resources = []
    for member in ("PolicyId", "TargetId", "ResourceId", "RootId", "ParentId", "AccountId"):
        named = str(payload.get(member, ""))
        policy = organization.policies.find(named) if named else None
        if policy is not None:
            resources.append(policy.arn)
            # Tagging has no such condition key.
            policy_type = policy.type if member == "PolicyId" else policy_type
        elif named and organization.has(named):
            resources.append(organization.target(named)["Arn"])
    keys = {**context, **({"organizations:policytype": str(policy_type)} if policy_type else {})}
    own = [Need(action, found, keys) for found in resources or ["*"]]
    if action == "organizations:CreatePolicy" and payload.get("Tags"):
        own.append(_tags_of_new_policy(organization, str(policy_type)))
    return own


def _tags_of_new_policy(organization: Organization, policy_type: str) -> Need:
    """Tags at creation need organizations:TagResource (Organizations User Guide, "Adding tags").

    On which resource the guide does not say, and the policy has no id yet: an ARN of its kind.
    """
    place = organization.landscape
    arn = f"{place.arn}:policy/{place.organization_id}/{policy_type.lower()}/p-new"
    return Need("organizations:TagResource", arn)


def _of_backup(asked: Asked, action: str) -> str | None:
    vault = _VAULT.match(asked.path)
    if vault is None:
        return None
    return f"arn:aws:backup:{asked.region}:{asked.account}:backup-vault:{vault.group(1)}"


def _of_codecommit(asked: Asked, action: str) -> str | None:
    name = asked.param("repositoryName")
    return f"arn:aws:codecommit:{asked.region}:{asked.account}:{name}" if name else None


def _of_codepipeline(asked: Asked, action: str) -> str | None:
    pipeline = asked.json().get("pipeline")
    name = pipeline.get("name") if isinstance(pipeline, dict) else pipeline
    name = name or asked.param("name") or asked.param("pipelineName")
    arn = f"arn:aws:codepipeline:{asked.region}:{asked.account}:{name}" if name else None
    return asked.param("resourceArn") or arn


def _of_codebuild(asked: Asked, action: str) -> str | None:
    payload = asked.json()
    name = payload.get("projectName") or payload.get("name")
    if not name and (named := payload.get("ids") or payload.get("names")):
        # A build is the project's in front of its colon.
        name = str(named[0]).partition(":")[0]
    if not name and payload.get("id"):
        name = str(payload["id"]).partition(":")[0]
    return f"arn:aws:codebuild:{asked.region}:{asked.account}:project/{name}" if name else None


_RESOURCES: dict[str, Callable[[Asked, str], str | None]] = {
    "backup": _of_backup,
    "codebuild": _of_codebuild,
    "codecommit": _of_codecommit,
    "codepipeline": _of_codepipeline,
}
