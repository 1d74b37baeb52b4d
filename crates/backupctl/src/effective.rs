//! What the accounts of an organization get, for people: as text and as a page.
//!
//! [`groups`] are accounts that get the same. [`sheet`] says what they get in words, [`calendar`]
//! when it runs and [`retention`] how long it is kept; [`text`] and [`page`] show it.

pub mod calendar;
pub mod page;
pub mod retention;
pub mod sheet;
pub mod text;

use std::collections::HashMap;
use std::sync::Arc;

use backup_policy::{AccountPolicy, Effective, EffectivePolicies, Node, PolicyId};

/// Accounts that get the same, from the same policies.
#[derive(Debug)]
pub struct Group<'o> {
    /// What they get.
    pub effective: Arc<Effective>,
    /// What becomes of them.
    pub state: State,
    /// The accounts, in the order of the tree: at least one.
    pub accounts: Vec<AccountPolicy<'o>>,
}

/// What becomes of an account, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// AWS withholds the new document.
    Invalid,
    /// No policy brings a plan.
    Nothing,
    /// There is at least one plan.
    Plans,
}

impl State {
    fn of(effective: &Effective) -> State {
        if effective.is_withheld() {
            State::Invalid
        } else if effective.plans().is_empty() {
            State::Nothing
        } else {
            State::Plans
        }
    }
}

/// The accounts by what they get: the same values from the same policies, with the same problems
/// and the same vain attempts. First those whose merge is invalid, then those that get nothing,
/// then the largest group.
pub fn groups<'o>(policies: &EffectivePolicies<'o>) -> Vec<Group<'o>> {
    let mut groups: Vec<Group<'o>> = Vec::new();
    // Accounts that inherit the same share it, so most need no signature.
    let mut shared: HashMap<*const Effective, usize> = HashMap::new();
    let mut alike: HashMap<String, usize> = HashMap::new();
    for account in &policies.accounts {
        let effective = &account.effective;
        let next = groups.len();
        let index = *shared
            .entry(Arc::as_ptr(effective))
            .or_insert_with(|| *alike.entry(signature(effective)).or_insert(next));
        match groups.get_mut(index) {
            Some(group) => group.accounts.push(account.clone()),
            None => groups.push(Group {
                effective: effective.clone(),
                state: State::of(effective),
                accounts: vec![account.clone()],
            }),
        }
    }
    groups.sort_by_key(|group| (group.state, usize::MAX - group.accounts.len()));
    groups
}

/// Everything that is shown of an effective policy. Where on the way down a policy is attached is
/// not: accounts in two units that both have it get the same.
fn signature(effective: &Effective) -> String {
    let mut text = format!("{:?}", effective.problems);
    sign(&effective.root, &mut text);
    text
}

fn sign(node: &Node, text: &mut String) {
    text.push_str(&format!("{:?}", node.name()));
    if let Some(content) = node.content() {
        text.push_str(&content.to_value().to_string());
        content
            .origins()
            .for_each(|origin| sign_policy(&origin.policy, text));
    }
    for origin in node.limited_by() {
        text.push('!');
        sign_policy(&origin.policy, text);
    }
    for ignored in node.ignored() {
        text.push_str(&format!("?{}{:?}", ignored.operator, ignored.key));
        sign_policy(&ignored.origin.policy, text);
    }
    text.push('{');
    node.children().for_each(|child| sign(child, text));
    text.push('}');
}

fn sign_policy(policy: &PolicyId, text: &mut String) {
    text.push_str(&format!("{policy:?}"));
}
