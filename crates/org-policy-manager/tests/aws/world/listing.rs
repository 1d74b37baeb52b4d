//! What the listings show, which may lag behind the state.

use std::collections::BTreeSet;
use std::time::Duration;

use super::organization::{Change, Organization};

/// The policies and attachments that a listing knows of.
pub(super) struct Listed {
    policies: BTreeSet<String>,
    attachments: Vec<(String, String)>,
}

impl Organization {
    /// What listings show when changes take `lag` to reach them.
    pub(super) fn as_listed(&self, lag: Duration) -> Listed {
        let mut listed = Listed {
            policies: BTreeSet::new(),
            attachments: Vec::new(),
        };
        let seen = self
            .history
            .iter()
            .filter(|(time, _)| *time + lag <= self.now);
        for (_, change) in seen {
            listed.learn(change);
        }
        listed
    }
}

impl Listed {
    fn learn(&mut self, change: &Change) {
        match change {
            Change::Created { policy } => _ = self.policies.insert(policy.clone()),
            Change::Deleted { policy } => {
                self.policies.remove(policy);
                self.attachments.retain(|(_, it)| it != policy);
            }
            Change::Attached { policy, target } => {
                self.attachments.push((target.clone(), policy.clone()));
            }
            Change::Detached { policy, target } => {
                self.attachments
                    .retain(|(t, p)| !(t == target && p == policy));
            }
            Change::Updated { .. } | Change::Tagged { .. } | Change::EnablingPolicyType => {}
        }
    }

    pub(super) fn shows_policy(&self, policy: &str) -> bool {
        self.policies.contains(policy)
    }

    pub(super) fn targets_of(&self, policy: &str) -> impl Iterator<Item = &str> {
        let attached = self.attachments.iter().filter(move |(_, it)| it == policy);
        attached.map(|(target, _)| target.as_str())
    }
}
