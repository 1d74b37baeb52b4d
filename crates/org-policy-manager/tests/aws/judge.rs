//! Judges a state: before, after or between, what an answer must name, and what must never happen.

use std::collections::BTreeSet;

use crate::world::{Answer, Change, Organization, Policy};

/// The function's mark of a policy whose Create CloudFormation does not know to have succeeded.
const UNANSWERED: &str = "backup-org-policy:unanswered";

/// Everything of an organization that a failed request must leave as it was.
pub fn seen(organization: &Organization) -> (BTreeSet<(String, Vec<String>)>, Vec<Policy>) {
    let name = |id: &&str| organization.policies[*id].name.clone();
    let peers = organization.peers();
    let peers = peers
        .iter()
        .map(|(target, ids)| ((*target).to_owned(), ids.iter().map(name).collect()));
    let mut policies: Vec<Policy> = organization.policies.values().cloned().collect();
    for policy in &mut policies {
        // A Create that is repeated may make a second policy; the memory of earlier contents is
        // the function's own and may grow.
        (policy.id, policy.arn) = (String::new(), String::new());
        policy.tags.remove("backup-org-policy:accepted");
        policy.tags.remove(UNANSWERED);
    }
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    (peers.collect(), policies)
}

/// `before`, `after` or `between`; the order of peers, and the mark of a Create that nobody removed,
/// are distinguished.
pub fn state(before: &Organization, after: &Organization, now: &Organization) -> String {
    let marked = |it: &Organization| {
        let mut tags = it.policies.values().flat_map(|it| it.tags.keys());
        tags.any(|it| it == UNANSWERED)
    };
    for (word, state) in [("before", before), ("after", after)] {
        let word = match marked(now) && !marked(state) {
            true => format!("{word}, marked as unanswered"),
            false => word.to_owned(),
        };
        if seen(now) == seen(state) {
            return word;
        }
        if seen(&now.unordered()) == seen(&state.unordered()) {
            return format!("{word}, last among its peers");
        }
    }
    "between".to_owned()
}

/// What the answer to a failed Update must name: the parts of our policy that differ from before.
pub fn changed(before: &Organization, now: &Organization) -> Vec<String> {
    let mut words = Vec::new();
    for id in ours(before, now) {
        let (Some(was), Some(is)) = (before.policies.get(&id), now.policies.get(&id)) else {
            words.push(id);
            continue;
        };
        let parts = [
            (was.name == is.name, "name"),
            (was.description == is.description, "description"),
            (was.content == is.content, "content"),
            (was.tags == is.tags, "tag"),
        ];
        let differ = parts.iter().filter(|(same, _)| !same);
        words.extend(differ.map(|(_, word)| (*word).to_owned()));
        let (was, is) = (before.targets_of(&id), now.targets_of(&id));
        words.extend(was.symmetric_difference(&is).cloned());
    }
    words
}

/// What the answer to a failed Create or Delete must name: our policy and where it is attached.
pub fn remaining(before: &Organization, now: &Organization) -> Vec<String> {
    let ours = ours(before, now);
    let mut words: Vec<String> = ours.iter().flat_map(|id| now.targets_of(id)).collect();
    words.extend(ours);
    words
}

/// What is left and an answer does not name.
pub fn unnamed(rest: Vec<String>, answer: &Answer) -> Vec<String> {
    let named =
        |word: &String| answer.reason.contains(word) || answer.physical_resource_id.contains(word);
    let words = rest.into_iter().filter(|word| !named(word));
    words
        .map(|word| format!("`{word}` is left, and the answer says {:?}", answer.reason))
        .collect()
}

/// Targets that an answer says the policy is still attached to, and it is not.
pub fn overstated(now: &Organization, answer: &Answer) -> Vec<String> {
    let Some((policy, list)) = answer
        .reason
        .split_once(" is not deleted and still attached to ")
    else {
        return Vec::new();
    };
    let list = list.split_once(':').map_or(list, |(list, _)| list);
    let id = policy.rsplit(' ').next().unwrap();
    let attached = now.targets_of(id);
    let wrong = list
        .split(", ")
        .filter(|target| !attached.contains(*target));
    wrong
        .map(|target| format!("said to be left, and is not: {target}: {}", answer.reason))
        .collect()
}

/// Other people's policies must be as they were, and a target that both versions name must not
/// have lost the policy for a moment.
pub fn harm(before: &Organization, now: &Organization, kept: &[&str]) -> Vec<String> {
    let mut broken = Vec::new();
    let ours = ours(before, now);
    let others = |it: &Organization| ours.iter().fold(it.clone(), |it, id| it.without(id));
    if others(now) != others(before) {
        broken.push("other people's policies are touched".to_owned());
    }
    let own = |policy: &str| ours.iter().any(|it| it == policy);
    let mut attached: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (target, policy) in before.attachments.iter().filter(|(_, it)| own(it)) {
        attached.insert((target, policy));
    }
    for (time, change) in now.history.iter().skip(before.history.len()) {
        match change {
            Change::Attached { policy, target } => {
                attached.insert((target, policy));
            }
            Change::Detached { policy, target } => {
                attached.remove(&(target, policy));
                let bare = attached.iter().all(|(it, _)| it != target);
                if kept.contains(&target.as_str()) && bare {
                    broken.push(format!("{target} lost the policy at {time:?}"));
                }
            }
            _ => {}
        }
    }
    broken
}

/// The policies, in either state, that are not other people's.
fn ours(before: &Organization, now: &Organization) -> Vec<String> {
    let both = before.policies.values().chain(now.policies.values());
    let ours = both.filter(|it| !it.name.starts_with("somebody's"));
    ours.map(|it| it.id.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
