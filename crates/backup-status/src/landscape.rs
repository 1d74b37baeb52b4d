//! An organization as it was read: what `snapshot` writes, and what `plan` starts from. Pure.

use std::collections::BTreeMap;

use backup_policy::{Account, BACKUP_POLICY, Organization, Unit};
use serde_json::Value;

/// Roots, units, accounts and backup policies at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Landscape {
    /// The root.
    pub root: Place,
    /// Organizational units, each with what it is in.
    pub units: Vec<Child>,
    /// Accounts that are open, each with what it is in.
    pub accounts: Vec<Child>,
    /// Accounts that are closed or suspended: no backup is made in them.
    pub closed: Vec<Child>,
    /// Every backup policy by its id, attached or not.
    pub policies: BTreeMap<String, Policy>,
    /// For the root, units and accounts that have policies of their own: the policies' ids in
    /// the order of attachment.
    pub attached: BTreeMap<String, Vec<String>>,
}

/// What an organization consists of, below its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Organizational units, each after what it is in.
    pub units: Vec<Child>,
    /// Accounts that are open.
    pub accounts: Vec<Child>,
    /// Accounts that are closed or suspended.
    pub closed: Vec<Child>,
}

/// Backup policies, and what they are attached to in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// Every policy by its id.
    pub all: BTreeMap<String, Policy>,
    /// The policies' ids by what they are attached to.
    pub attached: BTreeMap<String, Vec<String>>,
}

/// Something with an id and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// `r-...`, `ou-...` or twelve digits.
    pub id: String,
    /// Its name; for people only.
    pub name: String,
}

/// A unit or an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Itself.
    pub place: Place,
    /// The id of the root or unit that it is in.
    pub parent: String,
}

/// A backup policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its name, unique in the organization.
    pub name: String,
    /// Its content, as AWS stores it.
    pub content: String,
    /// What only a live organization tells.
    pub detail: Option<Detail>,
}

/// What only a live organization tells about a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// Its ARN.
    pub arn: String,
    /// Its description.
    pub description: String,
    /// Its tags; empty when they were not asked for.
    pub tags: BTreeMap<String, String>,
}

impl Landscape {
    /// The whole of what was read.
    pub fn new(root: Place, tree: Tree, policies: Policies) -> Self {
        Landscape {
            root,
            units: tree.units,
            accounts: tree.accounts,
            closed: tree.closed,
            policies: policies.all,
            attached: policies.attached,
        }
    }

    /// The organization as a tree, units and accounts in the order of their ids, so that two
    /// snapshots can be compared.
    pub fn organization(&self) -> Organization {
        let policies = self.policies.iter().map(|(id, policy)| {
            // What is not JSON is kept as it is: what works with it will say so.
            let content = serde_json::from_str(&policy.content)
                .unwrap_or_else(|_| Value::from(policy.content.as_str()));
            let name = policy.name.clone();
            (id.clone(), backup_policy::Policy { name, content })
        });
        Organization {
            read_at: None,
            policy_type: BACKUP_POLICY.to_owned(),
            root: self.unit(&self.root, &Children::of(self)),
            policies: policies.collect(),
        }
    }

    fn unit(&self, place: &Place, children: &Children) -> Unit {
        let units = sorted(children.units.get(place.id.as_str()));
        let accounts = sorted(children.accounts.get(place.id.as_str()));
        Unit {
            id: place.id.clone(),
            name: place.name.clone(),
            policies: self.attached_to(&place.id).to_vec(),
            organizational_units: units
                .into_iter()
                .map(|it| self.unit(it, children))
                .collect(),
            accounts: accounts
                .into_iter()
                .map(|account| Account {
                    id: account.id.clone(),
                    name: account.name.clone(),
                    policies: self.attached_to(&account.id).to_vec(),
                })
                .collect(),
        }
    }

    /// The ids of the policies that are attached to a root, unit or account itself.
    pub fn attached_to(&self, target: &str) -> &[String] {
        self.attached.get(target).map_or(&[], Vec::as_slice)
    }
}

fn sorted<'l>(places: Option<&Vec<&'l Place>>) -> Vec<&'l Place> {
    let mut places: Vec<&Place> = places.into_iter().flatten().copied().collect();
    places.sort_by(|a, b| a.id.cmp(&b.id));
    places
}

/// What is in what.
struct Children<'l> {
    units: BTreeMap<&'l str, Vec<&'l Place>>,
    accounts: BTreeMap<&'l str, Vec<&'l Place>>,
}

impl<'l> Children<'l> {
    fn of(landscape: &'l Landscape) -> Self {
        let by_parent = |all: &'l [Child]| {
            let mut map = BTreeMap::<&str, Vec<&Place>>::new();
            for child in all {
                map.entry(&child.parent).or_default().push(&child.place);
            }
            map
        };
        Children {
            units: by_parent(&landscape.units),
            accounts: by_parent(&landscape.accounts),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn child(id: &str, parent: &str) -> Child {
        let place = Place {
            id: id.to_owned(),
            name: format!("name of {id}"),
        };
        Child {
            place,
            parent: parent.to_owned(),
        }
    }

    #[test]
    fn the_file_is_the_tree_in_order_of_ids_with_policies_in_order_of_attachment() {
        let policy = |name: &str| Policy {
            name: name.to_owned(),
            content: "{\"plans\": {}}".to_owned(),
            detail: None,
        };
        let landscape = Landscape {
            root: child("r-abcd", "").place,
            units: vec![child("ou-b", "ou-a"), child("ou-a", "r-abcd")],
            accounts: vec![child("2", "ou-b"), child("3", "r-abcd"), child("1", "ou-b")],
            closed: vec![child("4", "ou-b")],
            policies: [
                ("p-1".to_owned(), policy("one")),
                ("p-2".to_owned(), policy("two")),
            ]
            .into(),
            attached: [
                ("ou-b".to_owned(), vec!["p-2".to_owned(), "p-1".to_owned()]),
                ("1".to_owned(), vec!["p-1".to_owned()]),
            ]
            .into(),
        };
        let account = |id: &str, policies: &[&str]| json!({"id": id, "name": format!("name of {id}"), "policies": policies});
        let node = |id: &str, policies: &[&str], units: Vec<Value>, accounts: Vec<Value>| {
            json!({"id": id, "name": format!("name of {id}"), "policies": policies,
                   "organizational_units": units, "accounts": accounts})
        };
        let inner = node(
            "ou-b",
            &["p-2", "p-1"],
            vec![],
            vec![account("1", &["p-1"]), account("2", &[])],
        );
        let outer = node("ou-a", &[], vec![inner], vec![]);
        let expected = json!({
            "policy_type": "BACKUP_POLICY",
            "root": node("r-abcd", &[], vec![outer], vec![account("3", &[])]),
            "policies": {
                "p-1": {"name": "one", "content": {"plans": {}}},
                "p-2": {"name": "two", "content": {"plans": {}}},
            },
        });
        let organization = landscape.organization();
        assert_eq!(serde_json::to_value(&organization).unwrap(), expected);
    }
}
