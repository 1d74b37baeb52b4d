"""The resources of a request by ARN, for the services whose resources policies of ours name.

After the resource types of IAM's service authorization reference. Where the reference is silent
on what a request without a name is about, it says so here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ...wire.native import BASE
from .http import Asked

Find = Callable[[Asked, str], list[str]]


def _account(asked: Asked, operation: str) -> list[str]:
    # Who names no account asks of its own; the others' are known by the organization's ARN alone.
    return [] if asked.text("AccountId") else [f"arn:aws:account::{asked.account}:account"]


def _backup(asked: Asked, operation: str) -> list[str]:
    for name in ("ResourceArn", "RecoveryPointArn"):
        if (arn := asked.text(name)) and not (name == "ResourceArn" and operation[:5] == "Start"):
            return [arn]
    if vault := asked.text("BackupVaultName"):
        return [asked.arn(f"backup-vault:{vault}")]
    if plan := asked.text("BackupPlanId"):
        return [asked.arn(f"backup-plan:{plan}")]
    return []


def _cloudwatch(asked: Asked, operation: str) -> list[str]:
    if arn := asked.text("ResourceARN"):
        return [arn]
    names = asked.texts("AlarmNames") or [asked.text("AlarmName")]
    if names == [""] and operation == "DescribeAlarms":
        # Not verified: any alarm, as refusals of the console show it.
        names = ["*"]
    return [asked.arn(f"alarm:{name}", "cloudwatch") for name in names if name]


def _codebuild(asked: Asked, operation: str) -> list[str]:
    names = [asked.text("projectName", "name"), *asked.texts("names")]
    # A build is the project's in front of its colon.
    builds = [asked.text("id"), *asked.texts("ids")]
    names += [build.rpartition("build/")[2].partition(":")[0] for build in builds]
    return [asked.arn(f"project/{name}") for name in dict.fromkeys(names) if name]


def _codecommit(asked: Asked, operation: str) -> list[str]:
    if arn := asked.text("resourceArn"):
        return [arn]
    names = [asked.text("repositoryName", "oldName"), *asked.texts("repositoryNames")]
    return [asked.arn(name) for name in names if name]


def _codepipeline(asked: Asked, operation: str) -> list[str]:
    if arn := asked.text("resourceArn"):
        return [arn]
    declared = asked.members.get("pipeline")
    name = str(declared.get("name", "")) if isinstance(declared, dict) else ""
    name = name or asked.text("pipelineName", "pipeline", "name")
    if not name:
        return []
    # Some actions are about a stage, or an action in it.
    parts = [name]
    if operation in ("DisableStageTransition", "EnableStageTransition", "RetryStageExecution"):
        parts.append(asked.text("stageName"))
    elif operation == "PutApprovalResult":
        parts += [asked.text("stageName"), asked.text("actionName")]
    return [asked.arn("/".join(parts))]


def _dynamodb(asked: Asked, operation: str) -> list[str]:
    found = asked.text("ResourceArn", "BackupArn", "TableArn")
    return [found] if found else []


def _dsql(asked: Asked, operation: str) -> list[str]:
    if cluster := asked.text("identifier"):
        return [asked.arn(f"cluster/{cluster}")]
    return _by_arn(asked, operation)


_EC2_KINDS = {
    "i": "instance",
    "vol": "volume",
    "eni": "network-interface",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
}
# Their ARNs name no account.
_EC2_SHARED = {"ami": "image", "snap": "snapshot"}


def ec2_arn(asked: Asked, identifier: str) -> str | None:
    """The ARN of a resource of EC2 by its id."""
    kind = identifier.partition("-")[0]
    if kind in _EC2_SHARED:
        return f"arn:aws:ec2:{asked.region}::{_EC2_SHARED[kind]}/{identifier}"
    return asked.arn(f"{_EC2_KINDS[kind]}/{identifier}") if kind in _EC2_KINDS else None


def _ec2(asked: Asked, operation: str) -> list[str]:
    if operation == "RunInstances" and (image := asked.text("ImageId")):
        # Of what an instance is made of, only what the request always names.
        return [str(ec2_arn(asked, image)), asked.arn("instance/*")]
    if operation not in ("CreateTags", "DeleteTags"):
        return []
    found = [ec2_arn(asked, identifier) for identifier in asked.texts("ResourceId")]
    return [arn for arn in found if arn] if all(found) else []


def _efs(asked: Asked, operation: str) -> list[str]:
    named = asked.text("ResourceId", "FileSystemId")
    if not named or named.startswith("arn:"):
        return [named] if named else []
    kind = "access-point" if named.startswith("fsap-") else "file-system"
    return [asked.arn(f"{kind}/{named}")]


def _events(asked: Asked, operation: str) -> list[str]:
    if arn := asked.text("ResourceARN"):
        return [arn]
    if operation == "PutEvents":
        # By the service authorization reference: each bus that an entry names.
        buses = [str(entry.get("EventBusName") or "default") for entry in asked.entries("Entries")]
        return [
            name if name.startswith("arn:") else asked.arn(f"event-bus/{name}")
            for name in dict.fromkeys(buses)
        ]
    bus = asked.text("EventBusName").rpartition("/")[2]
    rule = asked.text("Rule") or asked.text("Name")
    if operation in ("CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"):
        return [asked.arn(f"event-bus/{rule or 'default'}")]
    if not rule:
        return []
    return [asked.arn(f"rule/{rule}" if bus in ("", "default") else f"rule/{bus}/{rule}")]


def _iam(asked: Asked, operation: str) -> list[str]:
    account, path = asked.account, asked.text("Path") or "/"
    if service := asked.text("AWSServiceName"):
        # As the base names it.
        name = f"AWSServiceRoleFor{service.partition('.')[0].capitalize()}"
        return [f"arn:aws:iam::{account}:role/aws-service-role/{service}/{name}"]
    for kind in ("Role", "User"):
        if name := asked.text(f"{kind}Name"):
            place = (account, asked.region)
            found = BASE.find(place, "iam", f"Get{kind}", **{f"{kind}Name": name})
            new = f"arn:aws:iam::{account}:{kind.lower()}{path}{name}"
            return [str(found[kind]["Arn"]) if found else new]
    if policy := asked.text("PolicyName"):
        return [f"arn:aws:iam::{account}:policy{path}{policy}"]
    return [arn] if (arn := asked.text("PolicyArn")) else []


def _kms(asked: Asked, operation: str) -> list[str]:
    named = asked.text("TargetKeyId", "KeyId")
    aliases = []
    if alias := asked.text("AliasName"):
        aliases = [asked.arn(alias)]
        if not named:
            named = alias
    return [kms_arn(asked, named), *aliases] if named else []


def kms_arn(asked: Asked, named: str) -> str:
    """The ARN of a key that is named by id, ARN or alias; an alias's own when it has no key."""
    found = BASE.find((asked.account, asked.region), "kms", "DescribeKey", KeyId=named)
    if found is not None:
        return str(found["KeyMetadata"]["Arn"])
    if named.startswith("arn:"):
        return named
    return asked.arn(named if named.startswith("alias/") else f"key/{named}")


