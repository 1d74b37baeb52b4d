"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

from __future__ import annotations

from ...needs import Need
from .resource import Demands, Resource, on

# What writes a property, and what an update calls when the property goes.
_WRITES = {
    "AccelerateConfiguration": ("s3:PutAccelerateConfiguration",),
    "AccessControl": ("s3:PutBucketAcl",),
    "AnalyticsConfigurations": ("s3:PutAnalyticsConfiguration",),
    "BucketEncryption": ("s3:PutEncryptionConfiguration",),
    "CorsConfiguration": ("s3:PutBucketCORS",),
    "IntelligentTieringConfigurations": ("s3:PutIntelligentTieringConfiguration",),
    "InventoryConfigurations": ("s3:PutInventoryConfiguration",),
    "LifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "LoggingConfiguration": ("s3:PutBucketLogging",),
    "MetricsConfigurations": ("s3:PutMetricsConfiguration",),
    "NotificationConfiguration": ("s3:PutBucketNotification",),
    "ObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration",),
    "OwnershipControls": ("s3:PutBucketOwnershipControls",),
    "PublicAccessBlockConfiguration": ("s3:PutBucketPublicAccessBlock",),
    "ReplicationConfiguration": ("s3:PutReplicationConfiguration",),
    "VersioningConfiguration": ("s3:PutBucketVersioning",),
    "WebsiteConfiguration": ("s3:PutBucketWebsite",),
}

# The API deletes a website with an action of its own; the other removals are Put actions in IAM
# (service authorization reference of S3: there is no DeleteBucketCors, DeleteBucketEncryption ...).
_REMOVES = {"WebsiteConfiguration": ("s3:DeleteBucketWebsite",)}

# The read handler calls them all, whatever the bucket has.
_READS = (
    "s3:GetAccelerateConfiguration",
    "s3:GetAnalyticsConfiguration",
    "s3:GetBucketCORS",
    "s3:GetBucketLogging",
    "s3:GetBucketMetadataTableConfiguration",
    "s3:GetBucketNotification",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetIntelligentTieringConfiguration",
    "s3:GetInventoryConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetMetricsConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
)


def bucket(resource: Resource) -> Demands:
    """After the published schema."""
    arn = f"arn:aws:s3:::{resource.name('BucketName')}"
    if resource.deletes:
        yield from on(arn, "s3:ListBucket", "s3:DeleteBucket")
        return
    if resource.creates:
        yield from on(arn, "s3:CreateBucket", "s3:GetBucketAcl")
    for name, actions in _WRITES.items():
        if resource.sets(name):
            yield from on(arn, *actions)
        if resource.drops(name):
            yield from on(arn, *_REMOVES.get(name, actions))
    yield from resource.tagging(arn, "s3:PutBucketTagging", "s3:PutBucketTagging")
    yield from on(arn, *_READS)


def bucket_policy(resource: Resource) -> Demands:
    """After the published schema."""
    arn = f"arn:aws:s3:::{resource.name('Bucket')}"
    yield Need("s3:GetBucketPolicy", arn)
    yield Need("s3:DeleteBucketPolicy" if resource.deletes else "s3:PutBucketPolicy", arn)
