//! Where a recovery point keeps its tags: the form of its ARN decides, not the kind of resource.
//! DynamoDB has two forms, and copies in air-gapped vaults may show AWS Backup's instead of their
//! service's.

use crate::Arn;

/// How a recovery point's tags are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagsOf {
    /// `backup:ListTags`, all pages.
    Backup,
    /// `ec2:DescribeTags` with the filter `resource-id`: the ARN has no account, which the
    /// Resource Groups Tagging API would refuse. See [`ec2_id`].
    Ec2,
    /// `rds:ListTagsForResource`, for RDS, Aurora, DocumentDB and Neptune.
    Rds,
    /// `fsx:ListTagsForResource`, all pages.
    Fsx,
    /// `redshift:DescribeTags` by ResourceName alone.
    Redshift,
    /// `redshift-serverless:ListTagsForResource`.
    RedshiftServerless,
    /// Such recovery points have no tags: DynamoDB's own backups.
    Nothing,
    /// Unknown: `tag:GetResources` by ARN, and if that finds nothing, no tags.
    TaggingApi,
}

/// How to read the tags of the recovery point with this ARN.
///
/// ```
/// use tag_on_restore::{Arn, recovery_point::{TagsOf, tags_of}};
/// let snapshot = Arn::parse("arn:aws:ec2:eu-west-1::snapshot/snap-1").unwrap();
/// assert_eq!(tags_of(&snapshot), TagsOf::Ec2);
/// ```
pub fn tags_of(recovery_point: &Arn) -> TagsOf {
    let resource = recovery_point.resource.as_str();
    let begins = |prefix: &str| resource.starts_with(prefix);
    match recovery_point.service.as_str() {
        "backup" if begins("recovery-point:") => TagsOf::Backup,
        "ec2" if begins("snapshot/") || begins("image/") => TagsOf::Ec2,
        "rds" if begins("snapshot:") || begins("cluster-snapshot:") => TagsOf::Rds,
        "fsx" if begins("backup/") => TagsOf::Fsx,
        "dynamodb" if begins("table/") && resource.contains("/backup/") => TagsOf::Nothing,
        "redshift" if begins("snapshot:") => TagsOf::Redshift,
        "redshift-serverless" if begins("snapshot") => TagsOf::RedshiftServerless,
        _ => TagsOf::TaggingApi,
    }
}

/// The id of an EC2 resource, such as `snap-0123` or `vol-0123`: what follows the last slash.
pub fn ec2_id(arn: &Arn) -> &str {
    arn.resource.rsplit('/').next().unwrap_or_default()
}
