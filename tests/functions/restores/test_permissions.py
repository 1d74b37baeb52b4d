"""Every action that TagOnRestore uses here, taken away in turn: told, and made good later."""

import pytest
from kit.sources import BY_NAME

TAGS = {"app": "shop", "owner": "somebody"}

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
# What no restore here needs: the reconciliation, the queue's reader and the log (tested elsewhere),
# what older tagging calls of S3 and EFS ask for, and services that the emulator does not have.
ELSEWHERE = {
    "backup:ListRestoreJobs",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
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


@pytest.fixture
def role(member):
    """The name of the function's role; afterwards it has all that it is granted."""
    function = member.client("lambda").get_function_configuration(FunctionName="TagOnRestore")
    member.emulator.forget_denials()
    yield function["Role"].rpartition("/")[2]
    member.emulator.leave_out()
    member.emulator.forget_denials()


def test_each_action_of_the_role_stands_in_a_list_here(member, role):
    iam = member.client("iam")
    granted = set()
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for statement in document["Statement"]:
            actions = statement["Action"]
            granted |= {actions} if isinstance(actions, str) else set(actions)
    assert granted == set(NEEDED) | set(HELPFUL) | ELSEWHERE


@pytest.mark.parametrize("action", NEEDED, ids=lambda action: action.replace(":", " "))
def test_without_an_action_the_event_waits_and_the_restored_is_tagged_when_it_is_back(
    member, role, action
):
    made = restore_without(member, role, action, BY_NAME[NEEDED[action]])
    assert member.settle() == 1, "the event was taken for done"
    assert denied(member) == {(role, action)}
    assert told(member, action)
    member.emulator.leave_out()
    assert member.try_again() == 0
    assert TAGS.items() <= member.tags(made).items()


@pytest.mark.parametrize("action", HELPFUL, ids=lambda action: action.replace(":", " "))
def test_without_an_action_that_only_helps_the_restored_is_tagged_from_what_else_is_known(
    member, role, action
):
    made = restore_without(member, role, action, BY_NAME[HELPFUL[action]])
    assert member.settle() == 0
    assert denied(member) == {(role, action)}
    assert told(member, action)
    assert TAGS.items() <= member.tags(made).items()


def restore_without(member, role, action, kind):
    """Restore a tagged source while the function's role lacks an action; what was made."""
    member.emulator.leave_out((role, action))
    source = member.make(kind, TAGS)
    return member.restored(member.restore(member.back_up(source), kind.restored_as(member.name())))


def denied(member):
    """(role, action) of what was refused."""
    return {(d["principal"].split("/")[1], d["action"]) for d in member.emulator.denials()}


def told(member, action):
    """The log lines that name the operation and the code of its refusal; EC2 has one of its own."""
    operation = action.partition(":")[2]
    codes = ("AccessDenied", "UnauthorizedOperation")
    lines = [str(entry) for entry in member.log()]
    return [line for line in lines if operation in line and any(code in line for code in codes)]
