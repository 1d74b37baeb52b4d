//! Whether the live source's tags may be read.

use crate::{Arn, Job};

/// The source of a job, if this account and Region can have it: where `target` was restored to.
/// The source of a copied backup is another account's or Region's, whose tags are not ours to
/// read. An ARN without account or Region (a bucket's) may be ours: reading it shows.
pub fn readable(job: &Job, target: &Arn) -> Option<Arn> {
    let source = Arn::parse(job.source_resource_arn.as_deref()?)?;
    let agree = |of: &str, with: &str| of.is_empty() || with.is_empty() || of == with;
    let account = match target.account.is_empty() {
        true => job.account.as_deref().unwrap_or_default(),
        false => &target.account,
    };
    let ours = source.partition == target.partition
        && agree(&source.account, account)
        && agree(&source.region, &target.region);
    (ours && source != *target).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_readable(source: &str, target: &str) -> bool {
        let job = Job {
            account: Some("111122223333".into()),
            source_resource_arn: Some(source.into()),
            ..Job::default()
        };
        readable(&job, &Arn::parse(target).unwrap()).is_some()
    }

    #[test]
    fn only_a_source_of_our_own_account_and_region_is_read() {
        let target = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-2";
        for (source, expected) in [
            ("arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", true),
            ("arn:aws:ec2:eu-west-1:444455556666:volume/vol-1", false),
            ("arn:aws:ec2:eu-north-1:111122223333:volume/vol-1", false),
            ("arn:aws-cn:ec2:eu-west-1:111122223333:volume/vol-1", false),
            // What was restored into itself offers nothing that it has not.
            ("arn:aws:ec2:eu-west-1:111122223333:volume/vol-2", false),
            ("vol-1", false),
        ] {
            assert_eq!(is_readable(source, target), expected, "{source}");
        }
    }

    #[test]
    fn a_bucket_may_be_ours_as_its_arn_does_not_say() {
        let bucket = "arn:aws:s3:::new";
        assert!(is_readable("arn:aws:s3:::old", bucket));
        let volume = "arn:aws:ec2:eu-west-1:444455556666:volume/vol-1";
        assert!(!is_readable(volume, bucket), "the job's account is another");
    }

    #[test]
    fn a_job_without_a_source_has_none() {
        let target = Arn::parse("arn:aws:s3:::new").unwrap();
        assert_eq!(readable(&Job::default(), &target), None);
    }
}
