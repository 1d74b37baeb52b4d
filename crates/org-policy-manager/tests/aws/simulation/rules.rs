//! What must hold, by a reference that knows nothing but the properties.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::people;
use crate::judge::seen;
use crate::lambda::{End, Invoked};
use crate::world::{Answer, Call, Change, Organization, Policy};

const UNANSWERED: &str = "backup-org-policy:unanswered";
const AS_BEFORE: &str = "everything is as it was before";
const NOT_LOOKED_FOR: &str = "`, which could not be looked for";

/// Calls of one invocation: ten attempts of everything that a Create with five targets, its undoing
/// included, has to ask.
const MOST_CALLS: usize = 250;

/// Targets by resource.
pub type Kept = BTreeMap<&'static str, BTreeSet<String>>;

/// Moment by moment: nothing of others is touched, and no target that a resource keeps is without its
/// policy, but by the hand of people.
pub fn moments(before: &Organization, now: &Organization, kept: &Kept) -> Vec<String> {
    let mut kept = kept.clone();
    let mut attached: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (target, policy) in &before.attachments {
        attached.insert((target, policy));
    }
    let mut broken = Vec::new();
    let owner = |policy: &str| now.owners.get(policy).map(String::as_str);
    let history = now.history.iter().enumerate();
    for (number, (time, change)) in history.skip(before.history.len()) {
        let by_hand = now.by_hand.contains(&number);
        let (Change::Created { policy }
        | Change::Updated { policy }
        | Change::Tagged { policy }
        | Change::Deleted { policy }
        | Change::Attached { policy, .. }
        | Change::Detached { policy, .. }) = change
        else {
            continue;
        };
        let Some(resource) = owner(policy) else {
            if !by_hand {
                broken.push(format!(
                    "at {time:?} {policy}, which is not ours: {change:?}"
                ));
            }
            continue;
        };
        match change {
            Change::Attached { target, .. } => _ = attached.insert((target, policy)),
            Change::Detached { target, .. } => {
                attached.remove(&(target, policy));
                let Some(kept) = kept.get_mut(resource).filter(|it| it.contains(target)) else {
                    continue;
                };
                let mut others = attached.iter().filter(|(it, _)| it == target);
                if by_hand {
                    kept.remove(target);
                } else if !others.any(|(_, it)| owner(it) == Some(resource)) {
                    broken.push(format!("at {time:?} {target} lost {policy} of {resource}"));
                }
            }
            Change::Deleted { .. } => {
                if let Some(kept) = kept.get_mut(resource) {
                    let gone = |it: &String| attached.contains(&(it.as_str(), policy.as_str()));
                    kept.retain(|target| !gone(target));
                }
                attached.retain(|(_, it)| it != policy);
            }
            _ => {}
        }
    }
    broken
}

/// Moment by moment: a policy leaves a target only when it is on all of those that the template names.
pub fn left_too_early(
    before: &Organization,
    now: &Organization,
    resource: &str,
    wanted: &BTreeSet<String>,
) -> Vec<String> {
    let mut attached: BTreeSet<&String> = BTreeSet::new();
    let was = only(before, resource);
    attached.extend(was.attachments.iter().map(|(target, _)| target));
    let mut broken = Vec::new();
    for (time, change) in now.history.iter().skip(before.history.len()) {
        let (Change::Attached { policy, target } | Change::Detached { policy, target }) = change
        else {
            continue;
        };
        if now.owners.get(policy).is_none_or(|it| it != resource) {
            continue;
        }
        if matches!(change, Change::Attached { .. }) {
            attached.insert(target);
            continue;
        }
        attached.remove(target);
        if !wanted.iter().all(|it| attached.contains(it)) {
            broken.push(format!("at {time:?} {policy} left {target}"));
        }
    }
    broken
}

/// An organization with nothing in it but what is of one resource.
pub fn only(organization: &Organization, resource: &str) -> Organization {
    let mut it = organization.clone();
    let owners = organization.owners.clone();
    let of = |policy: &str| owners.get(policy).is_some_and(|it| it == resource);
    it.policies.retain(|id, _| of(id));
    it.attachments.retain(|(_, policy)| of(policy));
    it
}

/// The policies of a resource.
pub fn policies(organization: &Organization, resource: &str) -> Vec<Policy> {
    only(organization, resource)
        .policies
        .into_values()
        .collect()
}

