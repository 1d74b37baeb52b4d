//! What a deployment means: for whom something changes, and what should stop somebody.

use std::collections::HashMap;
use std::sync::Arc;

use backup_policy::{AccountChange, Organization, Problem};
use serde_json::{Value, json};

use super::difference::Difference;
use super::present::Present;
use super::steps::Step;
use super::wanted::Wanted;

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
    /// Whether the last backup plan goes.
    pub loses_last_plan: bool,
    /// Whether the merged policy becomes invalid: AWS then keeps the last valid one.
    pub becomes_invalid: bool,
}

/// Something that should stop somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// For programs.
    pub code: &'static str,
    /// For people, in one line.
    pub message: String,
}

impl Finding {
    /// The deployment would fail for this reason.
    pub fn deployment_fails(reason: String) -> Self {
        Finding {
            code: "deployment-fails",
            message: format!("the deployment would fail: {reason}"),
        }
    }
}

/// The changes for accounts, those that are the same together.
pub fn groups(changes: &[AccountChange<'_, '_>], after: &Organization) -> Vec<Group> {
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
            let group = group(change, after);
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
    groups
}

impl Group {
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

fn group(change: &AccountChange<'_, '_>, after: &Organization) -> Group {
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
    Group {
        accounts: Vec::new(),
        differences: differences.collect(),
        before: change.before.and_then(|policy| policy.effective.document()),
        after: change.after.and_then(|policy| policy.effective.document()),
        names: names.collect(),
        problems,
        loses_last_plan: change.loses_last_plan(),
        becomes_invalid: change.becomes_withheld(),
    }
}

/// The steps that would fail.
pub fn refusals(steps: &[Step]) -> Vec<Finding> {
    let each = |step: &Step| -> Vec<Finding> {
        let name = &step.resource;
        let text = |reason: &String| Finding::deployment_fails(format!("{name}: {reason}"));
        step.refusals.iter().map(text).collect()
    };
    steps.iter().flat_map(each).collect()
}

/// Whether something is to be attached although backup policies are not enabled.
pub fn disabled(present: &Present, wanted: &[Wanted]) -> Option<Finding> {
    let is_off = present.live.as_ref().is_some_and(|live| !live.enabled);
    let mut attaching = wanted.iter().filter(|it| !it.desired.targets.is_empty());
    let first = attaching.next().filter(|_| is_off)?;
    // One that enables them does so for all that come after it.
    if wanted.iter().any(|wanted| wanted.enables) {
        return None;
    }
    Some(Finding::deployment_fails(format!(
        "{}: backup policies are not enabled on the organization's root: run `make \
         prepare-organization APPLY=1`, or set EnablePolicyType: true",
        first.resource
    )))
}

/// The accounts that would be worse off.
pub fn losses(groups: &[Group], allow_loss: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in groups {
        let who = listed(&group.accounts);
        if group.loses_last_plan && !allow_loss {
            findings.push(Finding {
                code: "last-plan-lost",
                message: format!(
                    "no backup plan is left for {who}: attach a policy there, or accept it with \
                     `--allow-loss`"
                ),
            });
        }
        if group.becomes_invalid {
            let problems: Vec<String> = group
                .problems
                .iter()
                .map(|problem| {
                    format!(
                        "{}: {} (in {})",
                        problem.code.name(),
                        problem.message,
                        problem.path
                    )
                })
                .collect();
            findings.push(Finding {
                code: "merge-invalid",
                message: format!(
                    "the merged policy becomes invalid for {who}, and AWS keeps the last valid one \
                     without a word: {}",
                    problems.join("; ")
                ),
            });
        }
    }
    findings
}

/// How many accounts a line names.
const NAMED: usize = 8;

/// Accounts as a part of a sentence.
pub fn listed(accounts: &[(String, String)]) -> String {
    let names: Vec<String> = accounts
        .iter()
        .take(NAMED)
        .map(|(id, name)| format!("{id} ({name})"))
        .collect();
    let more = match accounts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.join(", "))
}
