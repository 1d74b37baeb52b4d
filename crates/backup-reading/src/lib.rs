#![doc = include_str!("../README.md")]

use aws_smithy_types::DateTime;
use backup_policy::Instant;

pub mod failure;
pub mod jobs;
pub mod organizations;
mod pace;
pub mod summaries;

/// Hears how much more of something was read: what, and how many.
pub type Count<'c> = &'c (dyn Fn(&'static str, usize) + Sync);

/// Who calls, as AWS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// User, role session or root.
    pub arn: String,
}

impl Caller {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

/// A time of the SDK's; none if no calendar has it.
pub fn instant(time: DateTime) -> Option<Instant> {
    Instant::from_timestamp(time.secs(), time.subsec_nanos())
}