/// The targets that properties name.
pub fn targets(properties: &Value) -> BTreeSet<String> {
    let targets = properties["PolicyTargets"].as_array().unwrap().iter();
    targets.map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// What differs between a resource's live policy and its properties.
pub fn differences(
    resource: &str,
    properties: &Value,
    physical_id: Option<&str>,
    now: &Organization,
) -> Vec<String> {
    let policies = policies(now, resource);
    let [policy] = policies.as_slice() else {
        return vec![format!("{resource} has {} policies", policies.len())];
    };
    let mut content = properties["PolicyContent"].clone();
    let regions = properties["PolicyRegions"].as_str().unwrap().split(", ");
    content["plans"]["daily"]["regions"] = json!({ "@@assign": regions.collect::<Vec<_>>() });
    let theirs = |key: &str, value: &str| {
        key.starts_with("backup-org-policy:") || key == people::TAG || value == people::VALUE
    };
    let tags = policy.tags.iter().filter(|(k, v)| !theirs(k, v));
    let tags: BTreeMap<&str, &str> = tags.map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let given = properties["Tags"].as_array().unwrap().iter();
    let given = given.map(|it| (it["Key"].as_str().unwrap(), it["Value"].as_str().unwrap()));
    let live: Value = serde_json::from_str(&policy.content).unwrap();
    let same = [
        ("name", policy.name == properties["PolicyName"]),
        (
            "description",
            policy.description == properties["PolicyDescription"],
        ),
        ("targets", now.targets_of(&policy.id) == targets(properties)),
        ("content", live == content),
        ("tags", tags == given.collect()),
        ("physical id", physical_id == Some(&policy.arn)),
    ];
    let differ = same.iter().filter(|(_, same)| !same);
    differ
        .map(|(what, _)| format!("the {what} of {resource}: {policy:?}"))
        .collect()
}

/// Tags that people gave and that are there no longer.
pub fn lost_tags(before: &Organization, now: &Organization) -> Vec<String> {
    let tag = |policy: &Policy| policy.tags.get(people::TAG).cloned();
    let lost = before.policies.values().filter(|was| {
        let is = now.policies.get(&was.id);
        is.is_some_and(|is| tag(was) != tag(is))
    });
    lost.map(|it| format!("a tag that somebody gave {}", it.id))
        .collect()
}

/// The ids of those policies that bear the mark of a Create that was not answered.
pub fn unanswered(policies: &[Policy]) -> impl Iterator<Item = &str> {
    let marked = policies
        .iter()
        .filter(|it| it.tags.contains_key(UNANSWERED));
    marked.map(|it| it.id.as_str())
}

/// Policies of a resource that still bear the mark.
pub fn marked(resource: &str, now: &Organization) -> Vec<String> {
    let policies = policies(now, resource);
    let marked = unanswered(&policies).map(|id| format!("{id} is still marked"));
    marked.collect()
}

/// One answer an invocation, in time.
pub fn answering(invoked: &Invoked) -> Vec<String> {
    let mut broken = Vec::new();
    let different: Vec<&Answer> = match invoked.answers.split_first() {
        Some((first, rest)) => rest.iter().filter(|it| *it != first).collect(),
        None => Vec::new(),
    };
    if !different.is_empty() {
        broken.push(format!("two answers: {:?}", invoked.answers));
    }
    match invoked.end {
        End::Ok if invoked.answers.is_empty() => {
            broken.push("returned without an answer".to_owned())
        }
        End::TimedOut => broken.push("did not return in time".to_owned()),
        _ => {}
    }
    broken
}

/// Bounded work.
pub fn effort(invoked: &Invoked) -> Vec<String> {
    let calls = invoked.calls;
    (calls > MOST_CALLS)
        .then(|| format!("{calls} calls"))
        .into_iter()
        .collect()
}

/// No call with credentials that have ended.
pub fn expired(calls: &[Call]) -> Vec<String> {
    let expired = calls
        .iter()
        .filter(|it| it.outcome == "ExpiredTokenException");
    expired.map(|it| format!("{it:?}")).collect()
}

/// What was found is not said to have not been looked for.
pub fn looked_for(invoked: &Invoked) -> Vec<String> {
    let denies = |answer: &Answer| {
        let (before, _) = answer.reason.split_once(NOT_LOOKED_FOR)?;
        let (_, name) = before.rsplit_once('`')?;
        invoked.names.contains(name).then(|| answer.reason.clone())
    };
    invoked.answers.iter().filter_map(denies).collect()
}

/// The policies that an answer names without their ids, which no listing showed to the function.
pub fn named(now: &Organization, invoked: &Invoked, answer: &Answer) -> BTreeSet<String> {
    let policies = now.policies.values();
    let named = policies.filter(|it| {
        let unseen = !invoked.names.contains(&it.name);
        unseen && answer.reason.contains(&format!("`{}`", it.name))
    });
    named.map(|it| it.id.clone()).collect()
}

/// "As it was before" is so.
pub fn as_before(
    resource: &str,
    before: &Organization,
    now: &Organization,
    answer: &Answer,
) -> Vec<String> {
    let state = |it: &Organization| seen(&only(it, resource).unordered());
    let wrong = answer.reason.contains(AS_BEFORE) && state(before) != state(now);
    wrong
        .then(|| format!("{} says {:?}", answer.request_id, answer.reason))
        .into_iter()
        .collect()
}
