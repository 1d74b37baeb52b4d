//! What became of an organization's policies from one time to another.

use std::collections::BTreeMap;

use backup_policy::{Organization, Policy};
use policy_resource::plan::Change;

use super::present::{each, text};
use super::steps::{Action, Step};

/// What happened to each policy that is not the same in both, in the order of their ids.
pub fn steps(before: &Organization, after: &Organization) -> Vec<Step> {
    let mut ids: Vec<&String> = before
        .policies
        .keys()
        .chain(after.policies.keys())
        .collect();
    ids.sort();
    ids.dedup();
    let (attached, attached_after) = (attachments(before), attachments(after));
    let at = |places: &BTreeMap<&str, Vec<&str>>, id: &str| -> Vec<String> {
        let targets = places.get(id).into_iter().flatten();
        targets.map(|target| (*target).to_owned()).collect()
    };
    ids.into_iter()
        .filter_map(|id| {
            let (old, new) = (before.policies.get(id), after.policies.get(id));
            let changes = changes(old, new, &at(&attached, id), &at(&attached_after, id));
            let action = match (old, new) {
                (None, _) => Action::Create,
                (_, None) => Action::Remove,
                _ if changes.is_empty() => return None,
                _ => Action::Change,
            };
            let content = |policy: Option<&Policy>| policy.map(|policy| text(&policy.content));
            Some(Step {
                resource: None,
                name: new.or(old).map_or("", |policy| &policy.name).to_owned(),
                id: Some(id.clone()),
                action,
                changes,
                before: content(old),
                after: content(new),
                refusals: Vec::new(),
            })
        })
        .collect()
}

fn changes(
    old: Option<&Policy>,
    new: Option<&Policy>,
    earlier: &[String],
    later: &[String],
) -> Vec<Change> {
    let mut changes = Vec::new();
    if let (Some(old), Some(new)) = (old, new) {
        let name = (old.name != new.name).then(|| new.name.clone());
        let content = (old.content != new.content).then(|| text(&new.content));
        if name.is_some() || content.is_some() {
            changes.push(Change::Update {
                name,
                description: None,
                content,
            });
        }
    }
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        let only = one.iter().filter(|target| !other.contains(target));
        only.cloned().collect()
    };
    changes.extend(only(later, earlier).into_iter().map(Change::Attach));
    changes.extend(only(earlier, later).into_iter().map(Change::Detach));
    changes
}

/// What each policy is attached to, from the root downwards.
fn attachments(organization: &Organization) -> BTreeMap<&str, Vec<&str>> {
    let mut attached = BTreeMap::<&str, Vec<&str>>::new();
    each(&organization.root, &mut |place| {
        for policy in place.policies {
            attached.entry(policy).or_default().push(place.id);
        }
    });
    attached
}

/// Accounts that came, went or moved, one line each.
pub fn moves(before: &Organization, after: &Organization) -> Vec<String> {
    let (old, new) = (accounts(before), accounts(after));
    let mut lines = Vec::new();
    for (id, (name, path)) in &new {
        match old.get(id) {
            None => lines.push(format!("+ account {id} ({name}) in {path}")),
            Some((_, earlier)) if earlier != path => {
                lines.push(format!(
                    "~ account {id} ({name}) moved from {earlier} to {path}"
                ));
            }
            Some(_) => {}
        }
    }
    for (id, (name, path)) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        lines.push(format!("- account {id} ({name}), which was in {path}"));
    }
    lines
}

/// Names and paths of the accounts by their ids.
fn accounts(organization: &Organization) -> BTreeMap<&str, (&str, String)> {
    let mut accounts = BTreeMap::new();
    each(&organization.root, &mut |place| {
        if let (true, [above @ .., name]) = (place.is_account, place.path) {
            accounts.insert(place.id, (*name, above.join("/")));
        }
    });
    accounts
}
