"""The deploying roles may do what CloudFormation does for the types that they deploy.

The actions are those that each resource type's published schema lists for its create, read, update
and delete handlers, as far as our templates use the properties that need them.
"""

import pytest
from model import ROOT, STACKS, Template, as_list, policies, statements

HANDLERS = {
    "AWS::SSM::Parameter": "ssm: AddTagsToResource DeleteParameter GetParameters "
    "ListTagsForResource PutParameter RemoveTagsFromResource",
    "AWS::CloudFormation::StackSet": "cloudformation: CreateStackInstances CreateStackSet "
    "DeleteStackInstances DeleteStackSet DescribeStackInstance DescribeStackSet "
    "DescribeStackSetOperation GetTemplateSummary ListStackInstances ListStackSetOperationResults "
    "TagResource UntagResource UpdateStackInstances UpdateStackSet; iam: PassRole; s3: GetObject",
    "AWS::IAM::Role": "iam: CreateRole DeleteRole DeleteRolePolicy GetRole GetRolePolicy "
    "ListAttachedRolePolicies ListRolePolicies PutRolePolicy TagRole UntagRole "
    "UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
    "AWS::IAM::Policy": "iam: DeleteRolePolicy GetRolePolicy PutRolePolicy",
    "AWS::Lambda::Function": "lambda: CreateFunction DeleteFunction GetFunction "
    "GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetFunctionScalingConfig "
    "GetRuntimeManagementConfig TagResource UntagResource UpdateFunctionCode "
    "UpdateFunctionConfiguration; iam: PassRole; s3: GetObject",
    "AWS::Lambda::EventInvokeConfig": "lambda: DeleteFunctionEventInvokeConfig "
    "GetFunctionEventInvokeConfig PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
    "AWS::Lambda::Permission": "lambda: AddPermission GetPolicy RemovePermission",
    "AWS::Logs::LogGroup": "logs: CreateLogGroup DeleteLogGroup DeleteRetentionPolicy "
    "DescribeLogGroups GetDataProtectionPolicy ListTagsForResource PutRetentionPolicy TagResource "
    "UntagResource",
    "AWS::SQS::Queue": "sqs: CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags "
    "SetQueueAttributes TagQueue UntagQueue",
    "AWS::SQS::QueuePolicy": "sqs: GetQueueAttributes GetQueueUrl SetQueueAttributes",
    "AWS::CloudWatch::Alarm": "cloudwatch: DeleteAlarms DescribeAlarms ListTagsForResource "
    "PutMetricAlarm TagResource UntagResource",
    "AWS::CloudWatch::Dashboard": "cloudwatch: DeleteDashboards GetDashboard ListTagsForResource "
    "PutDashboard TagResource UntagResource",
    "AWS::DynamoDB::Table": "dynamodb: CreateTable DeleteTable DescribeContinuousBackups "
    "DescribeContributorInsights DescribeKinesisStreamingDestination DescribeTable "
    "DescribeTimeToLive GetResourcePolicy ListTagsOfResource TagResource UntagResource UpdateTable "
    "UpdateTimeToLive",
    "AWS::Lambda::EventSourceMapping": "lambda: CreateEventSourceMapping DeleteEventSourceMapping "
    "GetEventSourceMapping ListTags TagResource UntagResource UpdateEventSourceMapping",
    "AWS::Scheduler::Schedule": "scheduler: CreateSchedule DeleteSchedule GetSchedule "
    "UpdateSchedule; iam: PassRole",
    "AWS::CodePipeline::Pipeline": "codepipeline: DeletePipeline GetPipeline GetPipelineState "
    "ListTagsForResource StartPipelineExecution TagResource UntagResource UpdatePipeline; "
    "iam: GetRole PassRole; codestar-connections: PassConnection",
    # Not in the registry; from the API reference.
    "AWS::CodeBuild::Project": "codebuild: BatchGetProjects CreateProject DeleteProject "
    "UpdateProject; iam: PassRole",
    "AWS::Events::Rule": "events: DeleteRule DescribeRule ListTagsForResource ListTargetsByRule "
    "PutRule PutTargets RemoveTargets TagResource UntagResource; iam: PassRole",
    "Custom::BackupOrgPolicy": "lambda: InvokeFunction",
    "AWS::S3::Bucket": "s3: CreateBucket DeleteBucket GetAccelerateConfiguration "
    "GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLogging "
    "GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration "
    "GetBucketOwnershipControls GetBucketPublicAccessBlock "
    "GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
    "GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration "
    "GetMetricsConfiguration GetReplicationConfiguration ListBucket PutBucketOwnershipControls "
    "PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration "
    "PutLifecycleConfiguration",
    "AWS::S3::BucketPolicy": "s3: DeleteBucketPolicy GetBucketPolicy PutBucketPolicy",
}
HOME = ROOT / "cloudformation/home-account"
PIPELINE_STACKS = [
    stack.template
    for stack in STACKS
    if stack.by.startswith("pipeline") or stack.name == "aws-backup-codepipeline"
]
# What has a role of its own; the pipeline hands over CloudFormationRole for the rest.
OF_THE_WATCH = "cloudformation/home-account/aws-backup-watch.yaml"
ROLES = {
    "CloudFormationRole": [path for path in PIPELINE_STACKS if path != OF_THE_WATCH],
    "CloudFormationWatchRole": [OF_THE_WATCH],
}
DEPLOYED = [(role, path) for role, paths in ROLES.items() for path in paths]


