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

/// Plans for what was restored itself. A key that both offer has the value of the one that the
/// configuration prefers. When not all fit: first the keys that the live source has, then those
/// that only the recovery point has, then `provenance`, each in alphabetical order.
pub fn for_resource(
    target: &Tags,
    recovery_point: &Tags,
    source: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    let (strong, weak) = match config.prefer {
        Prefer::RecoveryPoint => (recovery_point, source),
        Prefer::Source => (source, recovery_point),
    };
    let value = |key: &String| strong.get(key).or_else(|| weak.get(key));
    let keys = source.keys().chain(recovery_point.keys());
    let offered = keys.filter_map(|key| Some((key, value(key)?)));
    plan(target, offered, provenance, route, config)
}

/// Plans for a volume of a restored instance: the tags of the snapshot that it was made from, then
/// those of the instance for keys that the snapshot has not.
pub fn for_volume(
    target: &Tags,
    snapshot: &Tags,
    instance: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    let missing = instance
        .iter()
        .filter(|(key, _)| !snapshot.contains_key(*key));
    plan(
        target,
        snapshot.iter().chain(missing),
        provenance,
        route,
        config,
    )
}

/// Plans for another part of what was restored (an instance's network interface, a cluster's
/// member or peer): the tags that the whole has when its own plan has been carried out.
pub fn for_part(
    target: &Tags,
    whole: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    plan(target, whole.iter(), provenance, route, config)
}

/// Plans from tags in the order in which they are to be kept. Of a key offered twice the first
/// counts.
fn plan<'t>(
    target: &Tags,
    offered: impl Iterator<Item = (&'t String, &'t String)>,
    provenance: &'t Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    let mut plan = Plan::default();
    let mut room = MOST_USER_TAGS.saturating_sub(user_tags(target));
    let mut taken = BTreeSet::new();
    let mut take = |plan: &mut Plan, key: &'t String, value: &String| {
        if !taken.insert(key) {
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
    for (key, value) in offered.filter(|(key, _)| !target.contains_key(*key)) {
        if is_reserved(key, route.kind) {
            plan.reserved.insert(key.clone());
        } else if config.exclude.match_key(key) || !config.include.match_key(key) {
            plan.excluded.insert(key.clone());
        } else {
            take(&mut plan, key, value);
        }
    }
    for (key, value) in provenance
        .iter()
        .filter(|(key, _)| !target.contains_key(*key))
    {
        take(&mut plan, key, value);
    }
    plan
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
