//! From the root to every account.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::fragment::Fragment;
use super::merge::{Peer, merge};
use super::{Origin, PolicyId};
use crate::Instant;
use crate::effective::{
    self, Checker, Effective, Node, Problem, Warning, WithoutEffect, without_effect,
};
use crate::organization::{Account, Organization, OrganizationError, Unit};

/// What every account of an organization gets.
#[derive(Debug)]
pub struct EffectivePolicies<'o> {
    /// The organization.
    pub organization: &'o Organization,
    /// Its accounts, in the order of the tree.
    pub accounts: Vec<AccountPolicy<'o>>,
    /// The policies, and parts of them, that change nothing for any account below them, in the
    /// order of the policies' ids.
    pub without_effect: Vec<WithoutEffect>,
}

/// What one account gets.
#[derive(Debug, Clone)]
pub struct AccountPolicy<'o> {
    /// The account.
    pub account: &'o Account,
    /// The units above it, the root first.
    pub units: Arc<[&'o Unit]>,
    /// What it gets. Accounts that inherit the same share it (`Arc::ptr_eq`).
    pub effective: Arc<Effective>,
}

/// The root, a unit or the account, as one level on the way to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level<'o> {
    /// Its id.
    pub id: &'o str,
    /// Its name.
    pub name: &'o str,
    /// The policies attached to it, in the order of attachment.
    pub policies: &'o [String],
}

impl Organization {
    /// Computes what every account gets.
    ///
    /// `now` matters to schedules only: those of archived backups must be far enough apart.
    ///
    /// # Errors
    /// As for [`Organization::check`].
    ///
    /// # Example
    /// ```
    /// use backup_policy::{Instant, Organization};
    /// let organization = Organization::parse(
    ///     r#"{"policy_type": "TAG_POLICY", "policies": {
    ///         "p-a": {"name": "a", "content": {"tags": {"team": {"tag_value": {"@@assign": ["red"]}}}}},
    ///         "p-b": {"name": "b", "content": {"tags": {"TEAM": {"tag_value": {"@@append": ["blue"]}}}}}},
    ///     "root": {"id": "r-1", "name": "Root", "policies": ["p-a"], "accounts": [
    ///         {"id": "111111111111", "name": "shop", "policies": ["p-b"]}]}}"#,
    /// ).unwrap();
    /// let effective = organization.effective_policies(Instant::UNIX_EPOCH).unwrap();
    /// let team = effective.accounts[0].effective.root.list(&["tags", "team", "tag_value"]);
    /// assert_eq!((&*team[0].text, &*team[0].origin.policy), ("red", "p-a"));
    /// assert_eq!((&*team[1].text, &*team[1].origin.policy), ("blue", "p-b"));
    /// ```
    pub fn effective_policies(
        &self,
        now: Instant,
    ) -> Result<EffectivePolicies<'_>, Vec<OrganizationError>> {
        let policies = self.read_policies()?.into_iter();
        let policies = policies.map(|(id, fragment)| (id, (PolicyId::from(id), fragment)));
        let mut walk = Walk {
            policies: policies.collect(),
            checker: Checker::new(&self.policy_type, now),
            accounts: Vec::new(),
        };
        let nothing = walk.settled(merge(None, &[]));
        walk.unit(&self.root, &nothing, &mut Vec::new());
        Ok(EffectivePolicies {
            organization: self,
            without_effect: without_effect(&walk.accounts, &walk.policies),
            accounts: walk.accounts,
        })
    }
}

struct Walk<'o> {
    policies: HashMap<&'o str, (PolicyId, Fragment)>,
    checker: Checker,
    accounts: Vec<AccountPolicy<'o>>,
}

impl<'o> Walk<'o> {
    fn unit(&mut self, unit: &'o Unit, above: &Arc<Effective>, units: &mut Vec<&'o Unit>) {
        let own = self.merged(above, &unit.policies, units.len());
        units.push(unit);
        let path: Arc<[&Unit]> = units.as_slice().into();
        // Accounts beside each other with the same policies get the same.
        let mut siblings: HashMap<&[String], Arc<Effective>> = HashMap::new();
        for account in &unit.accounts {
            let effective = siblings
                .entry(&account.policies)
                .or_insert_with(|| self.merged(&own, &account.policies, units.len()))
                .clone();
            self.accounts.push(AccountPolicy {
                account,
                units: path.clone(),
                effective,
            });
        }
        for below in &unit.organizational_units {
            self.unit(below, &own, units);
        }
        units.pop();
    }

