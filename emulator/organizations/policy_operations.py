"""The operations on policies, their attachments, types and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..wire.errors import ApiError
from . import tags
from .content.content import check_content
from .inputs import POLICY_ID, optional_text, policy_id, required_text, target_id
from .organization import Organization, known_type, type_not_enabled
from .paging import paginate
from .policies import Policy

Payload = dict[str, Any]


def create_policy(organization: Organization, payload: Payload) -> Payload:
    """CreatePolicy."""
    kind = known_type(payload.get("Type"))
    name = required_text(payload, "Name", 1, 128)
    description = required_text(payload, "Description", 0, 512)
    content = required_text(payload, "Content", 1, 1_000_000)
    bears = tags.merged({}, tags.read_tags(payload.get("Tags") or []), organization.settings)
    _check(kind, content, organization)
    policy = organization.policies.create(kind, name, description, content, bears)
    return {"Policy": _document(policy)}


def describe_policy(organization: Organization, payload: Payload) -> Payload:
    """DescribePolicy."""
    return {"Policy": _document(organization.policies.get(policy_id(payload)))}


def update_policy(organization: Organization, payload: Payload) -> Payload:
    """UpdatePolicy."""
    policy = organization.policies.get(policy_id(payload))
    name = optional_text(payload, "Name", 1, 128)
    description = optional_text(payload, "Description", 0, 512)
    content = optional_text(payload, "Content", 1, 1_000_000)
    if content is not None:
        _check(policy.type, content, organization)
    organization.policies.update(policy, name, description, content)
    return {"Policy": _document(policy)}


def delete_policy(organization: Organization, payload: Payload) -> Payload:
    """DeletePolicy."""
    organization.policies.delete(organization.policies.get(policy_id(payload)))
    return {}


def list_policies(organization: Organization, payload: Payload) -> Payload:
    """ListPolicies."""
    kind = known_type(payload.get("Filter"))
    entries = [
        (policy.sequence, policy.summary()) for policy in organization.policies.of_type(kind)
    ]
    page = paginate(f"ListPolicies/{kind}", entries, payload, organization.settings)
    return page.answer("Policies")


def attach_policy(organization: Organization, payload: Payload) -> Payload:
    """AttachPolicy."""
    policy = organization.policies.get(policy_id(payload))
    target = target_id(payload)
    organization.target(target)
    if not organization.is_enabled(policy.type):
        raise type_not_enabled()
    organization.policies.attach(policy, target)
    return {}


def detach_policy(organization: Organization, payload: Payload) -> Payload:
    """DetachPolicy."""
    policy = organization.policies.get(policy_id(payload))
    target = target_id(payload)
    organization.target(target)
    organization.policies.detach(policy, target)
    return {}


def list_targets_for_policy(organization: Organization, payload: Payload) -> Payload:
    """ListTargetsForPolicy."""
    policy = organization.policies.get(policy_id(payload))
    in_order = sorted(policy.targets.items(), key=lambda item: item[1])
    entries = [(sequence, organization.target(target)) for target, sequence in in_order]
    page = paginate(f"ListTargetsForPolicy/{policy.id}", entries, payload, organization.settings)
    return page.answer("Targets")


def list_policies_for_target(organization: Organization, payload: Payload) -> Payload:
    """ListPoliciesForTarget: what is attached to the target itself, not what it inherits."""
    target = target_id(payload)
    organization.target(target)
    kind = known_type(payload.get("Filter"))
    attached = organization.policies.attached_to(target, kind)
    entries = [(policy.targets[target], policy.summary()) for policy in attached]
    page = paginate(
        f"ListPoliciesForTarget/{target}/{kind}", entries, payload, organization.settings
    )
    return page.answer("Policies")


def enable_policy_type(organization: Organization, payload: Payload) -> Payload:
    """EnablePolicyType: answers while the change is pending, as AWS does."""
    _check_root(organization, payload)
    organization.enable(known_type(payload.get("PolicyType")))
    return {"Root": root(organization)}


def disable_policy_type(organization: Organization, payload: Payload) -> Payload:
    """DisablePolicyType."""
    _check_root(organization, payload)
    organization.disable(known_type(payload.get("PolicyType")))
    return {"Root": root(organization)}


def list_roots(organization: Organization, payload: Payload) -> Payload:
    """ListRoots."""
    page = paginate("ListRoots", [(0, root(organization))], payload, organization.settings)
    return page.answer("Roots")


def tag_resource(organization: Organization, payload: Payload) -> Payload:
    """TagResource."""
    bears = _tags_of(organization, payload)
    new = tags.merged(bears, tags.read_tags(payload.get("Tags")), organization.settings)
    bears.update(new)
    return {}


def untag_resource(organization: Organization, payload: Payload) -> Payload:
    """UntagResource: a key that is not there is no error."""
    bears = _tags_of(organization, payload)
    for key in tags.read_keys(payload.get("TagKeys")):
        bears.pop(key, None)
    return {}


def list_tags_for_resource(organization: Organization, payload: Payload) -> Payload:
    """ListTagsForResource: paged by NextToken; it has no MaxResults."""
    resource = required_text(payload, "ResourceId")
    bears = _tags_of(organization, payload)
    entries = [(tag["Key"], tag) for tag in tags.as_list(dict(sorted(bears.items())))]
    request = {"NextToken": payload.get("NextToken")}
    page = paginate(f"ListTagsForResource/{resource}", entries, request, organization.settings)
    return page.answer("Tags")


def root(organization: Organization) -> Payload:
    """The root as the wire carries it."""
    target = organization.target(organization.landscape.root_id)
    return {
        "Id": organization.landscape.root_id,
        "Arn": target["Arn"],
        "Name": target["Name"],
        "PolicyTypes": organization.policy_types(),
    }


def _tags_of(organization: Organization, payload: Payload) -> dict[str, str]:
    """The tags of the request's resource, to be changed in place."""
    resource = required_text(payload, "ResourceId")
    if POLICY_ID.fullmatch(resource):
        policy = organization.policies.find(resource)
        if policy is None:
            raise ApiError("TargetNotFoundException", "You specified a target that does not exist.")
        return policy.tags
    organization.target(target_id(payload, "ResourceId"))
    return organization.tags.setdefault(resource, {})


def _check(kind: str, content: str, organization: Organization) -> None:
    # Policies of other types stand in for what must not be touched: any JSON will do.
    if kind == "BACKUP_POLICY":
        check_content(content, organization.settings)


def _check_root(organization: Organization, payload: Payload) -> None:
    if required_text(payload, "RootId") != organization.landscape.root_id:
        raise ApiError("RootNotFoundException", "You specified a root that does not exist.")


def _document(policy: Policy) -> Payload:
    return {"PolicySummary": policy.summary(), "Content": policy.content}


OPERATIONS: dict[str, Callable[[Organization, Payload], Payload]] = {
    "CreatePolicy": create_policy,
    "DescribePolicy": describe_policy,
    "UpdatePolicy": update_policy,
    "DeletePolicy": delete_policy,
    "ListPolicies": list_policies,
    "AttachPolicy": attach_policy,
    "DetachPolicy": detach_policy,
    "ListTargetsForPolicy": list_targets_for_policy,
    "ListPoliciesForTarget": list_policies_for_target,
    "EnablePolicyType": enable_policy_type,
    "DisablePolicyType": disable_policy_type,
    "ListRoots": list_roots,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
