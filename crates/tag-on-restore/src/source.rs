//! Whether the live source's tags may be read.

use crate::{Arn, Job};

/// The source of a job, if this account and Region can have it: where `target` was restored to.
/// The source of a copied backup is another account's or Region's, whose tags are not ours to
/// read. An ARN without account or Region (a bucket's) may be ours: asking tells.
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