def _lambda(asked: Asked, operation: str) -> list[str]:
    if arn := asked.text("Resource"):
        return [arn]
    if mapping := asked.text("UUID"):
        return [asked.arn(f"event-source-mapping:{mapping}")]
    if layer := asked.text("LayerName"):
        return [asked.arn(f"layer:{layer}")]
    named = asked.text("FunctionName")
    if not named:
        return []
    # NAME, NAME:QUALIFIER, ACCOUNT:function:NAME or an ARN.
    whole = named.startswith("arn:")
    account = named.split(":")[4] if whole else named.split(":")[0] if ":function:" in named else ""
    name = named.partition(":function:")[2] or named.removeprefix("function:")
    qualifier = asked.text("Qualifier")
    region = named.split(":")[3] if whole else asked.region
    arn = f"arn:aws:lambda:{region}:{account or asked.account}:function:{name}"
    return [f"{arn}:{qualifier}" if qualifier and ":" not in name else arn]


def _logs(asked: Asked, operation: str) -> list[str]:
    if arn := asked.text("resourceArn"):
        return [arn]
    group = asked.text("logGroupName", "logGroupIdentifier")
    if not group:
        return []
    # As refusals show it: a group is its streams, none named. Tags have the bare ARN, above.
    group = group.partition(":log-group:")[2].removesuffix(":*") or group
    return [asked.arn(f"log-group:{group}:log-stream:{asked.text('logStreamName')}")]


def _rds(asked: Asked, operation: str) -> list[str]:
    if named := asked.text("ResourceName"):
        return [named]
    kind = re.search(r"DB(ClusterSnapshot|Snapshot|Cluster|Instance)s?$", operation)
    if kind is None:
        return []
    member, name = f"DB{kind[1]}Identifier", ""
    name = asked.text(member) or ("*" if operation.startswith("Describe") else "")
    kinds = {
        "Cluster": "cluster",
        "ClusterSnapshot": "cluster-snapshot",
        "Instance": "db",
        "Snapshot": "snapshot",
    }
    if not name or name.startswith("arn:"):
        return [name] if name else []
    return [asked.arn(f"{kinds[kind[1]]}:{name}", "rds")]


def _sns(asked: Asked, operation: str) -> list[str]:
    if subscription := asked.text("SubscriptionArn"):
        return [subscription.rpartition(":")[0]]
    found = asked.text("TopicArn", "TargetArn", "ResourceArn")
    return [found] if found else []


def _sqs(asked: Asked, operation: str) -> list[str]:
    return [arn] if (arn := asked.text("SourceArn")) else []


def _ssm(asked: Asked, operation: str) -> list[str]:
    if operation in ("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource"):
        names = [asked.text("ResourceId")]
    else:
        names = asked.texts("Names") or [asked.text("Name", "Path")]
    # A name may have a version or a label behind a colon.
    return [
        name
        if name.startswith("arn:")
        else asked.arn(f"parameter/{name.partition(':')[0].lstrip('/')}")
        for name in names
        if name
    ]


def _by_arn(asked: Asked, operation: str) -> list[str]:
    """Services whose requests about tags name an ARN; the base knows their other ones."""
    found = asked.text("resourceArn", "ResourceArn")
    return [found] if found.startswith("arn:") else []


# By IAM's name of the service. What finds nothing leaves it to the base.
FINDERS: dict[str, Find] = {
    "account": _account,
    "backup": _backup,
    "cloudwatch": _cloudwatch,
    "codebuild": _codebuild,
    "codecommit": _codecommit,
    "codepipeline": _codepipeline,
    "dsql": _dsql,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "eks": _by_arn,
    "elasticfilesystem": _efs,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "rds": _rds,
    "scheduler": _by_arn,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
}
