//! For whom something changes: accounts with the same change together, who loses most first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use backup_policy::{AccountChange, AccountPolicy, Organization, Problem};
use serde_json::{Value, json};

use super::difference::Difference;
use crate::effective::sheet::{self, Names, PlanSheet};

/// Accounts for which the same changes, in the order of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Ids and names.
    pub accounts: Vec<(String, String)>,
    /// The values of the effective policy that differ.
    pub differences: Vec<Difference>,
    /// The effective policy before; `None` if AWS withholds it.
    pub before: Option<Value>,
    /// The effective policy after; `None` if AWS withholds it.
    pub after: Option<Value>,
    /// What is wrong with the merged policy after.
    pub problems: Vec<Problem>,
    /// The names of the policies that the problems name.
    pub names: Vec<(String, String)>,
    /// What goes as a whole, one line each.
    pub gone: Vec<Whole>,
    /// What comes as a whole, one line each.
    pub new: Vec<Whole>,
    /// Whether the last backup plan goes.
    pub loses_last_plan: bool,
    /// Whether the merged policy becomes invalid: AWS then keeps the last valid one.
    pub becomes_invalid: bool,
}

/// A plan, a rule or a selection that comes or goes as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// What it is, in one line.
    pub line: String,
}

/// How an account is affected, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It has no backup plan any more.
    LosesLastPlan,
    /// AWS keeps its last valid policy, and nothing reaches it any more.
    BecomesInvalid,
    /// Something is backed up less, in fewer places, or kept for a shorter time.
    LosesSomething,
    /// It gets more, or something else.
    GetsSomethingElse,
}

/// The changes for accounts, those that are the same together: who loses most first, otherwise in the
/// order of the tree.
pub fn groups(
    changes: &[AccountChange<'_, '_>],
    before: &Organization,
    after: &Organization,
    spelling: &BTreeMap<String, String>,
) -> Vec<Group> {
    // Accounts that inherit the same share it: what to compare is found once for them.
    type Shared = (Option<usize>, Option<usize>);
    let mut shared: HashMap<Shared, usize> = HashMap::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for change in changes {
        let place = |policy: Option<&backup_policy::AccountPolicy<'_>>| {
            policy.map(|policy| Arc::as_ptr(&policy.effective) as usize)
        };
        let pair = (place(change.before), place(change.after));
        let index = *shared.entry(pair).or_insert_with(|| {
            let group = group(change, before, after, spelling);
            *known.entry(group.key()).or_insert_with(|| {
                groups.push(group);
                groups.len() - 1
            })
        });
        if let Some(group) = groups.get_mut(index) {
            group
                .accounts
                .push((change.id().to_owned(), change.name().to_owned()));
        }
    }
    groups.sort_by_key(Group::effect);
    groups
}

impl Group {
    /// How these accounts are affected.
    pub fn effect(&self) -> Effect {
        if self.loses_last_plan {
            Effect::LosesLastPlan
        } else if self.becomes_invalid {
            Effect::BecomesInvalid
        } else if !self.gone.is_empty() || self.parts().any(|it| self.is_lost(it)) {
            Effect::LosesSomething
        } else {
            Effect::GetsSomethingElse
        }
    }

    /// The values that differ in what neither comes nor goes as a whole.
    pub fn parts(&self) -> impl Iterator<Item = &Difference> {
        let is_whole = |path: &[String]| {
            let mut wholes = self.gone.iter().chain(&self.new);
            wholes.any(|whole| is_below(path, &whole.path))
        };
        self.differences
            .iter()
            .filter(move |it| !is_whole(&it.path))
    }

    /// Whether a value is a loss: nothing is lost by what a new copy brings.
    fn is_lost(&self, difference: &Difference) -> bool {
        let mut copies = self.differences.iter().filter_map(|it| {
            let (key, copy) = it.path.split_last()?;
            (key == "target_backup_vault_arn" && it.before.is_none()).then_some(copy)
        });
        is_loss(difference) && !copies.any(|copy| difference.path.starts_with(copy))
    }

    /// The same for changes that are the same, whoever they happen to.
    fn key(&self) -> String {
        let differences = self
            .differences
            .iter()
            .map(|difference| json!([difference.path, difference.before, difference.after]));
        let flags = [self.loses_last_plan, self.becomes_invalid];
        let differences = differences.collect::<Vec<Value>>();
        json!([differences, self.before, self.after, self.problems, flags]).to_string()
    }
}

