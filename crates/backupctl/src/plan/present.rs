//! The organization as it is, from a file or live.

use std::collections::BTreeMap;

use backup_policy::{Organization, Unit};
use backup_status::landscape::{Detail, Landscape};
use policy_resource::plan::Live;
use serde_json::Value;

/// What the plan starts from.
#[derive(Debug, Clone)]
pub struct Present {
    /// Tree, policies and attachments.
    pub organization: Organization,
    /// What an organization file does not hold.
    pub live: Option<Known>,
}

/// What only a live organization tells.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Descriptions and tags by the policies' ids.
    pub details: BTreeMap<String, Detail>,
    /// Whether backup policies can be attached.
    pub enabled: bool,
}

impl Present {
    /// A live organization.
    pub fn live(landscape: &Landscape, enabled: bool) -> Present {
        let details = landscape.policies.iter().map(|(id, policy)| {
            let detail = policy.detail.clone().unwrap_or_default();
            (id.clone(), detail)
        });
        Present {
            organization: landscape.organization(),
            live: Some(Known {
                details: details.collect(),
                enabled,
            }),
        }
    }

    /// What is known of a policy beside name and content.
    pub fn detail(&self, id: &str) -> Option<&Detail> {
        self.live.as_ref()?.details.get(id)
    }

    /// A policy as the function would read it.
    pub fn policy(&self, id: &str) -> Option<Live> {
        let policy = self.organization.policies.get(id)?;
        let detail = self.detail(id).cloned().unwrap_or_default();
        Some(Live {
            arn: detail.arn,
            id: id.to_owned(),
            name: policy.name.clone(),
            description: detail.description,
            content: text(&policy.content),
            targets: self.targets(id),
            tags: detail.tags,
        })
    }

    /// The id of the policy of a name.
    pub fn named(&self, name: &str) -> Option<&str> {
        let mut policies = self.organization.policies.iter();
        let found = policies.find(|(_, policy)| policy.name == name);
        found.map(|(id, _)| id.as_str())
    }

    /// What a policy is attached to, from the root downwards.
    pub fn targets(&self, policy: &str) -> Vec<String> {
        let mut targets = Vec::new();
        each(&self.organization.root, &mut |place| {
            if place.policies.iter().any(|attached| attached == policy) {
                targets.push(place.id.to_owned());
            }
        });
        targets
    }

    /// Names and policies of all places by their ids.
    pub fn places(&self) -> BTreeMap<&str, (&str, &[String])> {
        let mut places = BTreeMap::new();
        each(&self.organization.root, &mut |place| {
            let name = place.path.last().copied().unwrap_or_default();
            places.insert(place.id, (name, place.policies));
        });
        places
    }
}

/// The root, a unit or an account, where it is.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p, 'o> {
    /// Its id.
    pub id: &'o str,
    /// The names that lead to it, from the root's to its own.
    pub path: &'p [&'o str],
    /// What is attached to it.
    pub policies: &'o [String],
    /// Whether it is an account.
    pub is_account: bool,
}

/// A content as text: an organization file may hold it so, as AWS does.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Calls with the root, every unit and every account.
pub fn each<'o>(root: &'o Unit, call: &mut impl FnMut(Place<'_, 'o>)) {
    below(root, &mut Vec::new(), call);
}

fn below<'o>(unit: &'o Unit, path: &mut Vec<&'o str>, call: &mut impl FnMut(Place<'_, 'o>)) {
    path.push(&unit.name);
    call(Place {
        id: &unit.id,
        path,
        policies: &unit.policies,
        is_account: false,
    });
    for account in &unit.accounts {
        path.push(&account.name);
        call(Place {
            id: &account.id,
            path,
            policies: &account.policies,
            is_account: true,
        });
        path.pop();
    }
    for inner in &unit.organizational_units {
        below(inner, path, call);
    }
    path.pop();
}