    /// What there is one level further down, where these policies are attached.
    fn merged(
        &mut self,
        above: &Arc<Effective>,
        attached: &'o [String],
        level: usize,
    ) -> Arc<Effective> {
        if attached.is_empty() {
            return above.clone();
        }
        let known: Vec<(Origin, &Fragment)> = attached
            .iter()
            .filter_map(|id| self.policies.get(id.as_str()))
            .map(|(policy, fragment)| {
                let policy = policy.clone();
                (Origin { level, policy }, fragment)
            })
            .collect();
        let peers: Vec<Peer<'_>> = known
            .iter()
            .map(|(origin, fragment)| Peer { origin, fragment })
            .collect();
        let root = merge(Some(&above.root), &peers);
        self.settled(root)
    }

    fn settled(&mut self, root: Arc<Node>) -> Arc<Effective> {
        let judgement = self.checker.judge(&root);
        Arc::new(Effective {
            policy_type: self.checker.policy_type(),
            root,
            problems: judgement.problems,
            warnings: judgement.warnings,
        })
    }
}

impl<'o> EffectivePolicies<'o> {
    /// The account with an id.
    pub fn account(&self, id: &str) -> Option<&AccountPolicy<'o>> {
        self.accounts.iter().find(|one| one.account.id == id)
    }

    /// What of the policies on the way to an account changes nothing, here or elsewhere.
    pub fn without_effect_for(&self, account: &AccountPolicy<'o>) -> Vec<&WithoutEffect> {
        let attached: BTreeSet<&str> = match self.without_effect.is_empty() {
            true => BTreeSet::new(),
            false => account.attached().collect(),
        };
        let of_policies = attached.into_iter().flat_map(|id| {
            // They are in the order of the policies' ids.
            let first = self.without_effect.partition_point(|it| &*it.policy < id);
            let found = self.without_effect.iter().skip(first);
            found.take_while(move |it| &*it.policy == id)
        });
        of_policies.collect()
    }
}

/// A list of the accounts, as `backupctl effective --format json` prints it.
impl Serialize for EffectivePolicies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.accounts.iter().map(|account| Written {
            without_effect: Some(self.without_effect_for(account)),
            ..account.written()
        }))
    }
}

/// What an account gets, to be written as JSON.
#[derive(Serialize)]
struct Written<'e> {
    account: &'e str,
    name: &'e str,
    effective: Option<effective::Written<'e>>,
    problems: &'e [Problem],
    warnings: &'e [Warning],
    #[serde(skip_serializing_if = "Option::is_none")]
    without_effect: Option<Vec<&'e WithoutEffect>>,
}

impl<'o> AccountPolicy<'o> {
    /// The policies attached on the way to it, from the root downwards.
    pub(crate) fn attached(&self) -> impl Iterator<Item = &'o str> {
        let above = self.units.iter().flat_map(|unit| &unit.policies);
        above.chain(&self.account.policies).map(String::as_str)
    }

    /// The root, the units on the way down and the account itself. [`Origin::level`] is an index
    /// into it.
    pub fn levels(&self) -> Vec<Level<'o>> {
        let unit = |unit: &&'o Unit| Level {
            id: &unit.id,
            name: &unit.name,
            policies: &unit.policies,
        };
        let account = Level {
            id: &self.account.id,
            name: &self.account.name,
            policies: &self.account.policies,
        };
        self.units.iter().map(unit).chain([account]).collect()
    }

    /// Where the policy of an origin is attached, on the way to this account.
    pub fn level(&self, origin: &Origin) -> Option<Level<'o>> {
        self.levels().into_iter().nth(origin.level)
    }

    /// `{"account", "name", "effective", "problems", "warnings"}`; `effective` is null if AWS
    /// withholds it.
    pub fn to_value(&self) -> Value {
        // Nothing but texts, lists and keys that are texts, which are always JSON.
        serde_json::to_value(self.written()).unwrap_or_default()
    }

    fn written(&self) -> Written<'_> {
        Written {
            account: &self.account.id,
            name: &self.account.name,
            effective: self.effective.written(),
            problems: &self.effective.problems,
            warnings: &self.effective.warnings,
            without_effect: None,
        }
    }
}
