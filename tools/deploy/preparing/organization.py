"""What the organization needs before anything is deployed: each step checked, done, verified.

Runs in the management account. Nothing is changed without `apply`; a step that is done already is
left alone, so it is safe to repeat.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from ..accounts import require_account
from ..problem import Problem, aws_reason
from ..stacks import STACKS
from ..targets import Targets
from . import regions

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
BACKUP = "backup.amazonaws.com"

# A policy type is PENDING_ENABLE for some seconds.
SETTLE_SECONDS = 60
POLL_SECONDS = 1


@dataclass(frozen=True)
class Step:
    name: str
    missing: Callable[[], str | None]  # what is missing, or nothing
    apply: Callable[[], None] | None  # nothing where it is not done here
    reason: str
    way_back: Callable[[], str] | None = None  # the command, asked for while it is still missing


def prepare(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> bool:
    """Goes through the steps. Whether the organization is ready."""
    require_account(session, targets.management_account, "management")
    ready = True
    for step in steps(session, targets):
        try:
            missing = step.missing()
            if missing is None:
                say(f"ok       {step.name}")
                continue
            if not apply:
                ready = False
                say(f"missing  {step.name}: {missing}")
                _say_way_back(step, say)
                continue
            if step.apply is None:
                say(f"missing  {step.name}: {missing}")
                raise Problem(step.name, missing, step.reason)
            back: list[str] = []
            _say_way_back(step, back.append)
            step.apply()
            missing = _settled(step)
        except ClientError as error:
            raise Problem(
                step.name, aws_reason(error), f"{step.reason}; do it by hand or with more rights"
            ) from error
        if missing is not None:
            raise Problem(step.name, f"still {missing}", "wait a minute and run this again")
        say(f"done     {step.name}")
        for line in back:
            say(line)
    if not ready:
        say("nothing was changed; add APPLY=1 to do what is missing")
    return ready


def _say_way_back(step: Step, say: Callable[[str], None]) -> None:
    if step.way_back is not None:
        say(f"         the way back: {step.way_back()}")


def _settled(step: Step) -> str | None:
    """What is missing after the change: AWS says for a moment that it is still at it."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (missing := step.missing()) is not None and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return missing


def steps(session, targets: Targets) -> list[Step]:
    organizations = session.client("organizations")
    cloudformation = session.client("cloudformation")
    backup = session.client("backup")

    def missing_organization():
        found = organizations.describe_organization()["Organization"]
        if found["Id"] != targets.organization:
            raise Problem(
                "OrganizationId",
                f"this account's organization is {found['Id']}",
                "correct aws-backup-ssm-targets.json",
            )
        return None if found["FeatureSet"] == "ALL" else "only consolidated billing is on"

    def service_access(principal):
        pages = organizations.get_paginator("list_aws_service_access_for_organization").paginate()
        names = {
            entry["ServicePrincipal"]
            for page in pages
            for entry in page["EnabledServicePrincipals"]
        }
        return None if principal in names else "not enabled"

    def delegated():
        pages = organizations.get_paginator("list_delegated_administrators").paginate(
            ServicePrincipal=STACK_SETS
        )
        names = {entry["Id"] for page in pages for entry in page["DelegatedAdministrators"]}
        return (
            None if targets.home_account in names else f"{targets.home_account} is not registered"
        )

    def cross_account():
        settings = backup.describe_global_settings().get("GlobalSettings", {})
        return None if settings.get("isCrossAccountBackupEnabled") == "true" else "switched off"

    def root():
        return organizations.list_roots()["Roots"][0]

    def policy_type(name):
        enabled = {
            entry["Type"] for entry in root().get("PolicyTypes", []) if entry["Status"] == "ENABLED"
        }
        return None if name in enabled else "not enabled on the root"

    result = [
        Step(
            "all features of the organization",
            missing_organization,
            lambda: organizations.enable_all_features(),
            "invited accounts have to accept first",
        ),
        Step(
            "trusted access for CloudFormation StackSets",
            lambda: service_access(STACK_SETS),
            # CloudFormation's own call: it also makes the service-linked role that stack sets need.
            lambda: cloudformation.activate_organizations_access(),
            "service-managed stack sets need it",
        ),
        Step(
            "trusted access for AWS Backup",
            lambda: service_access(BACKUP),
            lambda: organizations.enable_aws_service_access(ServicePrincipal=BACKUP),
            "backup policies and cross-account copies need it",
        ),
        Step(
            f"delegated administrator of stack sets: {targets.home_account}",
            delegated,
            lambda: organizations.register_delegated_administrator(
                AccountId=targets.home_account, ServicePrincipal=STACK_SETS
            ),
            "the home account deploys the member accounts' stacks",
        ),
        Step(
            "cross-account backup",
            cross_account,
            lambda: backup.update_global_settings(
                GlobalSettings={"isCrossAccountBackupEnabled": "true"}
            ),
            "copies to the central account fail without it",
        ),
        Step(
            "policy type BACKUP_POLICY",
            lambda: policy_type("BACKUP_POLICY"),
            lambda: organizations.enable_policy_type(
                RootId=root()["Id"], PolicyType="BACKUP_POLICY"
            ),
            "no backup policy can be attached without it",
        ),
    ]
    if any(stack.parameters().get("TargetIds") for stack in STACKS):
        result.append(
            Step(
                "policy type SERVICE_CONTROL_POLICY",
                lambda: policy_type("SERVICE_CONTROL_POLICY"),
                lambda: organizations.enable_policy_type(
                    RootId=root()["Id"], PolicyType="SERVICE_CONTROL_POLICY"
                ),
                "the service control policies that have TargetIds cannot be attached without it",
            )
        )
    # There the policy manager calls STS for the role in this account.
    home = {stack.parameters().get("HomeRegion") for stack in STACKS} - {None, ""}
    enabled = regions.opt_in(session, (*targets.regions, *home))
    return [
        *result,
        *(_region(region, enabled[region]) for region in enabled),
        # Settings of a Region that is not enabled cannot be read.
        *(_opt_in(session, region) for region in targets.regions if enabled.get(region, True)),
    ]


def _region(region: str, enabled: bool) -> Step:
    """Left to a person: enabling takes minutes to hours, and opens the Region to everybody."""
    return Step(
        f"Region {region}",
        lambda: None if enabled else "not enabled in this account",
        None,
        f"stack sets and backup policies need it here too: {regions.remedy(region)}",
    )


def _opt_in(session, region: str) -> Step:
    """For backup policies, AWS Backup reads the management account's opt-in, not the members'."""
    backup = session.client("backup", region_name=region)

    def off():
        preferences = backup.describe_region_settings().get("ResourceTypeOptInPreference", {})
        return sorted(name for name, chosen in preferences.items() if not chosen)

    return Step(
        f"service opt-in in {region}",
        lambda: f"off for {', '.join(off())}" if off() else None,
        lambda: backup.update_region_settings(
            ResourceTypeOptInPreference=dict.fromkeys(off(), True)
        ),
        "AWS Backup silently passes over resource types that are off",
        lambda: (
            f"aws backup update-region-settings --region {region} "
            f"--resource-type-opt-in-preference '{json.dumps(dict.fromkeys(off(), False))}'"
        ),
    )
