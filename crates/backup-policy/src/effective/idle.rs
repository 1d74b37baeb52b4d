//! Policies, and parts of them, that change nothing for any account.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::Effective;
use super::node::{Node, distinct_policies};
use crate::inheritance::fragment::Fragment;
use crate::inheritance::{AccountPolicy, Origin, PolicyId};

/// A policy, or a part of one, that changes nothing anywhere below where it is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithoutEffect {
    /// The policy.
    #[serde(serialize_with = "as_text")]
    pub policy: PolicyId,
    /// The keys that lead to the part; none for the whole policy.
    pub path: Vec<String>,
    /// The policies that decide there instead, or do not allow it; none if there is nothing for it
    /// to work on.
    #[serde(serialize_with = "super::problem::as_texts")]
    pub overruled_by: Vec<PolicyId>,
}

fn as_text<S: serde::Serializer>(id: &PolicyId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id)
}

/// Who brings something to one place of the merged policies, in whatever account.
#[derive(Default)]
struct Place<'n> {
    bring: HashSet<&'n str>,
    limit: HashSet<&'n str>,
    below: HashMap<&'n str, Place<'n>>,
}

/// Everything without effect, by policy. `read` are the policies by their ids.
pub(crate) fn without_effect(
    accounts: &[AccountPolicy<'_>],
    read: &HashMap<&str, (PolicyId, Fragment)>,
) -> Vec<WithoutEffect> {
    // One account for each result, and the results on which each policy bears.
    let mut results: HashMap<*const Effective, &Node> = HashMap::new();
    let mut bears_on: HashMap<&str, Vec<&Node>> = HashMap::new();
    for account in accounts {
        let effective = &account.effective;
        if results
            .insert(Arc::as_ptr(effective), &effective.root)
            .is_none()
        {
            for policy in account.attached() {
                bears_on.entry(policy).or_default().push(&effective.root);
            }
        }
    }
    let mut whole = Place::default();
    let mut seen = HashSet::new();
    for root in results.values() {
        whole.add(root, &mut seen);
    }
    let mut attached: Vec<&str> = bears_on.keys().copied().collect();
    attached.sort_unstable();
    let mut found = Vec::new();
    for id in attached {
        let Some((policy, fragment)) = read.get(id) else {
            continue;
        };
        let mut parts = Vec::new();
        idle(fragment, Some(&whole), policy, &mut Vec::new(), &mut parts);
        let roots = bears_on.get(id).map(Vec::as_slice).unwrap_or_default();
        found.extend(parts.into_iter().map(|path| WithoutEffect {
            overruled_by: overruled_by(policy, &path, roots),
            policy: policy.clone(),
            path,
        }));
    }
    found
}

impl<'n> Place<'n> {
    fn add(&mut self, node: &'n Node, seen: &mut HashSet<*const Node>) {
        // What accounts share is at the same place in all of them.
        if !seen.insert(std::ptr::from_ref(node)) {
            return;
        }
        if let Some(content) = node.content() {
            self.bring.extend(content.origins().map(|it| &*it.policy));
        }
        self.limit
            .extend(node.limited_by().iter().map(|it| &*it.policy));
        for child in &node.children {
            self.below.entry(&child.key).or_default().add(child, seen);
        }
    }
}

/// What a part of a policy comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It says nothing.
    Silent,
    /// What it says changes nothing.
    Idle,
    /// It changes something somewhere.
    Active,
}

/// Finds the largest parts that change nothing.
fn idle(
    fragment: &Fragment,
    place: Option<&Place<'_>>,
    policy: &str,
    path: &mut Vec<String>,
    parts: &mut Vec<Vec<String>>,
) -> Part {
    let first = parts.len();
    let mut is_active = place.is_some_and(|it| it.limit.contains(policy));
    let mut is_idle = false;
    if fragment.has_value() {
        match place.is_some_and(|it| it.bring.contains(policy)) {
            true => is_active = true,
            false => is_idle = true,
        }
    }
    for child in &fragment.children {
        path.push(child.name.to_string());
        let below = place.and_then(|it| it.below.get(&*child.key));
        match idle(child, below, policy, path, parts) {
            Part::Active => is_active = true,
            Part::Idle => is_idle = true,
            Part::Silent => {}
        }
        path.pop();
    }
    if is_active {
        Part::Active
    } else if is_idle {
        parts.truncate(first);
        parts.push(path.clone());
        Part::Idle
    } else {
        Part::Silent
    }
}

/// Whose values stand at a place instead, or who does not allow it.
fn overruled_by(policy: &PolicyId, path: &[String], roots: &[&Node]) -> Vec<PolicyId> {
    let mut origins: Vec<Origin> = Vec::new();
    for root in roots {
        let mut node = Some(*root);
        let mut keys = path.iter();
        while let Some(at) = node {
            if at.ignored().iter().any(|it| it.origin.policy == *policy) {
                origins.extend(at.limited_by().iter().cloned());
            }
            let Some(key) = keys.next() else {
                at.collect_origins(&mut origins);
                refused(at, policy, &mut origins);
                break;
            };
            let key = key.to_lowercase();
            let below = at.children.iter().find(|child| *child.key == *key);
            node = below.map(|child| &**child);
        }
        origins.sort();
        origins.dedup();
    }
    let mut policies = distinct_policies(origins);
    policies.retain(|it| it != policy);
    policies
}

/// Who did not allow what the policy wanted, here and below.
fn refused(node: &Node, policy: &PolicyId, origins: &mut Vec<Origin>) {
    if node.ignored().iter().any(|it| it.origin.policy == *policy) {
        origins.extend(node.limited_by().iter().cloned());
    }
    for child in &node.children {
        refused(child, policy, origins);
    }
}
