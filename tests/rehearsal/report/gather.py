"""Gathers what there is: the organization, the accounts, the pipeline, the calls. Reads only."""

import json
import re
from collections import Counter

from ..grants.role_names import role_name
from ..names import CENTRAL, HOME, HOME_REGION, MANAGEMENT, PIPELINE
from .inventory import inventory
from .result import (
    PARTS,
    TO_BE_QUICK,
    Account,
    Action,
    Caller,
    Execution,
    NotRun,
    Policy,
    Rule,
    Snapshot,
)

# The accounts whose own stacks are shown, and what else they have.
_OWN = (MANAGEMENT, HOME, CENTRAL)
# Patterns of commands -> why they are not run on this machine.
_REASONS = (
    (r"^make install-rust", "this machine brings the compiler"),
    (r"^make validate-online", "it fetches tools and rules from the network"),
    (r"^make (test|package)-", "the packages in dist/ are published as they are (PREBUILT=1)"),
)


def snapshot(administrators, emulator, expectations, regions):
    """What every account has in these Regions, the policies, and the pipeline's runs."""
    organization = emulator.organization()
    accounts = tuple(
        Account(
            account["id"],
            account["name"],
            units(organization, account),
            {region: _parts(expectations.holdings(account["id"], region)) for region in regions},
            policies_of(organization, account),
            *_own(administrators, account["id"], regions),
        )
        for account in organization["accounts"]
    )
    found = [policy for policy in organization["policies"] if policy["type"] == "BACKUP_POLICY"]
    names = {unit["id"]: unit["name"] for unit in organization["units"]}
    policies = tuple(_policy(policy, names) for policy in sorted(found, key=lambda p: p["name"]))
    return Snapshot(tuple(regions), accounts, policies, _executions(administrators))


def units(organization, account):
    """The names of the units that an account is in, from the root down."""
    by_id = {unit["id"]: unit for unit in organization["units"]}
    path, at = [], account["parent"]
    while at in by_id:
        path.insert(0, by_id[at]["name"])
        at = by_id[at]["parent"]
    return tuple(path)


def policies_of(organization, account):
    """The names of the backup policies that are attached to an account or above it."""
    parents = {unit["id"]: unit["parent"] for unit in organization["units"]}
    above, at = {account["id"]}, account["parent"]
    while at is not None:
        above.add(at)
        at = parents.get(at)
    return tuple(
        sorted(
            policy["name"]
            for policy in organization["policies"]
            if policy["type"] == "BACKUP_POLICY" and above & set(policy["targets"])
        )
    )


def not_run(builds):
    """The commands that builds passed over, and why."""
    times = Counter(command for build in builds for command in build["not_run"])
    return tuple(NotRun(command, times[command], _reason(command)) for command in sorted(times))


def _reason(command):
    return next((why for pattern, why in _REASONS if re.search(pattern, command)), TO_BE_QUICK)


def callers(calls):
    """Who called, those with most calls first."""
    accounts, total, errors = {}, Counter(), Counter()
    for call in calls:
        name = caller_name(call["principal"])
        accounts.setdefault(name, set()).add(call["account"])
        total[name] += 1
        errors[name] += call["error"] is not None
    return tuple(
        Caller(name, len(accounts[name]), count, errors[name])
        for name, count in sorted(total.items(), key=lambda item: (-item[1], item[0]))
    )


def caller_name(principal):
    """`CloudFormationRole` for a session of it, and words for who is no role."""
    kind, _, rest = principal.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        return role_name(rest.partition("/")[0])
    if kind == "root":
        return "an account's root"
    return f"{kind} {rest}".strip()


def denials(refused):
    """What permissions refused, each sentence once, in the order of its first time."""
    times = Counter(f"{denial['message']} ({denial['via']})" for denial in refused)
    return tuple(
        sentence if count == 1 else f"{sentence}, {count} times"
        for sentence, count in times.items()
    )


def root_calls(calls):
    """What was called as an account's root."""
    return tuple(sorted({c["operation"] for c in calls if c["principal"].endswith(":root")}))


def _parts(place):
    return tuple(part for part in PARTS if getattr(place, part))


def _own(administrators, account, regions):
    if account not in _OWN:
        return (), ()
    return _stacks(administrators, account, regions), inventory(administrators, account, regions)


def _stacks(administrators, account, regions):
    found = []
    for region in regions:
        client = administrators.client("cloudformation", account, region)
        for page in client.get_paginator("describe_stacks").paginate():
            found += [
                (region, stack["StackName"], stack["StackStatus"])
                for stack in page["Stacks"]
                if not stack["StackName"].startswith("StackSet-")
            ]
    return tuple(sorted(found))


def _policy(policy, names):
    plans = json.loads(policy["content"])["plans"]
    rules = tuple(
        _rule(plan, name, rule) for plan in plans for name, rule in plans[plan]["rules"].items()
    )
    regions = {region: None for plan in plans.values() for region in _value(plan["regions"])}
    selects = {
        f"{_value(tag['tag_key'])}={value}": None
        for plan in plans.values()
        for tag in plan["selections"].get("tags", {}).values()
        for value in _value(tag["tag_value"])
    }
    targets = tuple(names.get(target, target) for target in policy["targets"])
    return Policy(policy["name"], targets, tuple(regions), tuple(selects), rules)


def _rule(plan, name, rule):
    days = _value(rule.get("lifecycle", {}).get("delete_after_days", {"@@assign": None}))
    return Rule(
        plan,
        name,
        _value(rule["schedule_expression"]),
        _value(rule["target_backup_vault_name"]),
        f"{days} days" if days else "for ever",
        tuple(rule.get("copy_actions", {})),
    )


def _value(operator):
    return operator["@@assign"]


def _executions(administrators):
    """The pipeline's runs, the oldest first; none without a pipeline."""
    client = administrators.client("codepipeline", HOME, HOME_REGION)
    if PIPELINE not in {found["name"] for found in client.list_pipelines()["pipelines"]}:
        return ()
    listed = client.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
    return tuple(_execution(client, summary) for summary in reversed(listed))


def _execution(client, summary):
    details = client.list_action_executions(
        pipelineName=PIPELINE, filter={"pipelineExecutionId": summary["pipelineExecutionId"]}
    )["actionExecutionDetails"]
    actions = tuple(
        Action(
            found["stageName"],
            found["actionName"],
            found["status"],
            (found["lastUpdateTime"] - found["startTime"]).total_seconds(),
        )
        for found in reversed(details)
    )
    return Execution(
        summary["trigger"]["triggerType"],
        summary["status"],
        (summary["lastUpdateTime"] - summary["startTime"]).total_seconds(),
        actions,
    )
