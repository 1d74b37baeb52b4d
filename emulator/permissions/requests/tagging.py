"""Tags written through the Resource Groups Tagging API: the service's own permission, too.

The API's reference, "TagResources": who tags a resource needs tag:TagResources and the tagging
permission of the resource's service. The actions are those of AWS's managed policy
`ResourceGroupsTaggingAPITagUntagSupportedResources`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..gate import GATE, Denial
from ..needs import Need, Value
from ..principals import ROOT, Principal

# Service of the ARN -> what adds tags, what removes them.
_ACTIONS = {
    "dsql": ("dsql:TagResource", "dsql:UntagResource"),
    "dynamodb": ("dynamodb:TagResource", "dynamodb:UntagResource"),
    "ec2": ("ec2:CreateTags", "ec2:DeleteTags"),
    "eks": ("eks:TagResource", "eks:UntagResource"),
    "elasticfilesystem": ("elasticfilesystem:TagResource", "elasticfilesystem:UntagResource"),
    "rds": ("rds:AddTagsToResource", "rds:RemoveTagsFromResource"),
    "s3": ("s3:PutBucketTagging", "s3:PutBucketTagging"),
}


def adding_refused(principal: Principal, arn: str, tags: Mapping[str, str]) -> Denial | None:
    """Why a principal may not add tags to a resource."""
    context: dict[str, Value] = {"aws:tagkeys": list(tags)}
    context |= {f"aws:requesttag/{key.lower()}": str(value) for key, value in tags.items()}
    return _refused(principal, arn, 0, "TagResources", context)


def removing_refused(principal: Principal, arn: str, keys: Iterable[str]) -> Denial | None:
    """Why a principal may not remove tags from a resource."""
    return _refused(principal, arn, 1, "UntagResources", {"aws:tagkeys": list(keys)})


def _refused(
    principal: Principal, arn: str, which: int, operation: str, context: Mapping[str, Value]
) -> Denial | None:
    service = arn.split(":")[2]
    via = f"call tag:{operation}"
    # The tagging API wants an account in them, where the ARNs of IAM's reference have none.
    arn = re.sub(r"^(arn:[^:]+:ec2:[^:]+:)\d+:(image|snapshot)/", r"\1:\2/", arn)
    if service in _ACTIONS:
        return GATE.check(principal, [Need(_ACTIONS[service][which], arn, context)], via)
    if principal.kind == ROOT:
        return None
    need = Need(f"tag:{operation}", arn)
    reason = f"unmapped: nobody here knows what {service} asks of who writes tags"
    return GATE.refuse(principal, need, via, reason)
