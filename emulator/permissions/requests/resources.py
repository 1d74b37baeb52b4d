"""What a request needs: its action on each of its resources, with its condition keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation

from ...organizations.organization import Organization
from ...stack_sets.model import StackSet
from ...wire.native import BASE
from ...wire.place import here
from ..needs import UNKNOWN, Need, Value
from .arns import FINDERS, kms_arn
from .http import Asked
from .without_resource import takes_none

Context = dict[str, Value]

# The stack set with a name or id that an account administers in a Region.
FindStackSet = Callable[[str, str, str], StackSet | None]

# These are about all of their resources at once: the caller needs the action on each.
_ON_INSTANCES = frozenset(
    {"CreateStackInstances", "DeleteStackInstances", "UpdateStackInstances", "UpdateStackSet"}
)


class Resources:
    """Finds out what requests need."""

    def __init__(self) -> None:
        # The emulator puts its own in.
        self.find_stack_set: FindStackSet = lambda account, region, name: None

    def needs(
        self,
        asked: Asked,
        action: str,
        base: str,
        context: Context,
        organization: Organization | None,
    ) -> list[Need]:
        """What a request needs; ``base`` is the resource that the base found, or "*"."""
        service, _, operation = action.partition(":")
        if service == "organizations":
            return _of_organizations(asked, action, context, organization)
        if service == "cloudformation":
            return self._of_cloudformation(asked, action, context, organization)
        if action == "kms:ReEncrypt":
            return _of_re_encrypt(asked, context)
        context = {**context, **_keys(asked, action)}
        if takes_none(action):
            return [Need(action, "*", context)]
        find = FINDERS.get(service)
        found = find(asked, operation) if find is not None else []
        if not found:
            found = [base if base != "*" else UNKNOWN]
        return [Need(action, resource, context) for resource in found]

    def _of_cloudformation(
        self, asked: Asked, action: str, context: Context, organization: Organization | None
    ) -> list[Need]:
        operation = action.partition(":")[2]
        keys = {**context, **_keys_of_stacks(asked)}
        if takes_none(action):
            needs = [Need(action, "*", keys)]
        elif name := asked.text("StackSetName"):
            delegated = asked.text("CallAs") == "DELEGATED_ADMIN" and organization is not None
            owner = (
                organization.landscape.management if delegated and organization else asked.account
            )
            found = self.find_stack_set(owner, asked.region, name)
            prefix = f"arn:aws:cloudformation:{asked.region}:{owner}"
            whole = found.id if found else name if ":" in name else f"{name}:*"
            needs = [Need(action, f"{prefix}:stackset/{whole}", keys)]
            if operation in _ON_INSTANCES:
                targets = _targets(asked)
                needs += [
                    Need(action, f"{prefix}:stackset-target/{whole}/{t}", keys) for t in targets
                ]
                template = asked.text("TemplateBody") or (found.template if found else "")
                needs += [Need(action, arn, keys) for arn in _types(asked.region, template)]
        elif name := asked.text("StackName"):
            needs = [Need(action, stack_arn(asked, name), keys)]
        elif asked.text("PhysicalResourceId"):
            needs = [Need(action, UNKNOWN, keys)]
        else:
            # Not verified: without a name DescribeStacks and its like are about every stack.
            needs = [Need(action, "*", keys)]
        if operation in _TAGGING and "Tags.member.1.Key" in asked.params:
            needs.append(Need("cloudformation:TagResource", needs[0].resource, keys))
        return needs


# Not verified: whether tags of the request itself need this; the reference says that it is for
# "cloudformation resources", and no API has its name.
_TAGGING = frozenset({"CreateStack", "UpdateStack", "CreateChangeSet", "UpdateStackSet"})


def stack_arn(asked: Asked, name: str) -> str:
    """The ARN of a stack; one that is yet to be made has no id."""
    if name.startswith("arn:"):
        return name
    stack = cloudformation._stacks.get_scoped(asked.account, asked.region, name)
    return str(stack["StackId"]) if stack else asked.arn(f"stack/{name}/*", "cloudformation")


def _targets(asked: Asked) -> list[str]:
    """The OUs and accounts that a request about instances names."""
    members = ("Accounts", "DeploymentTargets.OrganizationalUnitIds", "DeploymentTargets.Accounts")
    return [target for member in members for target in asked.texts(member)]


def _types(region: str, template: str) -> list[str]:
    """The types of a template's resources, as ARNs of AWS's public types."""
    asked = {"TemplateBody": template}
    found = BASE.find(here(), "cloudformation", "GetTemplateSummary", **asked) if template else None
    names = set((found or {}).get("ResourceTypes", []))
    return [
        f"arn:aws:cloudformation:{region}::type/resource/{name.replace('::', '-')}"
        for name in sorted(names)
    ]


def _keys_of_stacks(asked: Asked) -> Context:
    found = {
        "cloudformation:rolearn": asked.text("RoleARN"),
        "cloudformation:templateurl": asked.text("TemplateURL"),
        "cloudformation:stackpolicyurl": asked.text("StackPolicyURL"),
    }
    keys: Context = {key: value for key, value in found.items() if value}
    if regions := asked.texts("Regions"):
        keys["cloudformation:targetregion"] = regions
    return keys


_PLACES = ("RootId", "ParentId", "AccountId", "OrganizationalUnitId")

# Which kind of thing an id of Organizations names.
_TARGETS = (("r-", "root"), ("ou-", "ou"))


def _of_organizations(
    asked: Asked, action: str, context: Context, organization: Organization | None
) -> list[Need]:
    """AttachPolicy and DetachPolicy have two resources: the policy and its target."""
    payload: dict[str, Any] = asked.members
    policy_type = payload.get("PolicyType") or payload.get("Filter") or payload.get("Type")
    resources = []
    if organization is not None and action == "organizations:CreatePolicy":
        resources.append(_new_policy(organization, str(policy_type)))
    elif organization is not None and not takes_none(action):
        for member in ("PolicyId", "TargetId", "ResourceId", *_PLACES):
            named = str(payload.get(member, ""))
            policy = organization.policies.find(named)
            if policy is not None and member == "PolicyId":
                # Tagging has no such condition key.
                policy_type = policy.type
            if policy is not None:
                resources.append(policy.arn)
            elif named and member == "PolicyId":
                policy_type = "BACKUP_POLICY"
                whole = _policy_arn(organization, f"backup_policy/{named}")
                resources.append(whole if named.startswith("p-") else UNKNOWN)
            elif named:
                resources.append(_organizations_arn(organization, named))
        if action == "organizations:PutResourcePolicy":
            resources.append(_organizations_arn(organization, "rp-"))
    keys = {**context, **({"organizations:policytype": str(policy_type)} if policy_type else {})}
    if principal := asked.text("ServicePrincipal"):
        keys["organizations:serviceprincipal"] = principal
    nothing = "*" if takes_none(action) else UNKNOWN
    own = [Need(action, found, keys) for found in resources or [nothing]]
    if organization is not None and action == "organizations:CreatePolicy" and payload.get("Tags"):
        own.append(_tags_of_new_policy(organization, str(policy_type)))
    return own


def _tags_of_new_policy(organization: Organization, policy_type: str) -> Need:
    """Tags at creation need organizations:TagResource (Organizations User Guide, "Adding tags").

    On which resource the guide does not say: the one that CreatePolicy itself is about.
    """
    return Need("organizations:TagResource", _new_policy(organization, policy_type))


def _new_policy(organization: Organization, policy_type: str) -> str:
    """The ARN of a policy that has no id yet: one of its kind."""
    return _policy_arn(organization, f"{policy_type.lower()}/p-new")


def _policy_arn(organization: Organization, named: str) -> str:
    landscape = organization.landscape
    return f"{landscape.arn}:policy/{landscape.organization_id}/{named}"


def _organizations_arn(organization: Organization, named: str) -> str:
    """The ARN of a target; of a policy that is not there, as if it were a backup policy.

    What AWS decides about an id that names nothing is not documented.
    """
    landscape = organization.landscape
    if named.startswith("p-"):
        return _policy_arn(organization, f"backup_policy/{named}")
    kind = next((kind for prefix, kind in _TARGETS if named.startswith(prefix)), "account")
    if named.startswith("rp-"):
        kind = "resourcepolicy"
    return f"{landscape.arn}:{kind}/{landscape.organization_id}/{named}"


def _of_re_encrypt(asked: Asked, context: Context) -> list[Need]:
    source = asked.text("SourceKeyId")
    return [
        Need("kms:ReEncryptFrom", kms_arn(asked, source) if source else UNKNOWN, context),
        Need("kms:ReEncryptTo", kms_arn(asked, asked.text("DestinationKeyId")), context),
    ]


def _keys(asked: Asked, action: str) -> Context:
    """The condition keys of single actions."""
    service, _, operation = action.partition(":")
    if service == "iam" and re.match(r"(At|De)tach\w+Policy", operation):
        return {"iam:policyarn": asked.text("PolicyArn")}
    if service == "iam" and (boundary := asked.text("PermissionsBoundary")):
        return {"iam:permissionsboundary": boundary}
    if service == "iam" and (linked := asked.text("AWSServiceName")):
        return {"iam:awsservicename": linked}
    if action == "lambda:CreateEventSourceMapping" and (name := asked.text("FunctionName")):
        return {"lambda:functionarn": FINDERS["lambda"](asked, operation)[0] if name else name}
    if action == "events:PutEvents":
        entries = asked.entries("Entries")
        return {
            "events:source": [str(entry.get("Source", "")) for entry in entries],
            "events:detail-type": [str(entry.get("DetailType", "")) for entry in entries],
        }
    if action == "sts:AssumeRole":
        found = {
            "sts:externalid": asked.text("ExternalId"),
            "sts:rolesessionname": asked.text("RoleSessionName"),
        }
        return {key: value for key, value in found.items() if value}
    return {}
