//! The pure heart of the function: which tags are written.
//!
//! Nothing is overwritten and nothing removed: a key that the target has, with whatever value, is
//! in no plan. So a plan made again after it was carried out is empty.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Prefer;
use crate::keys::is_reserved;
use crate::route::{Route, WhyInvalid};
use crate::tags::{MOST_USER_TAGS, user_tags};
use crate::{Config, Tags};

/// What is written, and what is not and why. Values are in `write` only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The tags to write, those first that are to be kept when the service takes fewer: all of them
    /// are missing on the target. No call is made when empty.
    pub write: Vec<(String, String)>,
    /// Keys that must never be copied.
    pub reserved: BTreeSet<String>,
    /// Keys that the configuration keeps from being copied.
    pub excluded: BTreeSet<String>,
    /// Keys of tags that the service would refuse.
    pub invalid: BTreeMap<String, WhyInvalid>,
    /// Keys that do not fit beside the others: a resource has 50.
    pub dropped: BTreeSet<String>,
}

impl Plan {
    /// The tags to write.
    pub fn tags(&self) -> Tags {
        self.write.iter().cloned().collect()
    }

    /// The target's tags when the plan has been carried out, the system's included.
    pub fn after(&self, target: &Tags) -> Tags {
        let mut tags = self.tags();
        tags.extend(target.clone());
        tags
    }
}

/// What a resource is offered.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'t> {
    /// Tags, by where they come from.
    pub from: Origin<'t>,
    /// Tags about the restore itself. They give way to all others when not all fit.
    pub provenance: &'t Tags,
}

/// Where the tags for a resource come from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'t> {
    /// For what was restored itself. A key that both have gets the value of the one that the
    /// configuration prefers. When not all fit: first the keys that the live source has, then those
    /// that only the recovery point has, each in alphabetical order.
    Restored {
        /// The recovery point's tags.
        recovery_point: &'t Tags,
        /// The live source's tags.
        source: &'t Tags,
    },
    /// For a volume of a restored instance: first the tags of the snapshot that it was made from,
    /// then those of the instance for keys that the snapshot has not.
    Volume {
        /// The snapshot's tags.
        snapshot: &'t Tags,
        /// The instance's tags, once its own plan has been carried out.
        instance: &'t Tags,
    },
    /// For another part of what was restored: an instance's network interface, a cluster's member
    /// or peer.
    Part {
        /// The whole's tags, once its own plan has been carried out.
        whole: &'t Tags,
    },
}

impl<'t> Origin<'t> {
    /// The tags in the order in which they are to be kept. Of a key that comes twice the first
    /// counts.
    fn tags(self, config: &Config) -> Vec<(&'t String, &'t String)> {
        match self {
            Origin::Restored {
                recovery_point,
                source,
            } => {
                let (strong, weak) = match config.prefer {
                    Prefer::RecoveryPoint => (recovery_point, source),
                    Prefer::Source => (source, recovery_point),
                };
                let value = |key: &String| strong.get(key).or_else(|| weak.get(key));
                let keys = source.keys().chain(recovery_point.keys());
                keys.filter_map(|key| Some((key, value(key)?))).collect()
            }
            Origin::Volume { snapshot, instance } => snapshot.iter().chain(instance).collect(),
            Origin::Part { whole } => whole.iter().collect(),
        }
    }
}

/// Plans what a resource with the tags `target` is given of what it is offered.
pub fn plan(target: &Tags, offered: Offered<'_>, route: &Route, config: &Config) -> Plan {
    let Offered { from, provenance } = offered;
    let mut plan = Plan::default();
    let mut room = MOST_USER_TAGS.saturating_sub(user_tags(target));
    let mut taken = BTreeSet::new();
    let mut take = |plan: &mut Plan, key: &String, value: &String| {
        if !taken.insert(key.clone()) {
            return;
        }
        if let Some(why) = route.limits.why_invalid(key, value) {
            plan.invalid.insert(key.clone(), why);
        } else if room == 0 {
            plan.dropped.insert(key.clone());
        } else {
            room -= 1;
            plan.write.push((key.clone(), value.clone()));
        }
    };
    let missing = |(key, _): &(&String, &String)| !target.contains_key(*key);
    for (key, value) in from.tags(config).into_iter().filter(missing) {
        if is_reserved(key, route.kind) {
            plan.reserved.insert(key.clone());
        } else if config.exclude.match_key(key) || !config.include.match_key(key) {
            plan.excluded.insert(key.clone());
        } else {
            take(&mut plan, key, value);
        }
    }
    for (key, value) in provenance.iter().filter(missing) {
        take(&mut plan, key, value);
    }
    plan
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
