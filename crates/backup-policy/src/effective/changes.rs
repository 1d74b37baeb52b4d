//! What a change of an organization's policies means to its accounts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Effective;
use super::node::{Content, Node};
use crate::inheritance::{AccountPolicy, EffectivePolicies};

/// What becomes different for one account.
#[derive(Debug, Clone)]
pub struct AccountChange<'a, 'o> {
    /// What it gets before, if it is there.
    pub before: Option<&'a AccountPolicy<'o>>,
    /// What it gets after, if it is still there.
    pub after: Option<&'a AccountPolicy<'o>>,
    /// The values that differ in the merged policies, in order. Empty where only what is withheld
    /// or where a value comes from is different.
    pub differences: Arc<[Difference]>,
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The keys that lead to it, as they are shown.
    pub path: Vec<String>,
    /// The value before, a text or a list of texts, if there was one.
    pub before: Option<Value>,
    /// The value after, if there is one.
    pub after: Option<Value>,
}

impl AccountChange<'_, '_> {
    /// The account's id.
    pub fn id(&self) -> &str {
        let policy = self.after.or(self.before);
        policy.map_or("", |policy| &policy.account.id)
    }

    /// The account's name.
    pub fn name(&self) -> &str {
        let policy = self.after.or(self.before);
        policy.map_or("", |policy| &policy.account.name)
    }

    /// Whether the account has backup plans before, and none any more afterwards. (A
    /// document that AWS withholds has plans, and the account keeps what it has.)
    pub fn loses_last_plan(&self) -> bool {
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return false;
        };
        let has_plans = |effective: &Effective| !effective.plans().is_empty();
        has_plans(&before.effective) && !has_plans(&after.effective)
    }

    /// Whether AWS would withhold the account's new document, and did not before.
    pub fn becomes_withheld(&self) -> bool {
        let is_withheld = |policy: Option<&AccountPolicy<'_>>| {
            policy.is_some_and(|policy| policy.effective.is_withheld())
        };
        is_withheld(self.after) && !is_withheld(self.before)
    }
}

/// The accounts that get something else afterwards, or have other problems, in the order of the
/// tree afterwards; then those that are not there any more.
pub fn changes<'a, 'o>(
    before: &'a EffectivePolicies<'o>,
    after: &'a EffectivePolicies<'o>,
) -> Vec<AccountChange<'a, 'o>> {
    let mut earlier: HashMap<&str, &AccountPolicy<'_>> = HashMap::new();
    earlier.extend(
        before
            .accounts
            .iter()
            .map(|one| (one.account.id.as_str(), one)),
    );
    // Accounts that share both results differ in the same way.
    let mut known: HashMap<(*const Effective, *const Effective), Arc<[Difference]>> =
        HashMap::new();
    let mut comparison = Comparison::default();
    let mut changes = Vec::new();
    for after in &after.accounts {
        let before = earlier.remove(after.account.id.as_str());
        let old = before.map(|before| &before.effective);
        let key = (
            old.map_or(std::ptr::null(), Arc::as_ptr),
            Arc::as_ptr(&after.effective),
        );
        let found = known.entry(key).or_insert_with(|| {
            let old = old.map(|effective| &*effective.root);
            comparison.of(old, Some(&after.effective.root))
        });
        let has_other_problems = match old {
            Some(old) => old.problems != after.effective.problems,
            None => true,
        };
        if !found.is_empty() || has_other_problems {
            changes.push(AccountChange {
                before,
                after: Some(after),
                differences: found.clone(),
            });
        }
    }
    let gone = before.accounts.iter();
    for before in gone.filter(|one| earlier.contains_key(one.account.id.as_str())) {
        changes.push(AccountChange {
            before: Some(before),
            after: None,
            differences: comparison.of(Some(&before.effective.root), None),
        });
    }
    changes
}

/// Finds the values that are not the same in two merged policies, for one account after the other.
#[derive(Default)]
struct Comparison<'n> {
    /// Places that were found to be the same: accounts share most of them.
    same: HashSet<(*const Node, *const Node)>,
    path: Vec<&'n str>,
    found: Vec<Difference>,
}

impl<'n> Comparison<'n> {
    fn of(&mut self, before: Option<&'n Node>, after: Option<&'n Node>) -> Arc<[Difference]> {
        self.compare(before, after);
        std::mem::take(&mut self.found).into()
    }

    fn compare(&mut self, before: Option<&'n Node>, after: Option<&'n Node>) {
        let pair = (address(before), address(after));
        if self.same.contains(&pair) {
            return;
        }
        let earlier = self.found.len();
        self.compare_values(
            before.and_then(Node::content),
            after.and_then(Node::content),
        );
        let (old, new) = (shown(before), shown(after));
        for one in &old {
            let other = new.iter().find(|other| other.key == one.key);
            self.compare_below(Some(one), other.copied());
        }
        for one in new {
            if !old.iter().any(|other| other.key == one.key) {
                self.compare_below(None, Some(one));
            }
        }
        if self.found.len() == earlier && !old.is_empty() {
            self.same.insert(pair);
        }
    }

    fn compare_below(&mut self, before: Option<&'n Node>, after: Option<&'n Node>) {
        self.path.extend(before.or(after).map(Node::name));
        self.compare(before, after);
        self.path.pop();
    }

    fn compare_values(&mut self, before: Option<&Content>, after: Option<&Content>) {
        let is_same = match (before, after) {
            (Some(before), Some(after)) => before.says_the_same_as(after),
            (before, after) => before.is_none() && after.is_none(),
        };
        if !is_same {
            self.found.push(Difference {
                path: self.path.iter().map(|key| (*key).to_owned()).collect(),
                before: before.map(Content::to_value),
                after: after.map(Content::to_value),
            });
        }
    }
}

fn address(node: Option<&Node>) -> *const Node {
    node.map_or(std::ptr::null(), std::ptr::from_ref)
}

fn shown(node: Option<&Node>) -> Vec<&Node> {
    node.into_iter().flat_map(Node::children).collect()
}
