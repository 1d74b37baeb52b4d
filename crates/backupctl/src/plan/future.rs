//! The organization as a deployment would leave it.

use std::collections::HashMap;

use backup_policy::{Organization, Policy, Unit};
use policy_resource::plan::Change;
use serde_json::Value;

use super::steps::{Action, Step};

/// A copy of the organization in which everything has happened. What is attached comes after what
/// is attached already, as on AWS.
pub fn after(organization: &Organization, steps: &[Step]) -> Organization {
    let mut after = organization.clone();
    for step in steps.iter().filter(|step| step.action != Action::Refuse) {
        make(&mut after, step);
    }
    after
}

/// The id of a policy that has none yet: its name is its own in the organization.
pub fn new_id(name: &str) -> String {
    format!("new:{name}")
}

fn make(organization: &mut Organization, step: &Step) {
    let id = step.id.clone().unwrap_or_else(|| new_id(&step.name));
    match &step.after {
        Some(content) => {
            let content =
                serde_json::from_str(content).unwrap_or_else(|_| Value::from(content.as_str()));
            let name = step.name.clone();
            organization
                .policies
                .insert(id.clone(), Policy { name, content });
        }
        None => {
            organization.policies.remove(&id);
        }
    }
    let moves: HashMap<&str, bool> = step
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Attach(target) => Some((target.as_str(), true)),
            Change::Detach(target) => Some((target.as_str(), false)),
            Change::Update { .. } | Change::Tag(_) | Change::Untag(_) => None,
        })
        .collect();
    if !moves.is_empty() {
        unit(&mut organization.root, &id, &moves);
    }
}

fn unit(place: &mut Unit, policy: &str, moves: &HashMap<&str, bool>) {
    one(&place.id, &mut place.policies, policy, moves);
    for account in &mut place.accounts {
        one(&account.id, &mut account.policies, policy, moves);
    }
    for below in &mut place.organizational_units {
        unit(below, policy, moves);
    }
}

fn one(id: &str, policies: &mut Vec<String>, policy: &str, moves: &HashMap<&str, bool>) {
    match moves.get(id) {
        Some(true) => policies.push(policy.to_owned()),
        Some(false) => policies.retain(|attached| attached != policy),
        None => {}
    }
}
