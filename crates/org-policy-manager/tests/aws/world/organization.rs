//! The state of an organization, and what a test may read of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One organization. Two compare equal when nothing a user could see differs, the order of the
/// policies on a target included.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: String,
    pub management_account: String,
    pub root: String,
    pub status: PolicyTypeStatus,
    /// OUs and accounts, beside the root, that a policy can be attached to.
    pub targets: BTreeSet<String>,
    pub policies: BTreeMap<String, Policy>,
    /// (target, policy) in the order of attachment.
    pub attachments: Vec<(String, String)>,
    /// Everything that ever happened, with its time.
    pub history: Vec<(Duration, Change)>,
    /// Which of these are people's doing, by their numbers.
    pub by_hand: BTreeSet<usize>,
    /// The resource whose tags each policy had when it was made, also of those that are gone.
    pub owners: BTreeMap<String, String>,
    pub(super) hand: bool,
    pub(super) now: Duration,
    pub(super) policies_ever: usize,
}

impl PartialEq for Organization {
    fn eq(&self, other: &Organization) -> bool {
        self.status == other.status
            && self.policies == other.policies
            && self.peers() == other.peers()
    }
}

/// Whether backup policies can be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyTypeStatus {
    Disabled,
    /// Until the given virtual time.
    Enabling {
        until: Duration,
    },
    Enabled,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub id: String,
    pub arn: String,
    pub name: String,
    pub description: String,
    pub content: String,
    pub tags: BTreeMap<String, String>,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Created { policy: String },
    Updated { policy: String },
    Deleted { policy: String },
    Attached { policy: String, target: String },
    Detached { policy: String, target: String },
    Tagged { policy: String },
    EnablingPolicyType,
}

impl Organization {
    pub(super) fn new(id: &str, root: &str, management_account: &str) -> Organization {
        let unit = |n: usize| format!("ou-{}-{:08}", root.trim_start_matches("r-"), n);
        let account = |n: usize| format!("4444{}", 44444440 + n);
        Organization {
            id: id.to_owned(),
            management_account: management_account.to_owned(),
            root: root.to_owned(),
            status: PolicyTypeStatus::Enabled,
            targets: (1..=9).map(unit).chain((1..=9).map(account)).collect(),
            policies: BTreeMap::new(),
            attachments: Vec::new(),
            history: Vec::new(),
            by_hand: BTreeSet::new(),
            owners: BTreeMap::new(),
            hand: false,
            now: Duration::ZERO,
            // No id occurs in two organizations.
            policies_ever: if root == "r-mod1" { 0 } else { 50_000 },
        }
    }

    /// The n-th OU of the organization; they are made as needed.
    pub fn unit(&mut self, n: usize) -> String {
        let unit = format!("ou-{}-{:08}", self.root.trim_start_matches("r-"), n);
        self.targets.insert(unit.clone());
        unit
    }

    /// The policies of each target in the order of attachment.
    pub fn peers(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut peers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (target, policy) in &self.attachments {
            peers.entry(target).or_default().push(policy);
        }
        peers
    }

    /// The targets that a policy is attached to.
    pub fn targets_of(&self, policy: &str) -> BTreeSet<String> {
        let attached = self.attachments.iter().filter(|(_, it)| it == policy);
        attached.map(|(target, _)| target.clone()).collect()
    }

    pub fn policy_named(&self, name: &str) -> Option<&Policy> {
        self.policies.values().find(|policy| policy.name == name)
    }

    /// The same organization with its attachments in one fixed order.
    pub fn unordered(&self) -> Organization {
        let mut it = self.clone();
        it.attachments.sort();
        it
    }

    /// The same organization without one policy and its attachments.
    pub fn without(&self, policy: &str) -> Organization {
        let mut it = self.clone();
        it.policies.remove(policy);
        it.attachments.retain(|(_, attached)| attached != policy);
        it
    }

    /// Adds a policy as somebody with the console would, attached where asked.
    pub fn add_foreign_policy(&mut self, name: &str, targets: &[&str]) -> String {
        let id = self.insert_policy(name, "made by hand", r#"{"plans":{}}"#, BTreeMap::new());
        for target in targets {
            self.attach(&id, target);
        }
        id
    }

    pub(super) fn insert_policy(
        &mut self,
        name: &str,
        description: &str,
        content: &str,
        tags: BTreeMap<String, String>,
    ) -> String {
        self.policies_ever += 1;
        let id = format!("p-model{:05}", self.policies_ever);
        let (account, organization) = (&self.management_account, &self.id);
        let policy = Policy {
            arn: format!(
                "arn:aws:organizations::{account}:policy/{organization}/backup_policy/{id}"
            ),
            id: id.clone(),
            name: name.to_owned(),
            description: description.to_owned(),
            content: content.to_owned(),
            tags,
        };
        if let Some(owner) = policy.tags.get("backup-org-policy:logical-id") {
            self.owners.insert(id.clone(), owner.clone());
        }
        self.policies.insert(id.clone(), policy);
        self.record(Change::Created { policy: id.clone() });
        id
    }

    pub fn attach(&mut self, policy: &str, target: &str) {
        self.attachments
            .push((target.to_owned(), policy.to_owned()));
        self.record(Change::Attached {
            policy: policy.to_owned(),
            target: target.to_owned(),
        });
    }

    pub fn detach(&mut self, policy: &str, target: &str) {
        self.attachments
            .retain(|(t, p)| !(t == target && p == policy));
        self.record(Change::Detached {
            policy: policy.to_owned(),
            target: target.to_owned(),
        });
    }

    pub fn delete(&mut self, policy: &str) {
        self.policies.remove(policy);
        self.attachments.retain(|(_, attached)| attached != policy);
        self.record(Change::Deleted {
            policy: policy.to_owned(),
        });
    }

    pub(super) fn record(&mut self, change: Change) {
        if self.hand {
            self.by_hand.insert(self.history.len());
        }
        self.history.push((self.now, change));
    }

    /// Lets what takes time happen.
    pub(super) fn advance(&mut self, now: Duration) {
        self.now = now;
        if let PolicyTypeStatus::Enabling { until } = self.status
            && until <= now
        {
            self.status = PolicyTypeStatus::Enabled;
        }
    }
}
