"""Every action that the functions' roles are granted, and what shows that it is needed."""

from kit.templates import actions

FUNCTION_ROLE, ADMIN_ROLE = "BackupOrgPolicyManager", "BackupOrgPolicyManagerOrgAdmin"
CREATE, UPDATE, DELETE, ADOPT = "create", "update", "delete", "adopt"

# (role, action) -> the first step of a policy's life that fails without it.
FAILS = {
    (FUNCTION_ROLE, "cloudformation:DescribeStackResource"): CREATE,
    (FUNCTION_ROLE, "ssm:GetParameter"): CREATE,
    (FUNCTION_ROLE, "sts:AssumeRole"): CREATE,
    (FUNCTION_ROLE, "s3:GetObject"): CREATE,
    (FUNCTION_ROLE, "s3:GetObjectVersion"): UPDATE,
    (ADMIN_ROLE, "organizations:CreatePolicy"): CREATE,
    (ADMIN_ROLE, "organizations:ListPolicies"): ADOPT,
    (ADMIN_ROLE, "organizations:DeletePolicy"): DELETE,
    (ADMIN_ROLE, "organizations:DescribePolicy"): UPDATE,
    (ADMIN_ROLE, "organizations:ListTargetsForPolicy"): UPDATE,
    (ADMIN_ROLE, "organizations:UpdatePolicy"): UPDATE,
    (ADMIN_ROLE, "organizations:AttachPolicy"): CREATE,
    (ADMIN_ROLE, "organizations:DetachPolicy"): UPDATE,
    (ADMIN_ROLE, "organizations:ListTagsForResource"): UPDATE,
    (ADMIN_ROLE, "organizations:TagResource"): CREATE,
    (ADMIN_ROLE, "organizations:UntagResource"): UPDATE,
    (ADMIN_ROLE, "organizations:ListRoots"): CREATE,
    (ADMIN_ROLE, "organizations:EnablePolicyType"): CREATE,
}
# What nothing here shows: the log, and what Lambda does when the function fails three times.
UNSHOWN = {
    (FUNCTION_ROLE, "logs:CreateLogStream"),
    (FUNCTION_ROLE, "logs:PutLogEvents"),
    (FUNCTION_ROLE, "sqs:SendMessage"),
}

# Action -> the kind of resource whose restore needs it.
NEEDED = {
    "backup:DescribeRestoreJob": "DynamoDB table",
    "backup:GetRestoreJobMetadata": "S3 bucket",
    "tag:TagResources": "DynamoDB table",
    "dynamodb:ListTagsOfResource": "DynamoDB table",
    "dynamodb:TagResource": "DynamoDB table",
    "ec2:DescribeInstances": "EC2 instance",
    "ec2:DescribeTags": "EBS volume",
    "ec2:DescribeVolumes": "EC2 instance",
    "ec2:CreateTags": "EBS volume",
    "rds:DescribeDBClusters": "Aurora cluster",
    "rds:ListTagsForResource": "RDS instance",
    "rds:AddTagsToResource": "RDS instance",
    "elasticfilesystem:ListTagsForResource": "EFS file system",
    "elasticfilesystem:TagResource": "EFS file system",
    "eks:ListTagsForResource": "EKS cluster",
    "eks:TagResource": "EKS cluster",
    "dsql:GetCluster": "Aurora DSQL cluster",
    "dsql:ListTagsForResource": "Aurora DSQL cluster",
    "dsql:TagResource": "Aurora DSQL cluster",
    "s3:ListTagsForResource": "S3 bucket",
    "s3:TagResource": "S3 bucket",
}
# The same for what the function can do without: it goes on with what else it knows, and says so.
HELPFUL = {
    "backup:ListTags": "DynamoDB table",
}
# What no restore here needs: the reconciliation and its look at the function (test_reports), the
# queue's reader and the log (tested elsewhere), what older tagging calls of S3 and EFS ask for, and
# services that the emulator does not have.
ELSEWHERE = {
    "backup:ListRestoreJobs",
    "cloudwatch:GetMetricData",
    "events:PutEvents",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "tag:GetResources",
    "elasticfilesystem:CreateTags",
    "s3:GetBucketTagging",
    "s3:PutBucketTagging",
    "redshift:CreateTags",
    "redshift:DescribeTags",
    "redshift-serverless:ListTagsForResource",
    "fsx:ListTagsForResource",
    "fsx:TagResource",
    "storagegateway:AddTagsToResource",
    "storagegateway:ListTagsForResource",
    "timestream:DescribeEndpoints",
    "timestream:ListTagsForResource",
    "timestream:TagResource",
    "backup-gateway:ListTagsForResource",
    "backup-gateway:TagResource",
}


def granted(iam, role):
    """The actions of a role's inline policies."""
    found = set()
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        found.update(actions([{"Action": s["Action"]} for s in document["Statement"]]))
    return found
