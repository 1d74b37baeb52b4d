"""AWS::Organizations::Policy, and what AWS::CloudFormation::StackSet does not call itself."""

from __future__ import annotations

from ...needs import Need
from .resource import Demands, Resource, entries, last_part, on


def policy(resource: Resource) -> Demands:
    """After the published schema. ListPolicies has no resource in IAM."""
    kind = str(resource.properties.get("Type") or "")
    keys = {"organizations:policytype": kind}
    place = f"arn:aws:organizations::{resource.account}"
    identifier = last_part(resource.physical_id)
    arn = f"{place}:policy/{resource.organization}/{kind.lower()}/{identifier}"
    targets = {str(target) for target in entries(resource.properties.get("TargetIds"))}
    before = {str(target) for target in entries(resource.previous.get("TargetIds"))}
    if resource.creates:
        yield Need("organizations:ListPolicies", "*", keys)
        new = f"{place}:policy/{resource.organization}/{kind.lower()}/p-new"
        yield Need("organizations:CreatePolicy", new, keys)
    if resource.sets("Content", "Description", "Name") and resource.updates:
        yield Need("organizations:UpdatePolicy", arn, keys)
    coming = set() if resource.deletes else targets - before
    going = targets if resource.deletes else before - targets
    for action, changed in (("Attach", coming), ("Detach", going)):
        for target in sorted(changed):
            yield Need(f"organizations:{action}Policy", arn, keys)
            yield Need(f"organizations:{action}Policy", _target(resource, place, target), keys)
    yield from resource.tagging(arn, "organizations:TagResource", "organizations:UntagResource")
    yield Need("organizations:ListTargetsForPolicy", arn, keys)
    if resource.deletes:
        yield Need("organizations:DeletePolicy", arn, keys)
        return
    yield Need("organizations:DescribePolicy", arn, keys)
    yield Need("organizations:ListTagsForResource", arn)


def stack_set(resource: Resource) -> Demands:
    """What the handler's own calls do not show, after the published schema.

    The other actions are calls of the handler, checked as such; so are all of a delete. A stack
    set that a delegated administrator makes is in the management account.
    """
    if resource.deletes:
        return
    url = resource.properties.get("TemplateURL")
    keys = {"cloudformation:templateurl": str(url)} if url else {}
    yield Need("cloudformation:GetTemplateSummary", "*", keys)
    delegated = resource.properties.get("CallAs") == "DELEGATED_ADMIN"
    account = resource.management if delegated else resource.account
    name = f"{resource.properties.get('StackSetName')}:{resource.physical_id.rpartition(':')[2]}"
    arn = f"arn:aws:cloudformation:{resource.region}:{account}:stackset/{name}"
    yield from resource.tagging(arn, "cloudformation:TagResource", "cloudformation:UntagResource")
    yield from on(arn, "cloudformation:DescribeStackSet", "cloudformation:ListStackInstances")
    if resource.has("StackInstancesGroup"):
        yield Need("cloudformation:DescribeStackInstance", arn)


def _target(resource: Resource, place: str, target: str) -> str:
    kind = {"r-": "root", "ou": "ou"}.get(target[:2], "account")
    return f"{place}:{kind}/{resource.organization}/{target}"
