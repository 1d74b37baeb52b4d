"""AWS::SQS::* and AWS::SNS::*."""

from __future__ import annotations

from ...needs import Need
from .resource import Demands, Resource, entries, last_part, on


def queue(resource: Resource) -> Demands:
    """After the published schema."""
    arn = resource.arn("sqs", resource.name("QueueName"))
    if resource.deletes:
        yield from on(arn, "sqs:GetQueueAttributes", "sqs:DeleteQueue")
        return
    if resource.creates:
        yield from on(arn, "sqs:CreateQueue", "sqs:GetQueueUrl")
    elif any(
        resource.sets(name) or resource.drops(name)
        for name in {*resource.properties, *resource.previous} - {"Tags"}
    ):
        yield Need("sqs:SetQueueAttributes", arn)
    yield from resource.tagging(arn, "sqs:TagQueue", "sqs:UntagQueue")
    yield from on(arn, "sqs:GetQueueAttributes", "sqs:ListQueueTags")


def queue_policy(resource: Resource) -> Demands:
    """A policy is an attribute of its queues.

    The type has no published handlers. AWS::SQS::QueueInlinePolicy, which does the same, has.
    """
    for url in _all(resource, "Queues"):
        yield from on(
            resource.arn("sqs", last_part(url)), "sqs:SetQueueAttributes", "sqs:GetQueueAttributes"
        )
        if not resource.deletes:
            yield Need("sqs:GetQueueUrl", resource.arn("sqs", last_part(url)))


def topic(resource: Resource) -> Demands:
    """After the published schema."""
    arn = resource.arn("sns", resource.name("TopicName"))
    if resource.deletes:
        yield from on(arn, "sns:GetTopicAttributes", "sns:DeleteTopic")
        return
    if resource.creates:
        yield Need("sns:CreateTopic", arn)
    elif any(
        resource.sets(name) or resource.drops(name)
        for name in {*resource.properties, *resource.previous}
        - {"Tags", "Subscription", "DataProtectionPolicy"}
    ):
        yield Need("sns:SetTopicAttributes", arn)
    if resource.sets("Subscription"):
        yield Need("sns:Subscribe", arn)
    if resource.updates and (resource.sets("Subscription") or resource.drops("Subscription")):
        yield Need("sns:Unsubscribe")
    if resource.sets("DataProtectionPolicy") or resource.drops("DataProtectionPolicy"):
        yield Need("sns:PutDataProtectionPolicy", arn)
    yield from resource.tagging(arn, "sns:TagResource", "sns:UntagResource")
    yield from on(
        arn,
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
        "sns:ListSubscriptionsByTopic",
        "sns:GetDataProtectionPolicy",
    )


def topic_policy(resource: Resource) -> Demands:
    """A policy is an attribute of its topics.

    The type has no published handlers. AWS::SNS::TopicInlinePolicy, which does the same, has.
    """
    for arn in _all(resource, "Topics"):
        yield from on(arn, "sns:SetTopicAttributes", "sns:GetTopicAttributes")


def subscription(resource: Resource) -> Demands:
    """After the published schema. All but Subscribe have no resource in IAM."""
    topic_arn = str(resource.properties.get("TopicArn") or "*")
    if resource.deletes:
        yield from on("*", "sns:GetSubscriptionAttributes", "sns:Unsubscribe")
        return
    if resource.creates:
        keys = {
            f"sns:{name.lower()}": str(resource.properties.get(name, ""))
            for name in ("Endpoint", "Protocol")
        }
        yield Need("sns:Subscribe", topic_arn, keys)
    else:
        yield Need("sns:SetSubscriptionAttributes")
    yield Need("sns:GetSubscriptionAttributes")


def _all(resource: Resource, name: str) -> list[str]:
    """What the resource names now, and what an update takes out."""
    found = [*entries(resource.properties.get(name)), *entries(resource.previous.get(name))]
    return sorted({str(entry) for entry in found})
