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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_arn_decides_in_every_partition() {
        let a = "us-west-2:111122223333";
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            for (rest, expected) in [
                (format!("backup:{a}:recovery-point:1-2"), TagsOf::Backup),
                (
                    format!("backup:{a}:recovery-point:composite:eks/c-1"),
                    TagsOf::Backup,
                ),
                ("ec2:us-west-2::snapshot/snap-1".into(), TagsOf::Ec2),
                ("ec2:us-west-2::image/ami-1".into(), TagsOf::Ec2),
                (format!("ec2:{a}:image/ami-1"), TagsOf::Ec2),
                (format!("rds:{a}:snapshot:awsbackup:job-1"), TagsOf::Rds),
                (
                    format!("rds:{a}:cluster-snapshot:awsbackup:job-1"),
                    TagsOf::Rds,
                ),
                (format!("fsx:{a}:backup/backup-1"), TagsOf::Fsx),
                (format!("dynamodb:{a}:table/t/backup/1"), TagsOf::Nothing),
                (format!("dynamodb:{a}:table/t"), TagsOf::TaggingApi),
                (
                    format!("redshift:{a}:snapshot:c/awsbackup:job-1"),
                    TagsOf::Redshift,
                ),
                (
                    format!("redshift-serverless:{a}:snapshot/1"),
                    TagsOf::RedshiftServerless,
                ),
                (format!("dsql:{a}:cluster/x/backup/y"), TagsOf::TaggingApi),
                (format!("backup:{a}:backup-vault:v"), TagsOf::TaggingApi),
                (format!("ec2:{a}:volume/vol-1"), TagsOf::TaggingApi),
                (format!("rds:{a}:db:orders"), TagsOf::TaggingApi),
                (format!("fsx:{a}:file-system/fs-1"), TagsOf::TaggingApi),
                (format!("redshift:{a}:cluster:c"), TagsOf::TaggingApi),
                (
                    format!("redshift-serverless:{a}:namespace/1"),
                    TagsOf::TaggingApi,
                ),
            ] {
                let arn = Arn::parse(&format!("arn:{partition}:{rest}")).unwrap();
                assert_eq!(tags_of(&arn), expected, "{arn}");
            }
        }
    }

    #[test]
    fn an_ec2_id_is_what_follows_the_last_slash() {
        let arn = Arn::parse("arn:aws:ec2:us-west-2::snapshot/snap-0fe123").unwrap();
        assert_eq!(ec2_id(&arn), "snap-0fe123");
    }
}
