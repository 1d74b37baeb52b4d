"""The templates as the tests see them: plain data, with intrinsic functions worked out."""

import functools
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from deploy.stacks import STACKS, load_template  # noqa: E402

__all__ = ["ROOT", "STACKS", "Template", "load_template", "policies", "templates"]

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::AccountId": "111122223333",
    "AWS::Region": "eu-central-1",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
}
# What a reference to a resource of the type would be in a policy.
ARNS = {
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:111122223333:log-group:name:*",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-central-1:111122223333:table/name",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-central-1:111122223333:name",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::IAM::Role": "arn:aws:iam::111122223333:role/name",
    "AWS::KMS::Key": "arn:aws:kms:eu-central-1:111122223333:key/name",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-central-1:111122223333:function:name",
    "AWS::CodeBuild::Project": "arn:aws:codebuild:eu-central-1:111122223333:project/name",
    "AWS::Events::Rule": "arn:aws:events:eu-central-1:111122223333:rule/name",
    "AWS::Events::EventBus": "arn:aws:events:eu-central-1:111122223333:event-bus/name",
}
IMPORTS = {
    "aws-backup-s3-bucket-arn": "arn:aws:s3:::bucket",
    "aws-backup-notifications-topic-arn": "arn:aws:sns:eu-central-1:111122223333:topic",
    "aws-backup-notifications-key-arn": "arn:aws:kms:eu-central-1:111122223333:key/key",
    "aws-backup-notifications-watch-queue-arn": "arn:aws:sqs:eu-central-1:111122223333:queue",
    "aws-backup-codepipeline-kms-arn": "arn:aws:kms:eu-central-1:111122223333:key/key",
    "aws-backup-codeconnections-arn": (
        "arn:aws:codeconnections:eu-central-1:111122223333:connection/id"
    ),
}
NO_VALUE = object()


@dataclass(frozen=True)
class Template:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def body(self) -> dict:
        return _load(self.text)

    def resources(self, kind: str | None = None) -> dict[str, dict]:
        found = self.body["Resources"]
        return {key: value for key, value in found.items() if kind in (None, value["Type"])}

    def resolve(self, value):
        """`value` with its intrinsic functions worked out; of a condition, its first side."""
        return _resolve(self.body, value)


@functools.cache
def _load(text: str) -> dict:
    return load_template(text)


def templates() -> list[Template]:
    found = [*ROOT.glob("cloudformation/*/*.yaml"), *ROOT.glob("codebuild/*.yaml")]
    return [Template(path) for path in sorted(found)]


def suppressed(resource: dict, tool: str) -> dict[str, str]:
    """The findings that a resource accepts, with the reasons."""
    metadata = resource.get("Metadata", {}).get(tool, {})
    accepted = {entry["id"]: entry["reason"] for entry in metadata.get("rules_to_suppress", [])}
    accepted |= {entry["id"]: entry["comment"] for entry in metadata.get("skip", [])}
    return accepted


def policies(template: Template):
    """Every policy document: resource id, resource, where, kind of use, document."""
    for key, resource in template.resources().items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Role":
                yield key, resource, "trust", "trust", properties["AssumeRolePolicyDocument"]
                for policy in properties.get("Policies", []):
                    yield key, resource, policy["PolicyName"], "identity", policy["PolicyDocument"]
            case "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy":
                yield (
                    key,
                    resource,
                    properties.get("PolicyName", key),
                    "identity",
                    properties["PolicyDocument"],
                )
            case "AWS::KMS::Key":
                yield key, resource, "key policy", "key", properties["KeyPolicy"]
            case "AWS::S3::BucketPolicy" | "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy":
                yield key, resource, "resource policy", "resource", properties["PolicyDocument"]
            case "AWS::Events::EventBus":
                yield key, resource, "bus policy", "resource", properties["Policy"]
            case "AWS::Backup::BackupVault" | "AWS::Backup::LogicallyAirGappedBackupVault":
                yield key, resource, "vault policy", "resource", properties["AccessPolicy"]
            case "AWS::Organizations::Policy":
                yield key, resource, "service control policy", "scp", properties["Content"]


def statements(document: dict, template: Template) -> list[dict]:
    """A document's statements, those behind a condition included, worked out."""
    raw = (
        document["Statement"]
        if isinstance(document["Statement"], list)
        else [document["Statement"]]
    )
    found = []
    for statement in raw:
        sides = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
        found += [template.resolve(side) for side in sides if side != {"Ref": "AWS::NoValue"}]
    return found


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def _resolve(body, value):
    if isinstance(value, list):
        return [item for item in (_resolve(body, item) for item in value) if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return _reference(body, argument)
        if function == "Fn::Sub":
            return _substitute(body, argument)
        if function == "Fn::GetAtt":
            resource = body["Resources"][argument[0]]
            return ARNS.get(resource["Type"], argument[0]) if argument[1] == "Arn" else argument[0]
        if function == "Fn::ImportValue":
            return IMPORTS.get(argument, argument)
        if function == "Fn::If":
            chosen = _resolve(body, argument[1])
            return _resolve(body, argument[2]) if chosen is NO_VALUE else chosen
        if function == "Fn::Split":
            return _resolve(body, argument[1]).split(argument[0])
        if function == "Fn::Select":
            parts = _resolve(body, argument[1])
            return parts[int(argument[0])] if int(argument[0]) < len(parts) else "selected"
        if function == "Fn::Join":
            return argument[0].join(str(part) for part in as_list(_resolve(body, argument[1])))
    resolved = {key: _resolve(body, item) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not NO_VALUE}


def _reference(body, name):
    if name == "AWS::NoValue":
        return NO_VALUE
    if name in PSEUDO:
        return PSEUDO[name]
    parameter = body.get("Parameters", {}).get(name)
    if parameter is None:
        return name
    if "OrganizationId" in name:
        return "o-abcd123456"
    if "Account" in name:
        return "444455556666"
    if name == "HomeRegion":
        return "eu-central-1"
    if "BusArn" in name:
        return "arn:aws:events:eu-central-1:444455556666:event-bus/name"
    if "VaultArn" in name:
        return "arn:aws:backup:eu-central-1:444455556666:backup-vault:AWSBackupSolutionCentralVault"
    return parameter.get("Default") or "value"


def _substitute(body, argument):
    text, names = argument if isinstance(argument, list) else (argument, {})

    def value(match):
        name = match.group(1)
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in names:
            return str(_resolve(body, names[name]))
        if "." in name:
            return str(_resolve(body, {"Fn::GetAtt": name.split(".", 1)}))
        return str(_resolve(body, {"Ref": name}))

    return re.sub(r"\$\{([^}]+)\}", value, text)


def imports(value) -> list[str]:
    """The names that a part of a template imports."""
    if isinstance(value, dict):
        found = [
            item
            for key, item in value.items()
            if key == "Fn::ImportValue" and isinstance(item, str)
        ]
        return found + [name for item in value.values() for name in imports(item)]
    if isinstance(value, list):
        return [name for item in value for name in imports(item)]
    return []


def minified(document) -> str:
    return json.dumps(document, separators=(",", ":"))
