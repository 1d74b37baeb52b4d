"""AWS::CloudWatch::*, AWS::Logs::LogGroup and AWS::SSM::Parameter."""

from __future__ import annotations

from ...needs import Need
from .resource import Demands, Resource, on, tag_keys


def alarm(resource: Resource) -> Demands:
    """After the published schema."""
    arn = resource.arn("cloudwatch", f"alarm:{resource.name('AlarmName')}")
    if resource.deletes:
        yield from on(arn, "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms")
        return
    yield Need("cloudwatch:PutMetricAlarm", arn)
    yield from resource.tagging(arn, "cloudwatch:TagResource", "cloudwatch:UntagResource")
    yield from on(arn, "cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource")


def dashboard(resource: Resource) -> Demands:
    """After the published schema. A dashboard's ARN names no Region."""
    arn = f"arn:aws:cloudwatch::{resource.account}:dashboard/{resource.name('DashboardName')}"
    if resource.deletes:
        yield from on(arn, "cloudwatch:GetDashboard", "cloudwatch:DeleteDashboards")
        return
    yield Need("cloudwatch:PutDashboard", arn)
    yield from resource.tagging(arn, "cloudwatch:TagResource", "cloudwatch:UntagResource")
    yield from on(arn, "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource")


def log_group(resource: Resource) -> Demands:
    """After the published schema. DescribeLogGroups has no resource in IAM.

    What it lists for delivery to S3 and Firehose is not about a group's own properties.
    """
    arn = resource.arn("logs", f"log-group:{resource.name('LogGroupName')}")
    yield Need("logs:DescribeLogGroups")
    if resource.deletes:
        if resource.has("DataProtectionPolicy"):
            yield Need("logs:DeleteDataProtectionPolicy", arn)
        yield Need("logs:DeleteLogGroup", arn)
        return
    if resource.creates:
        yield Need("logs:CreateLogGroup", arn)
    if resource.sets("RetentionInDays"):
        yield Need("logs:PutRetentionPolicy", arn)
    if resource.drops("RetentionInDays"):
        yield Need("logs:DeleteRetentionPolicy", arn)
    if resource.updates and resource.sets("KmsKeyId"):
        yield Need("logs:AssociateKmsKey", arn)
    if resource.drops("KmsKeyId"):
        yield Need("logs:DisassociateKmsKey", arn)
    if resource.sets("DataProtectionPolicy"):
        yield Need("logs:PutDataProtectionPolicy", arn)
    if resource.creates and resource.has("ResourcePolicyDocument"):
        yield from on("*", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies")
    yield from resource.tagging(arn, "logs:TagResource", "logs:UntagResource")
    yield from on(arn, "logs:ListTagsForResource", "logs:GetDataProtectionPolicy")


def parameter(resource: Resource) -> Demands:
    """After the published schema.

    The type's page in the user guide asks for AddTagsToResource whenever one is made, for the
    three tags that CloudFormation adds itself.
    """
    arn = parameter_arn(resource.region, resource.account, resource.name("Name"))
    if resource.deletes:
        yield Need("ssm:DeleteParameter", arn)
        return
    yield Need("ssm:PutParameter", arn)
    if resource.creates:
        yield Need("ssm:AddTagsToResource", arn, tag_keys(resource.tags))
    else:
        yield from resource.tagging(arn, "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource")
    yield from on(arn, "ssm:GetParameters", "ssm:ListTagsForResource")


def parameter_arn(region: str, account: str, name: str) -> str:
    """The ARN of a parameter of Parameter Store that is named with or without a slash."""
    return f"arn:aws:ssm:{region}:{account}:parameter/{name.removeprefix('/')}"