fn group(
    change: &AccountChange<'_, '_>,
    before: &Organization,
    after: &Organization,
    spelling: &BTreeMap<String, String>,
) -> Group {
    let differences = change.differences.iter().map(|difference| Difference {
        path: difference.path.clone(),
        before: difference.before.clone(),
        after: difference.after.clone(),
    });
    let problems = change
        .after
        .map(|policy| policy.effective.problems.clone())
        .unwrap_or_default();
    let mut ids: Vec<&str> = problems
        .iter()
        .flat_map(|problem| problem.policies.iter().map(|id| &**id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let names = ids.into_iter().filter_map(|id| {
        let policy = after.policies.get(id)?;
        Some((id.to_owned(), policy.name.clone()))
    });
    let sheets = |policy: Option<&AccountPolicy<'_>>, organization: &Organization| {
        let names = Names(&organization.policies);
        let mut plans =
            policy.map_or_else(Vec::new, |policy| sheet::plans(&policy.effective, names));
        plans.iter_mut().for_each(|plan| plan.spell(spelling));
        plans
    };
    let (old, new) = (sheets(change.before, before), sheets(change.after, after));
    Group {
        accounts: Vec::new(),
        differences: differences.collect(),
        before: change.before.and_then(|policy| policy.effective.document()),
        after: change.after.and_then(|policy| policy.effective.document()),
        names: names.collect(),
        problems,
        gone: without(&old, &new),
        new: without(&new, &old),
        loses_last_plan: change.loses_last_plan(),
        becomes_invalid: change.becomes_withheld(),
    }
}

/// The plans of the one that the other has not, and the rules and selections of those that both
/// have.
fn without(one: &[PlanSheet], other: &[PlanSheet]) -> Vec<Whole> {
    let mut found = Vec::new();
    for plan in one {
        let name = &plan.name;
        let Some(same) = other.iter().find(|it| it.name == *name) else {
            found.push(Whole {
                path: vec!["plans".to_owned(), name.clone()],
                line: plan.line(),
            });
            continue;
        };
        for rule in &plan.rules {
            if !same.rules.iter().any(|it| it.name == rule.name) {
                found.push(Whole {
                    path: ["plans", name, "rules", &rule.name]
                        .map(str::to_owned)
                        .into(),
                    line: format!("rule {} of plan {name} ({})", rule.name, rule.summary),
                });
            }
        }
        for one in &plan.selections {
            if !same.selections.iter().any(|it| it.name == one.name) {
                let path = ["plans", name, "selections", one.kind, &one.name];
                found.push(Whole {
                    path: path.map(str::to_owned).into(),
                    line: format!("selection {} of plan {name} ({})", one.name, one.summary),
                });
            }
        }
    }
    found
}

/// Whether a path leads below another: AWS shows some names in lower case.
fn is_below(path: &[String], other: &[String]) -> bool {
    let mut pairs = path.iter().zip(other);
    path.len() >= other.len() && pairs.all(|(key, name)| key.eq_ignore_ascii_case(name))
}

/// Whether a value that differs means that something is backed up less, or kept for a shorter time.
fn is_loss(difference: &Difference) -> bool {
    let Difference {
        path,
        before,
        after,
    } = difference;
    let key = path.last().map_or("", String::as_str);
    let members = |value: &Option<Value>| -> Vec<Value> {
        let list = value.as_ref().and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let lacks = |of: &Option<Value>, from: &Option<Value>| {
        let known = members(from);
        members(of).iter().any(|member| !known.contains(member))
    };
    let days = |value: &Option<Value>| -> Option<u64> { value.as_ref()?.as_str()?.parse().ok() };
    match key {
        "regions" | "tag_value" | "resource_types" => lacks(before, after),
        "not_resource_types" => lacks(after, before),
        // Without it, backups are kept for ever.
        "delete_after_days" => {
            days(after).is_some_and(|after| days(before).is_none_or(|before| after < before))
        }
        "enable_continuous_backup" => before.as_ref().is_some_and(|it| it == "true"),
        "target_backup_vault_arn" => after.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
