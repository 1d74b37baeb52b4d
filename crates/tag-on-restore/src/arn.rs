//! Amazon Resource Names, as far as one must look into them.

use std::fmt;

/// An ARN, taken apart at its first five colons.
///
/// Nothing is assumed about account ids, Regions and resources: AWS's own sample events have
/// account ids of 13 digits, and buckets have neither account nor Region.
///
/// ```
/// use tag_on_restore::Arn;
/// let volume = Arn::parse("arn:aws-cn:ec2:cn-north-1:111122223333:volume/vol-1").unwrap();
/// assert_eq!(volume.service, "ec2");
/// assert_eq!(volume.after("volume/"), Some("vol-1"));
/// let interface = volume.sibling("network-interface/eni-1");
/// let expected = "arn:aws-cn:ec2:cn-north-1:111122223333:network-interface/eni-1";
/// assert_eq!(interface.to_string(), expected);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// The service, such as `ec2`.
    pub service: String,
    /// The Region; empty for global resources and buckets.
    pub region: String,
    /// The account; empty for buckets, and for snapshots and images in recovery points' ARNs.
    pub account: String,
    /// Everything behind the fifth colon, such as `instance/i-0123` or `cluster:orders`.
    pub resource: String,
}

impl Arn {
    /// Takes an ARN apart. `None` if the text is not one: another beginning than `arn:aws`, or no
    /// service or resource.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let scheme = parts.next()?;
        let [partition, service, region, account, resource] = [
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
            parts.next()?,
        ];
        let is_partition = partition == "aws" || partition.starts_with("aws-");
        if scheme != "arn" || !is_partition || service.is_empty() || resource.is_empty() {
            return None;
        }
        Some(Self {
            partition: partition.to_string(),
            service: service.to_string(),
            region: region.to_string(),
            account: account.to_string(),
            resource: resource.to_string(),
        })
    }

    /// What follows `prefix` in [`resource`](Self::resource), if that begins so and more follows.
    pub fn after(&self, prefix: &str) -> Option<&str> {
        self.resource
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty())
    }

    /// Another resource of the same service, account and Region.
    pub fn sibling(&self, resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            ..self.clone()
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_written_as_it_was_read() {
        for text in [
            "arn:aws:s3:::bucket",
            "arn:aws:ec2:us-west-2::snapshot/snap-1",
            "arn:aws-us-gov:rds:us-gov-west-1:1112233445566:cluster:id",
            "arn:aws:redshift:eu-west-1:111122223333:snapshot:c/awsbackup:job-1:x",
        ] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_arn_is_none() {
        for text in [
            "",
            "arn",
            "vol-1",
            "arn:aws:ec2:us-west-2:111122223333:",
            "arn:aws::us-west-2:111122223333:volume/vol-1",
            "arn:other:ec2:us-west-2:111122223333:volume/vol-1",
            "urn:aws:ec2:us-west-2:111122223333:volume/vol-1",
            " arn:aws:s3:::bucket",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
