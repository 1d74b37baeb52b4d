//! The pure heart of the function: from what is wanted and what is live to the changes between
//! them, in the order that keeps every target protected, and whether they fit into the time left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::identity::TAG_UNANSWERED;

/// A policy as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// The policy's name.
    pub name: String,
    /// The policy's description.
    pub description: String,
    /// The policy's content, minified. `None`: whatever is live stays.
    pub content: Option<String>,
    /// Roots, OUs and accounts, in the order in which new ones are attached.
    pub targets: Vec<String>,
    /// The tags that the policy must bear.
    pub tags: BTreeMap<String, String>,
    /// Keys of tags that the policy must not bear. All others are somebody else's and stay.
    pub without_tags: BTreeSet<String>,
}

/// A policy as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The policy's ARN.
    pub arn: String,
    /// The policy's id, `p-...`.
    pub id: String,
    /// The policy's name.
    pub name: String,
    /// The policy's description.
    pub description: String,
    /// The policy's content as AWS stores it.
    pub content: String,
    /// What the policy is attached to.
    pub targets: Vec<String>,
    /// The policy's tags.
    pub tags: BTreeMap<String, String>,
}

/// One call that changes one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// UpdatePolicy, with the parts that differ.
    Update {
        /// The new name.
        name: Option<String>,
        /// The new description.
        description: Option<String>,
        /// The new content.
        content: Option<String>,
    },
    /// TagResource.
    Tag(BTreeMap<String, String>),
    /// AttachPolicy.
    Attach(String),
    /// DetachPolicy.
    Detach(String),
    /// UntagResource.
    Untag(BTreeSet<String>),
}

/// For logs and answers: what a change does, without contents and tag values.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update {
                name,
                description,
                content,
            } => {
                let parts = [
                    (name.is_some(), "name"),
                    (description.is_some(), "description"),
                    (content.is_some(), "content"),
                ];
                let parts: Vec<&str> = parts
                    .iter()
                    .filter(|(differs, _)| *differs)
                    .map(|(_, part)| *part)
                    .collect();
                write!(f, "change the {}", parts.join(", "))
            }
            Self::Tag(tags) => {
                let keys: Vec<&str> = tags.keys().map(String::as_str).collect();
                write!(f, "set the tags {}", keys.join(", "))
            }
            Self::Attach(target) => write!(f, "attach to {target}"),
            Self::Detach(target) => write!(f, "detach from {target}"),
            Self::Untag(keys) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                write!(f, "remove the tags {}", keys.join(", "))
            }
        }
    }
}

