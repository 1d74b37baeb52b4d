//! What the accounts of an organization get, for people: as text and as a page.
//!
//! [`groups`] are accounts that get the same. [`sheet`] says what they get in words, [`calendar`]
//! when it runs and [`retention`] how long it is kept; [`text`] and [`page`] show it.

pub mod calendar;
pub mod page;
pub mod retention;
pub mod sheet;
pub mod text;
pub mod vain;

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

/// The accounts by what they get: the same values from the same policies, with the same problems,
/// warnings and vain attempts. First those whose merge is invalid, then those that get nothing,
/// then the largest group.
pub fn groups<'o>(policies: &EffectivePolicies<'o>) -> Vec<Group<'o>> {
    let mut groups: Vec<Group<'o>> = Vec::new();
    // Accounts that inherit the same share it, so most need not be looked at.
    let mut shared: HashMap<*const Effective, usize> = HashMap::new();
    let mut known: HashMap<(usize, String), usize> = HashMap::new();
    let mut alike = Alike::default();
    for account in &policies.accounts {
        let effective = &account.effective;
        let next = groups.len();
        let index = *shared.entry(Arc::as_ptr(effective)).or_insert_with(|| {
            let judged = match (&*effective.problems, &*effective.warnings) {
                ([], []) => String::new(),
                judged => format!("{judged:?}"),
            };
            *known
                .entry((alike.number(&effective.root), judged))
                .or_insert(next)
        });
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

/// Numbers of places, the same for those of which everything that is shown is the same. Where on
/// the way down a policy is attached is not: accounts in two units that both have it get the same.
#[derive(Default)]
struct Alike {
    // INVARIANT: the places outlive this, so that no other gets the address of one.
    known: HashMap<*const Node, usize>,
    numbers: HashMap<String, usize>,
}

impl Alike {
    fn number(&mut self, node: &Node) -> usize {
        let address = std::ptr::from_ref(node);
        if let Some(number) = self.known.get(&address) {
            return *number;
        }
        let mut text = Alike::sign(node);
        for child in node.children() {
            text.push_str(&format!("/{}", self.number(child)));
        }
        let next = self.numbers.len();
        let number = *self.numbers.entry(text).or_insert(next);
        self.known.insert(address, number);
        number
    }

    /// Everything that is shown of a place itself.
    fn sign(node: &Node) -> String {
        let mut text = format!("{:?}", node.name());
        if let Some(content) = node.content() {
            text.push_str(&content.to_value().to_string());
            content
                .origins()
                .for_each(|origin| sign_policy(&origin.policy, &mut text));
        }
        for origin in node.limited_by() {
            text.push('!');
            sign_policy(&origin.policy, &mut text);
        }
        for ignored in node.ignored() {
            text.push_str(&format!("?{}{:?}", ignored.operator, ignored.key));
            sign_policy(&ignored.origin.policy, &mut text);
        }
        text
    }
}

fn sign_policy(policy: &PolicyId, text: &mut String) {
    text.push_str(&format!("{policy:?}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_policy::{Content, Instant, Organization};

    const SAMPLE: &str = include_str!("../examples/organization.json");

    fn now() -> Instant {
        "2026-11-23T00:05:00Z".parse().unwrap()
    }

    #[test]
    fn accounts_of_several_units_that_get_the_same_are_together() {
        let organization = Organization::parse(SAMPLE).unwrap();
        let policies = organization.effective_policies(now()).unwrap();
        let groups = groups(&policies);
        let sizes: Vec<(State, usize)> = groups
            .iter()
            .map(|group| (group.state, group.accounts.len()))
            .collect();
        let expected = [
            (State::Invalid, 1),
            (State::Nothing, 2),
            (State::Plans, 15),
            (State::Plans, 7),
            (State::Plans, 6),
            (State::Plans, 5),
            (State::Plans, 3),
            (State::Plans, 1),
        ];
        assert_eq!(sizes, expected);
    }

    #[test]
    fn the_same_values_from_other_policies_are_not_the_same() {
        let text = r#"{"policy_type": "BACKUP_POLICY",
            "root": {"id": "r-root", "name": "Root", "organizational_units": [
                {"id": "ou-root-aaaaaaaa", "name": "a", "policies": ["p-aaaaaaaa"],
                 "accounts": [{"id": "111111111111", "name": "a"}]},
                {"id": "ou-root-bbbbbbbb", "name": "b", "policies": ["p-bbbbbbbb"],
                 "accounts": [{"id": "222222222222", "name": "b"}]}]},
            "policies": {
                "p-aaaaaaaa": {"name": "a", "content": {"plans": {"p": {"regions": {"@@assign": ["eu-west-1"]}}}}},
                "p-bbbbbbbb": {"name": "b", "content": {"plans": {"p": {"regions": {"@@assign": ["eu-west-1"]}}}}}}}"#;
        let organization = Organization::parse(text).unwrap();
        let policies = organization.effective_policies(now()).unwrap();
        assert_eq!(groups(&policies).len(), 2);
    }

    #[test]
    fn every_value_is_on_the_sheet_with_its_policies() {
        let organization = Organization::parse(SAMPLE).unwrap();
        let policies = organization.effective_policies(now()).unwrap();
        let names = sheet::Names(&organization.policies);
        let mut values = 0;
        for group in groups(&policies) {
            for plan in sheet::plans(&group.effective, names) {
                let rules = plan.rules.iter().flat_map(|rule| &rule.rows);
                let selections = plan.selections.iter().flat_map(|selection| &selection.rows);
                let rows: Vec<_> = plan.rows.iter().chain(rules).chain(selections).collect();
                let node = group.effective.root.get(&["plans", &plan.name]).unwrap();
                for (path, content) in node.values() {
                    let text = match content {
                        Content::Text(text) => text.text.to_string(),
                        Content::List(list) => {
                            let texts: Vec<&str> =
                                list.members.iter().map(|member| &*member.text).collect();
                            texts.join(", ")
                        }
                    };
                    let shown = rows.iter().any(|row| {
                        let mut origins = content.origins().map(|origin| &origin.policy);
                        row.value.contains(&text) && origins.all(|it| row.policies.contains(it))
                    });
                    assert!(shown, "{} {path:?}: {text}", plan.name);
                    values += 1;
                }
            }
        }
        assert!(values > 100);
    }
}
