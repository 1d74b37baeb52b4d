"""Resources with every property that the table of resource types looks at."""

from __future__ import annotations

from typing import Any

_ACCOUNT, _REGION = "222222222222", "eu-west-1"
_KEY = f"arn:aws:kms:{_REGION}:{_ACCOUNT}:key/1234"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/passed"
_BUCKET_SETTINGS = (
    "AccelerateConfiguration",
    "AccessControl",
    "AnalyticsConfigurations",
    "BucketEncryption",
    "CorsConfiguration",
    "IntelligentTieringConfigurations",
    "InventoryConfigurations",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "MetricsConfigurations",
    "NotificationConfiguration",
    "ObjectLockConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "ReplicationConfiguration",
    "VersioningConfiguration",
    "WebsiteConfiguration",
)

Properties = dict[str, Any]

# type -> (with everything, with as little as can be); an update goes from one to the other.
SAMPLES: dict[str, tuple[Properties, Properties]] = {
    "AWS::Backup::BackupVault": (
        {
            "BackupVaultName": "v",
            "EncryptionKeyArn": _KEY,
            "AccessPolicy": {"Statement": []},
            "Notifications": {"SNSTopicArn": "t"},
            "LockConfiguration": {"MinRetentionDays": 1},
        },
        {"BackupVaultName": "v"},
    ),
    "AWS::Backup::LogicallyAirGappedBackupVault": (
        {
            "BackupVaultName": "v",
            "EncryptionKeyArn": _KEY,
            "AccessPolicy": {"Statement": []},
            "Notifications": {"SNSTopicArn": "t"},
            "MpaApprovalTeamArn": f"arn:aws:mpa:{_REGION}:{_ACCOUNT}:approval-team/t",
        },
        {"BackupVaultName": "v"},
    ),
    "AWS::CloudFormation::CustomResource": (
        {"ServiceToken": f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:function:f", "Value": "1"},
        {"ServiceToken": f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:function:f"},
    ),
    "AWS::CloudFormation::StackSet": (
        {
            "StackSetName": "s",
            "PermissionModel": "SELF_MANAGED",
            "AdministrationRoleARN": _ROLE,
            "TemplateURL": "https://b.s3.amazonaws.com/t",
            "StackInstancesGroup": [{"Regions": ["eu-west-1"]}],
        },
        {"StackSetName": "s", "PermissionModel": "SELF_MANAGED"},
    ),
    "AWS::CloudWatch::Alarm": ({"AlarmName": "a", "Threshold": 1}, {"AlarmName": "a"}),
    "AWS::CloudWatch::Dashboard": (
        {"DashboardName": "d", "DashboardBody": '{"widgets": []}'},
        {"DashboardName": "d", "DashboardBody": "{}"},
    ),
    "AWS::CodeBuild::Project": ({"Name": "p", "ServiceRole": _ROLE}, {"Name": "p"}),
    "AWS::CodeCommit::Repository": (
        {"RepositoryName": "r", "RepositoryDescription": "d"},
        {"RepositoryName": "r"},
    ),
    "AWS::CodeConnections::Connection": (
        {"ConnectionName": "c", "ProviderType": "GitHub"},
        {"ConnectionName": "c", "ProviderType": "GitHub"},
    ),
    "AWS::CodePipeline::Pipeline": (
        {
            "Name": "p",
            "RoleArn": _ROLE,
            "DisableInboundStageTransitions": [{"StageName": "s", "Reason": "r"}],
            "Stages": [
                {
                    "Name": "s",
                    "Actions": [
                        {
                            "Configuration": {
                                "ConnectionArn": (
                                    f"arn:aws:codeconnections:{_REGION}:{_ACCOUNT}:connection/c"
                                )
                            }
                        }
                    ],
                }
            ],
        },
        {"Name": "p", "RoleArn": _ROLE, "Stages": []},
    ),
    "AWS::DynamoDB::Table": (
        {
            "TableName": "t",
            "KeySchema": [{"AttributeName": "id"}],
            "BillingMode": "PROVISIONED",
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        },
        {"TableName": "t", "KeySchema": [{"AttributeName": "id"}]},
    ),
    "AWS::EC2::Volume": (
        {
            "AvailabilityZone": f"{_REGION}a",
            "Size": 2,
            "Encrypted": True,
            "KmsKeyId": _KEY,
            "AutoEnableIO": True,
        },
        {"AvailabilityZone": f"{_REGION}a", "Size": 1},
    ),
    "AWS::EFS::FileSystem": (
        {
            "BackupPolicy": {"Status": "DISABLED"},
            "FileSystemPolicy": {"Statement": []},
            "LifecyclePolicies": [{"TransitionToIA": "AFTER_7_DAYS"}],
            "ThroughputMode": "elastic",
        },
        {"Encrypted": True},
    ),
    "AWS::Events::EventBus": (
        {"Name": "b", "Description": "d", "Policy": {"x": 1}, "KmsKeyIdentifier": _KEY},
        {"Name": "b"},
    ),
    "AWS::Events::Rule": (
        {
            "Name": "r",
            "EventPattern": {"source": ["aws.backup"]},
            "Targets": [
                {"Id": "t", "Arn": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:q", "RoleArn": _ROLE}
            ],
        },
        {"Name": "r"},
    ),
    "AWS::IAM::Policy": (
        {"PolicyName": "p", "PolicyDocument": {"x": 1}, "Roles": ["r"]},
        {"PolicyName": "p", "PolicyDocument": {"x": 1}},
    ),
    "AWS::IAM::Role": (
        {
            "RoleName": "r",
            "AssumeRolePolicyDocument": {"x": 1},
            "Description": "d",
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess",
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"x": 1}}],
        },
        {"RoleName": "r", "AssumeRolePolicyDocument": {"x": 2}},
    ),
    "AWS::KMS::Alias": (
        {"AliasName": "alias/a", "TargetKeyId": _KEY},
        {"AliasName": "alias/a", "TargetKeyId": "5678"},
    ),
    "AWS::KMS::Key": (
        {"KeyPolicy": {"x": 1}, "EnableKeyRotation": True, "Enabled": False, "Description": "d"},
        {"KeyPolicy": {"x": 2}},
    ),
    "AWS::Lambda::EventInvokeConfig": (
        {"FunctionName": "f", "Qualifier": "$LATEST", "MaximumRetryAttempts": 2},
        {"FunctionName": "f", "Qualifier": "$LATEST"},
    ),
    "AWS::Lambda::EventSourceMapping": (
        {"FunctionName": "f", "BatchSize": 5, "KmsKeyArn": _KEY},
        {"FunctionName": "f"},
    ),
    "AWS::Lambda::Function": (
        {
            "FunctionName": "f",
            "Role": _ROLE,
            "Code": {"S3Bucket": "b", "S3Key": "k"},
            "CodeSigningConfigArn": f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:code-signing-config:c",
            "FileSystemConfigs": [{"Arn": "a"}],
            "KmsKeyArn": _KEY,
            "Layers": [f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:layer:l:1"],
            "RecursiveLoop": "Terminate",
            "ReservedConcurrentExecutions": 1,
            "RuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"},
            "VpcConfig": {"SubnetIds": ["s"]},
        },
        {
            "FunctionName": "f",
            "Role": _ROLE,
            "Code": {"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": "v"},
        },
    ),
    "AWS::Lambda::Permission": (
        {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "p"},
        {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "q"},
    ),
    "AWS::Logs::LogGroup": (
        {
            "LogGroupName": "/g",
            "RetentionInDays": 1,
            "KmsKeyId": _KEY,
            "DataProtectionPolicy": {"x": 1},
            "ResourcePolicyDocument": {"x": 1},
        },
        {"LogGroupName": "/g"},
    ),
    "AWS::Organizations::Policy": (
        {
            "Name": "p",
            "Type": "SERVICE_CONTROL_POLICY",
            "Content": {"x": 1},
            "TargetIds": ["r-reh1", "ou-reh1-workloads", "444444444441"],
        },
        {"Name": "p", "Type": "SERVICE_CONTROL_POLICY", "Content": {"x": 2}},
    ),
    "AWS::S3::Bucket": (
        {"BucketName": "b", **{name: {"x": 1} for name in _BUCKET_SETTINGS}},
        {"BucketName": "b"},
    ),
    "AWS::S3::BucketPolicy": (
        {"Bucket": "b", "PolicyDocument": {"x": 1}},
        {"Bucket": "b", "PolicyDocument": {"x": 2}},
    ),
    "AWS::SNS::Subscription": (
        {
            "TopicArn": f"arn:aws:sns:{_REGION}:{_ACCOUNT}:t",
            "Protocol": "email",
            "Endpoint": "a@b.example",
        },
        {"TopicArn": f"arn:aws:sns:{_REGION}:{_ACCOUNT}:t", "Protocol": "email"},
    ),
    "AWS::SNS::Topic": (
        {
            "TopicName": "t",
            "DisplayName": "d",
            "Subscription": [{"Protocol": "email"}],
            "DataProtectionPolicy": {"x": 1},
        },
        {"TopicName": "t"},
    ),
    "AWS::SNS::TopicPolicy": (
        {"Topics": [f"arn:aws:sns:{_REGION}:{_ACCOUNT}:t"], "PolicyDocument": {"x": 1}},
        {"Topics": [f"arn:aws:sns:{_REGION}:{_ACCOUNT}:t"], "PolicyDocument": {"x": 2}},
    ),
    "AWS::SQS::Queue": ({"QueueName": "q", "VisibilityTimeout": 1}, {"QueueName": "q"}),
    "AWS::SQS::QueuePolicy": (
        {"Queues": [f"https://sqs/{_ACCOUNT}/q"], "PolicyDocument": {"x": 1}},
        {"Queues": [f"https://sqs/{_ACCOUNT}/q"], "PolicyDocument": {"x": 2}},
    ),
    "AWS::SSM::Parameter": ({"Name": "/p", "Value": "1"}, {"Name": "/p", "Value": "2"}),
    "AWS::Scheduler::Schedule": (
        {"Name": "s", "Target": {"Arn": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:q", "RoleArn": _ROLE}},
        {"Name": "s"},
    ),
}

# Types of which the registry publishes no handlers, nor those of a type that does the same.
NO_HANDLERS = {
    "AWS::CloudFormation::CustomResource",
    "AWS::CodeBuild::Project",
    "AWS::CodeCommit::Repository",
}

# What is demanded beside what the schema lists.
MORE: dict[tuple[str, str], dict[str, str]] = {
    ("AWS::EFS::FileSystem", "create"): {
        "elasticfilesystem:TagResource": "EFS's guide asks for it when tags come with the creation",
    },
    ("AWS::S3::Bucket", "create"): {
        "s3:PutBucketAcl": "CreateBucket asks for it when it has an ACL, says S3's API reference",
    },
    ("AWS::Lambda::Function", "update"): {
        "lambda:GetLayerVersion": "as a create; Lambda's guide asks for it when layers are set",
    },
    ("AWS::IAM::Policy", "update"): {
        "iam:DeleteRolePolicy": "a role that goes out of the list; RolePolicy has one role only",
    },
}


def _because(reason: str, *actions: str) -> dict[str, str]:
    return dict.fromkeys(actions, reason)


_CALLED = "the handler of this emulator calls it, which is checked as any call is"
_NO_ACTION = "no action in IAM's service authorization reference"
_NO_PROPERTY = "none of the properties of the templates' resources"

_NO_ACTION = "AWS's service authorization reference has no such action"

# What the schema lists and the table never demands.
LEFT_OUT: dict[str, dict[str, str]] = {
    "AWS::Backup::BackupVault": _because(_NO_ACTION, "backup-storage:Mount"),
    "AWS::Backup::LogicallyAirGappedBackupVault": _because(
        "the type has no such property",
        "backup:DeleteBackupVaultLockConfiguration",
        "backup:PutBackupVaultLockConfiguration",
    )
    | _because(_NO_ACTION, "backup-storage:Mount"),
    "AWS::CloudFormation::StackSet": _because(
        _CALLED,
        "iam:PassRole",
        *(
            f"cloudformation:{name}"
            for name in (
                "CreateStackInstances",
                "CreateStackSet",
                "DeleteStackInstances",
                "DeleteStackSet",
                "DescribeStackSetOperation",
                "ListStackSetOperationResults",
                "UpdateStackInstances",
                "UpdateStackSet",
            )
        ),
    ),
    "AWS::CodePipeline::Pipeline": _because(
        _CALLED,
        "iam:PassRole",
        "codepipeline:CreatePipeline",
        "codepipeline:DeletePipeline",
        "codepipeline:StartPipelineExecution",
        "codepipeline:UpdatePipeline",
    ),
    "AWS::DynamoDB::Table": {
        **_because(_NO_ACTION, "s3:GetObjectMetadata"),
        **_because(
            _NO_PROPERTY,
            "dynamodb:DeleteResourcePolicy",
            "dynamodb:DescribeImport",
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:ImportTable",
            "dynamodb:PutResourcePolicy",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateContributorInsights",
            "dynamodb:UpdateKinesisStreamingDestination",
            "iam:CreateServiceLinkedRole",
            "kinesis:DescribeStream",
            "kinesis:PutRecords",
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:ListAliases",
            "kms:RevokeGrant",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
            "s3:GetObject",
            "s3:ListBucket",
        ),
    },
    "AWS::EC2::Volume": _because(
        "only a volume whose DeletionPolicy is Snapshot",
        "ec2:CreateSnapshot",
        "ec2:DescribeSnapshots",
    ),
    "AWS::EFS::FileSystem": _because(
        "TagResource and UntagResource are their successors",
        "elasticfilesystem:DeleteTags",
        "elasticfilesystem:ListTagsForResource",
    ),
    "AWS::Events::EventBus": {
        **_because(_NO_ACTION, "kms:ReEncrypt"),
        **_because(
            "EventBridge's guide asks for DescribeKey, GenerateDataKey and Decrypt only",
            "kms:Encrypt",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ),
    },
    "AWS::Lambda::Function": {
        **_because(
            _NO_PROPERTY,
            "lambda:PassCapacityProvider",
            "lambda:PutFunctionScalingConfig",
            "s3files:ListMountTargets",
        ),
        **_because("the handler publishes with UpdateFunctionCode", "lambda:PublishVersion"),
    },
    "AWS::Logs::LogGroup": {
        **_because("of deliveries, not of a group", "firehose:TagDeliveryStream"),
        **_because("of deliveries, not of a group", "logs:CreateLogDelivery"),
        **_because(_NO_ACTION, "s3:REST.PUT.OBJECT"),
    },
    "AWS::S3::Bucket": {
        **_because(
            _NO_ACTION,
            "s3:DeleteBucketAnalyticsConfiguration",
            "s3:DeleteBucketCors",
            "s3:DeleteBucketEncryption",
            "s3:DeleteBucketLifecycle",
            "s3:DeleteBucketMetricsConfiguration",
            "s3:DeleteBucketReplication",
            "s3:PutBucketReplication",
            "s3:PutObjectLockConfiguration",
        ),
        **_because(
            _NO_PROPERTY,
            "iam:PassRole",
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:DeleteObject",
            "s3:PutObjectAcl",
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:GetTable",
            "s3tables:GetTableMetadataLocation",
            "s3tables:PutTablePolicy",
            "s3tables:UpdateTableMetadataLocation",
        ),
    },
    "AWS::SNS::Subscription": _because(
        "only a subscription of Firehose has a role", "iam:GetRole", "iam:PassRole"
    ),
    "AWS::SNS::Topic": _because("only delivery logging has roles", "iam:GetRole", "iam:PassRole"),
}
