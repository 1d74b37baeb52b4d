"""Takes the original's stacks out of the home and the management account.

What holds or decrypts anything outlives them: policies, stack sets of roles and vaults, buckets,
keys, the repository. The central account's and the members' stacks are taken out where what they
hold is taken over: `adopt_central`, `adopt`.
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from .. import cloudformation
from ..accounts import say_nothing_was_done
from ..pipeline import source
from ..problem import Problem, aws_reason
from ..stacks import STACKS
from ..targets import Targets
from . import buckets, letting_go, original

POLICIES = ("Custom::OrgPolicy", "AWS::Organizations::Policy")
STACK_SET = "AWS::CloudFormation::StackSet"
PACKAGE_BUCKETS = "stackset-aws-backup-lambda-s3-bucket"
# Stack -> the types of what outlives it, and why.
OUTLIVING = {
    "aws-backup-org-policy": (POLICIES, "the backup policies stay attached, and backups go on"),
    "stackset-aws-backup-member-accounts": (
        (STACK_SET,),
        "vaults and keys stay what they are, in every account",
    ),
    "stackset-aws-backup-member-accounts-role": (
        (STACK_SET,),
        "the roles stay what they are, in every account",
    ),
    "aws-backup-s3-bucket": (("AWS::S3::Bucket",), "past artifacts: remove it when you like"),
    "aws-backup-codepipeline-kms-key": (("AWS::KMS::Key",), "it decrypts past artifacts"),
    "aws-backup-codecommit": (
        ("AWS::CodeCommit::Repository",),
        f"the history of what was deployed, renamed to {source.REPOSITORY}-original",
    ),
}


def remove(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """Goes through the account's stacks. Without `apply` only says what it would do."""
    account = session.client("sts").get_caller_identity()["Account"]
    kind = {targets.home_account: "home", targets.management_account: "management"}.get(account)
    if kind is None:
        raise Problem(
            f"account {account}",
            "the original's stacks are removed from the home and the management account",
            "use a profile of one of them; in the central account it is make adopt-central, in the "
            "members make adopt-account",
        )
    client = session.client("cloudformation")
    changes = False
    for name in _order(kind):
        if cloudformation.status(client, name) is None:
            continue
        document = letting_go.template(client, name)
        if not original.is_original(name, document):
            say(f"{name}: not the original's, stays")
            continue
        changes = True
        _say_what_outlives(name, document, apply, say)
        if apply:
            _before(session, client, name, document, say)
            letting_go.let_go(client, name, _outlives(name), say)
    if kind == "home":
        changes |= _stack_sets(client, apply, say)
    if not changes:
        say("no stack of the original is in this account and Region")
    if not apply:
        say_nothing_was_done(changes, say)


def _order(kind: str) -> list[str]:
    """Reversed, so that nothing goes before what needs it; the pipeline at once, or it goes on."""
    order = [stack.name for stack in reversed(STACKS) if stack.account == kind]
    if kind == "home":
        order.insert(order.index("stackset-aws-backup-tagonrestore") + 1, original.BESIDES)
        order.sort(key=lambda name: name != "aws-backup-codepipeline")
    return order


def _outlives(name: str) -> letting_go.Kept:
    types, _ = OUTLIVING.get(name, ((), ""))
    return lambda resource: resource["Type"] in types


def _say_what_outlives(name: str, document: dict, apply: bool, say) -> None:
    if not apply:
        say(f"{name}: would be deleted")
    for key in letting_go.kept(document, _outlives(name)):
        say(f"  kept {key} ({document['Resources'][key]['Type']}): {OUTLIVING[name][1]}")


def _before(session, client, name: str, document: dict, say) -> None:
    """What is in the way of a stack's end, or of what takes its place."""
    if name == "aws-backup-codepipeline":
        _require_rest(session, client, name)
    elif name == "aws-backup-codecommit":
        source.rename_repository(session, say)
    elif name == PACKAGE_BUCKETS:
        _empty_package_buckets(session, client, name, say)


def _require_rest(session, client, name: str) -> None:
    """No run is under way that would bring back what goes."""
    pipelines = session.client("codepipeline")
    for resource in client.describe_stack_resources(StackName=name)["StackResources"]:
        if resource["ResourceType"] != "AWS::CodePipeline::Pipeline":
            continue
        found = pipelines.list_pipeline_executions(pipelineName=resource["PhysicalResourceId"])
        if any(run["status"] == "InProgress" for run in found["pipelineExecutionSummaries"]):
            raise Problem(
                f"pipeline `{resource['PhysicalResourceId']}`",
                "it runs, and would deploy again what is removed",
                "wait until it has ended, or stop it (aws codepipeline stop-pipeline-execution)",
            )


def _empty_package_buckets(session, client, name: str, say) -> None:
    """They hold packages only, and the solution's own buckets want their names."""
    account = session.client("sts").get_caller_identity()["Account"]
    for resource in client.describe_stack_resources(StackName=name)["StackResources"]:
        found = client.list_stack_instances(StackSetName=resource["PhysicalResourceId"])
        for instance in found["Summaries"]:
            region = instance["Region"]
            bucket = f"lambda-deployment-bucket-{account}-{region}"
            buckets.empty(session.client("s3", region_name=region), bucket, say)


def _stack_sets(client, apply: bool, say) -> bool:
    """Deletes the stack sets of roles and vaults that are empty. Whether one was there."""
    gone = False
    for name in (original.VAULTS, original.ROLES):
        which = {"StackSetName": name, "CallAs": "DELEGATED_ADMIN"}
        try:
            pages = client.get_paginator("list_stack_instances").paginate(**which)
            found = {entry["Account"] for page in pages for entry in page["Summaries"]}
        except ClientError as error:
            if error.response["Error"]["Code"] != "StackSetNotFoundException":
                raise
            continue
        if found:
            say(f"{name}: stays until its accounts are taken over, with make adopt-account:")
            say(f"  ACCOUNT={','.join(sorted(found))}")
            continue
        gone = True
        if apply:
            _delete_stack_set(client, which, say)
        else:
            say(f"{name}: no account is in it any more; would be deleted")
    return gone


def _delete_stack_set(client, which: dict, say) -> None:
    try:
        client.delete_stack_set(**which)
    except ClientError as error:
        raise Problem(
            f"stack set {which['StackSetName']}", aws_reason(error), "correct it, try again"
        ) from error
    say(f"{which['StackSetName']}: deleted")
