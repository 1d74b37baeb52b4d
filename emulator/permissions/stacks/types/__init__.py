"""What each resource type's handler demands of who deploys a stack, with real ARNs.

Pure. The source of the actions is the handlers' list of permissions in CloudFormation's registry
schemas, which holds everything that a handler may call; here stands what it calls for the
properties that a resource has. ARNs and resource-less actions follow IAM's service authorization
reference. Where a type has no published handlers, its function says what was taken instead.
Handlers read what they have written: the actions of the read handler are demanded whatever the
properties are, but for those on other resources, which only a property names.
"""

from __future__ import annotations

from collections.abc import Callable

from ...needs import Unmapped
from . import (
    buckets,
    delivery,
    events,
    functions,
    keys,
    messages,
    observation,
    organizations,
    roles,
    storage,
    vaults,
)
from .resource import Demand, Demands, Resource

__all__ = ["NAMES", "TAGLESS", "TYPES", "demands", "has_tags"]

CUSTOM = "AWS::CloudFormation::CustomResource"

TYPES: dict[str, Callable[[Resource], Demands]] = {
    "AWS::Backup::BackupVault": vaults.vault,
    "AWS::Backup::LogicallyAirGappedBackupVault": vaults.air_gapped_vault,
    CUSTOM: functions.custom_resource,
    "AWS::CloudFormation::StackSet": organizations.stack_set,
    "AWS::CloudWatch::Alarm": observation.alarm,
    "AWS::CloudWatch::Dashboard": observation.dashboard,
    "AWS::CodeBuild::Project": delivery.project,
    "AWS::CodeCommit::Repository": delivery.repository,
    "AWS::CodeConnections::Connection": delivery.connection,
    "AWS::CodePipeline::Pipeline": delivery.pipeline,
    "AWS::DynamoDB::Table": storage.table,
    "AWS::EC2::Volume": storage.volume,
    "AWS::EFS::FileSystem": storage.file_system,
    "AWS::Events::EventBus": events.event_bus,
    "AWS::Events::Rule": events.rule,
    "AWS::IAM::Policy": roles.policy,
    "AWS::IAM::Role": roles.role,
    "AWS::KMS::Alias": keys.alias,
    "AWS::KMS::Key": keys.key,
    "AWS::Lambda::EventInvokeConfig": functions.event_invoke_config,
    "AWS::Lambda::EventSourceMapping": functions.event_source_mapping,
    "AWS::Lambda::Function": functions.function,
    "AWS::Lambda::Permission": functions.permission,
    "AWS::Logs::LogGroup": observation.log_group,
    "AWS::Organizations::Policy": organizations.policy,
    "AWS::S3::Bucket": buckets.bucket,
    "AWS::S3::BucketPolicy": buckets.bucket_policy,
    "AWS::SNS::Subscription": messages.subscription,
    "AWS::SNS::Topic": messages.topic,
    "AWS::SNS::TopicPolicy": messages.topic_policy,
    "AWS::SQS::Queue": messages.queue,
    "AWS::SQS::QueuePolicy": messages.queue_policy,
    "AWS::SSM::Parameter": observation.parameter,
    "AWS::Scheduler::Schedule": events.schedule,
}

# The types that have no tags, so that other tags of the stack are no change of theirs.
TAGLESS = {
    CUSTOM,
    "AWS::IAM::Policy",
    "AWS::KMS::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}

# How long a name may be that CloudFormation makes up; the others have 128 characters.
NAMES = {
    "AWS::CloudWatch::Alarm": 255,
    "AWS::Events::Rule": 64,
    "AWS::IAM::Role": 64,
    "AWS::Lambda::Function": 64,
    "AWS::S3::Bucket": 63,
    "AWS::SNS::Topic": 256,
    "AWS::SQS::Queue": 80,
    "AWS::Scheduler::Schedule": 64,
}


def has_tags(kind: str) -> bool:
    """Whether the stack's tags are put onto a resource of this type."""
    return not kind.startswith("Custom::") and kind not in TAGLESS


def demands(resource: Resource) -> list[Demand]:
    """What is demanded of who deploys, in the order of the handler's calls.

    Raises `Unmapped` for a type that the table does not have.
    """
    kind = CUSTOM if resource.type.startswith("Custom::") else resource.type
    handler = TYPES.get(kind)
    if handler is None:
        raise Unmapped(f"CloudFormation type {resource.type}")
    return list(handler(resource))