def needed(kind: str) -> set[str]:
    found = set()
    for part in HANDLERS[kind].split("; "):
        service, _, names = part.partition(": ")
        found |= {f"{service}:{name}" for name in names.split()}
    return found


def allowed(template: Template, role: str) -> set[str]:
    return {
        action
        for key, _, _, kind, document in policies(template)
        if kind == "identity" and key == role
        for statement in statements(document, template)
        for action in as_list(statement["Action"])
    }


def types(path: str) -> set[str]:
    return {resource["Type"] for resource in Template(ROOT / path).resources().values()}


@pytest.mark.parametrize(("role", "path"), DEPLOYED)
def test_cloudformations_roles_cover_what_the_pipeline_deploys(role, path):
    actions = allowed(Template(HOME / "CloudFormationRole.yaml"), role)
    for kind in types(path):
        assert needed(kind) - actions == set(), kind


def test_the_pipeline_hands_over_the_role_that_is_a_stacks():
    pipeline = Template(HOME / "aws-backup-codepipeline.yaml").text
    for role, path in DEPLOYED:
        action = pipeline.partition(f"TemplatePath: Source::{path}\n")[2].partition("Name: Source")[
            0
        ]
        assert f":role/{role}\n" in action, path


def test_execution_role_covers_the_package_buckets():
    role = allowed(
        Template(HOME / "aws-cloudformation-stackset-execution-role.yaml"), "ExecutionRole"
    )
    for kind in types("cloudformation/home-account/aws-backup-lambda-s3-bucket.yaml"):
        assert needed(kind) - role == set(), kind


@pytest.mark.shipped
def test_cloudformations_roles_have_nothing_that_no_type_needs():
    """What is left over has a reason of its own."""
    rest = {}
    for role, paths in ROLES.items():
        used = {action for path in paths for kind in types(path) for action in needed(kind)}
        # What every template's parameters are read with.
        rest[role] = allowed(Template(HOME / "CloudFormationRole.yaml"), role) - used
    assert rest["CloudFormationWatchRole"] == {"ssm:GetParameters"}
    assert rest["CloudFormationRole"] == {
        # The same action under the service's new name.
        "codeconnections:PassConnection",
        # With it GetFunction tells the tags, says Lambda's API reference.
        "lambda:ListTags",
        # Named by StackSets' guide for delegated administrators.
        "organizations:ListDelegatedAdministrators",
    }