/// What must happen to a live policy, in this order: name, description and content; tags; new
/// targets; old targets; tags that go. A target that is wanted and live is in no change, so it is
/// never without the policy. Detaching comes after attaching, because a target that is attached
/// again moves behind its peers, which can change what accounts inherit. Empty when nothing
/// differs.
///
/// ```
/// use policy_resource::plan::{Change, Desired, Live, plan};
/// let live = Live {
///     arn: "arn".into(), id: "p-example123".into(), name: "daily".into(), description: "".into(),
///     content: "{}".into(), targets: vec!["r-abcd".into()], tags: Default::default(),
/// };
/// let desired = Desired {
///     name: "daily".into(), description: "".into(), content: None,
///     targets: vec!["ou-abcd-12345678".into()], tags: Default::default(),
///     without_tags: Default::default(),
/// };
/// let changes = plan(&desired, &live);
/// let attach = Change::Attach("ou-abcd-12345678".into());
/// assert_eq!(changes, [attach, Change::Detach("r-abcd".into())]);
/// ```
pub fn plan(desired: &Desired, live: &Live) -> Vec<Change> {
    let mut changes = Vec::new();
    let differs = |wanted: &str, is: &str| (wanted != is).then(|| wanted.to_string());
    let name = differs(&desired.name, &live.name);
    let description = differs(&desired.description, &live.description);
    let content = desired
        .content
        .clone()
        .filter(|wanted| !same_content(wanted, &live.content));
    if name.is_some() || description.is_some() || content.is_some() {
        changes.push(Change::Update {
            name,
            description,
            content,
        });
    }
    let tags: BTreeMap<String, String> = desired
        .tags
        .iter()
        .filter(|(key, value)| live.tags.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !tags.is_empty() {
        changes.push(Change::Tag(tags));
    }
    let missing = desired
        .targets
        .iter()
        .filter(|target| !live.targets.contains(target));
    changes.extend(missing.cloned().map(Change::Attach));
    let surplus = live
        .targets
        .iter()
        .filter(|target| !desired.targets.contains(target));
    changes.extend(surplus.cloned().map(Change::Detach));
    let untag: BTreeSet<String> = desired
        .without_tags
        .iter()
        .filter(|key| live.tags.contains_key(*key))
        .cloned()
        .collect();
    if !untag.is_empty() {
        changes.push(Change::Untag(untag));
    }
    changes
}

/// What brings a policy back to how it was `before`, given how it is now; only what `tried`
/// changes can have touched is put back, anything that others did meanwhile stays.
pub fn undo(tried: &[Change], before: &Live, now: &Live) -> Vec<Change> {
    let touched: BTreeSet<&String> = tried
        .iter()
        .filter_map(|change| match change {
            Change::Attach(target) | Change::Detach(target) => Some(target),
            Change::Update { .. } | Change::Tag(_) | Change::Untag(_) => None,
        })
        .collect();
    let updated = tried
        .iter()
        .any(|change| matches!(change, Change::Update { .. }));
    let tag_keys: BTreeSet<&String> = tried
        .iter()
        .flat_map(|change| match change {
            Change::Tag(tags) => tags.keys().collect::<Vec<_>>(),
            Change::Untag(keys) => keys.iter().collect(),
            Change::Update { .. } | Change::Attach(_) | Change::Detach(_) => Vec::new(),
        })
        .collect();
    let was = |key: &&&String| before.tags.contains_key(**key);
    let desired = Desired {
        name: if updated {
            before.name.clone()
        } else {
            now.name.clone()
        },
        description: if updated {
            before.description.clone()
        } else {
            now.description.clone()
        },
        content: updated.then(|| before.content.clone()),
        targets: now
            .targets
            .iter()
            .filter(|target| !touched.contains(target) || before.targets.contains(target))
            .chain(
                before
                    .targets
                    .iter()
                    .filter(|t| touched.contains(t) && !now.targets.contains(t)),
            )
            .cloned()
            .collect(),
        tags: tag_keys
            .iter()
            .filter_map(|key| before.tags.get_key_value(*key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        without_tags: tag_keys
            .iter()
            .filter(|key| !was(key))
            .map(|key| (*key).clone())
            .collect(),
    };
    plan(&desired, now)
}

/// Whether two contents mean the same: white space and the order of keys do not count.
pub fn same_content(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || read(one).is_some_and(|value| Some(value) == read(other))
}

/// Whether a policy's Create was never answered.
pub fn is_unanswered(tags: &BTreeMap<String, String>) -> bool {
    tags.contains_key(TAG_UNANSWERED)
}

/// How long a change takes at AWS's published rates. CreatePolicy, DeletePolicy, AttachPolicy and
/// DetachPolicy share 2 a second, UpdatePolicy has 2 a second, TagResource and UntagResource 4
/// (AWS Organizations quotas, "Throttling limits"). Bursts are not counted on: others use them too.
pub fn cost(change: &Change) -> Duration {
    match change {
        Change::Update { .. } | Change::Attach(_) | Change::Detach(_) => WRITE_COST,
        Change::Tag(_) | Change::Untag(_) => Duration::from_millis(250),
    }
}

/// What a CreatePolicy or DeletePolicy takes, see [`cost`].
pub const WRITE_COST: Duration = Duration::from_millis(500);

/// Kept free for reading the live state before an undo: three reads, or their retries. Our choice.
pub const READ_ALLOWANCE: Duration = Duration::from_secs(8);

/// What undoing these changes takes: as long as making them, and the reading before.
pub fn undo_cost(changes: &[Change]) -> Duration {
    READ_ALLOWANCE + changes.iter().map(cost).sum::<Duration>()
}

/// More changes than can be made, and undone if need be, in the time that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{changes} changes are too many for one request: at AWS's rates, undo included, they take \
     {needed} s and {left} s are left; nothing was changed; attach the policy to a parent \
     organizational unit or to the root instead of to many targets"
)]
pub struct TooMany {
    /// The number of changes.
    pub changes: usize,
    /// Seconds that making and undoing them takes.
    pub needed: u64,
    /// Seconds that are left.
    pub left: u64,
}

/// Refuses changes that do not fit into the time left; to be asked before the first is made.
/// `extra` is what else the request does, such as creating the policy.
///
/// # Errors
/// [`TooMany`], with the figures.
pub fn fits(changes: &[Change], extra: Duration, left: Duration) -> Result<(), TooMany> {
    let making: Duration = changes.iter().map(cost).sum();
    let needed = making + undo_cost(changes) + extra * 2;
    if needed <= left {
        return Ok(());
    }
    Err(TooMany {
        changes: changes.len(),
        needed: needed.as_secs(),
        left: left.as_secs(),
    })
}

#[cfg(test)]
mod tests;
