//! Drift: how a policy differs from what was deployed, which differences are news, and how they are told.

mod cause;
mod news;
mod report;

use std::fmt;

use crate::accepted::{Accepted, content_digest};
use crate::deployed::Deployed;
use crate::identity::{Ownership, TAG_ACCEPTED};
use crate::plan::{Live, same_content};

pub use cause::{Cause, Moved};
pub use news::{Mark, News, TELLING, news};
pub use report::{Policy, Report, State};

/// One way in which a policy is not as it was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The content means something else.
    Content,
    /// The policy has another name.
    Name,
    /// The policy has another description.
    Description,
    /// A target that was deployed has the policy no longer.
    Detached(String),
    /// A target has the policy that was not deployed.
    Attached(String),
    /// There is no such policy any more.
    Deleted,
    /// The policy does not bear its resource's tags any more.
    Disowned,
    /// Backup policies are disabled on the root: no target has the policy.
    TypeDisabled,
    /// What was deployed is not known.
    Unknown,
}

/// What is told, and what a difference is remembered by: without contents and tag values.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content => f.write_str("its content was changed"),
            Self::Name => f.write_str("its name was changed"),
            Self::Description => f.write_str("its description was changed"),
            Self::Detached(target) => write!(f, "it was detached from {target}"),
            Self::Attached(target) => write!(f, "it was attached to {target}"),
            Self::Deleted => f.write_str("it was deleted"),
            Self::Disowned => f.write_str("it no longer bears its resource's tags"),
            Self::TypeDisabled => {
                f.write_str("backup policies were disabled on the organization's root")
            }
            Self::Unknown => f.write_str("it is not known what was deployed"),
        }
    }
}

impl Difference {
    /// Whether changing the policy in place, as an Update does, can put it right.
    pub fn can_be_put_back(&self) -> bool {
        match self {
            Self::Content
            | Self::Name
            | Self::Description
            | Self::Detached(_)
            | Self::Attached(_)
            | Self::TypeDisabled => true,
            Self::Deleted | Self::Disowned | Self::Unknown => false,
        }
    }
}

/// How a policy differs from its memory, in a fixed order; empty when it is as it was deployed.
///
/// `enabled` is whether backup policies are enabled on the root; it need only be known when no target has the
/// policy any more. White space and the order of keys in the content do not count, as they do not for an Update.
///
/// A policy that bears no digest, or another one than the memory's, is [`Difference::Unknown`]: then the memory is
/// of something else, and nothing else is said of it.
pub fn compare(deployed: &Deployed, live: Option<&Live>, enabled: bool) -> Vec<Difference> {
    let Some(live) = live else {
        return vec![Difference::Deleted];
    };
    if deployed.owner.of(&live.tags) != Ownership::Ours {
        return vec![Difference::Disowned];
    }
    if remembered(live).deployed() != Some(deployed.digest().as_str()) {
        return undocumented(live);
    }
    let mut differences = Vec::new();
    if !same_content(&deployed.content, &live.content) {
        differences.push(Difference::Content);
    }
    if deployed.name != live.name {
        differences.push(Difference::Name);
    }
    if deployed.description != live.description {
        differences.push(Difference::Description);
    }
    if !enabled && live.targets.is_empty() && !deployed.targets.is_empty() {
        differences.push(Difference::TypeDisabled);
        return differences;
    }
    let mut detached: Vec<&String> = deployed
        .targets
        .iter()
        .filter(|target| !live.targets.contains(target))
        .collect();
    let mut attached: Vec<&String> = live
        .targets
        .iter()
        .filter(|target| !deployed.targets.contains(target))
        .collect();
    detached.sort();
    attached.sort();
    differences.extend(detached.into_iter().cloned().map(Difference::Detached));
    differences.extend(attached.into_iter().cloned().map(Difference::Attached));
    differences
}

/// How a policy without a memory differs: nobody knows, but for its content, of which it bears a digest itself.
pub fn undocumented(live: &Live) -> Vec<Difference> {
    let accepted = remembered(live);
    let newest = accepted.newest_content();
    let content = newest.is_some_and(|digest| digest != content_digest(&live.content));
    let content = content.then_some(Difference::Content);
    std::iter::once(Difference::Unknown)
        .chain(content)
        .collect()
}

fn remembered(live: &Live) -> Accepted {
    Accepted::read(live.tags.get(TAG_ACCEPTED).map(String::as_str))
}

#[cfg(test)]
mod tests;
