//! What should stop somebody from making a change.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use backup_policy::EffectivePolicies;

use super::groups::Group;
use super::present::Present;
use super::steps::Step;
use super::wanted::Wanted;
use crate::locks::Locks;

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

/// The steps that would fail.
pub fn refusals(steps: &[Step]) -> Vec<Finding> {
    let each = |step: &Step| -> Vec<Finding> {
        let text = |reason: &String| match &step.resource {
            Some(resource) => Finding::deployment_fails(format!("{resource}: {reason}")),
            None => Finding {
                code: "change-refused",
                message: format!("AWS would refuse the change of `{}`: {reason}", step.name),
            },
        };
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

/// Retentions that the locks of vaults do not take, so that every job to them fails: those that the
/// change brings, and in words those that were there before.
pub fn locked(
    before: &EffectivePolicies<'_>,
    after: &EffectivePolicies<'_>,
    locks: &Locks,
    spelling: &BTreeMap<String, String>,
) -> (Vec<Finding>, Vec<String>) {
    let old = violations(before, locks, spelling);
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for (violation, accounts) in violations(after, locks, spelling) {
        let earlier = old.get(&violation).map_or(&[][..], Vec::as_slice);
        let (there, added): (Vec<_>, Vec<_>) = accounts
            .into_iter()
            .partition(|account| earlier.contains(account));
        let message = |accounts: &[(String, String)]| {
            format!("{violation}, so every job fails for {}", listed(accounts))
        };
        if !added.is_empty() {
            new.push(Finding {
                code: "retention-outside-lock",
                message: message(&added),
            });
        }
        if !there.is_empty() {
            known.push(format!("so already: {}", message(&there)));
        }
    }
    (new, known)
}

/// What does not fit, with the accounts for which it does not.
fn violations(
    policies: &EffectivePolicies<'_>,
    locks: &Locks,
    spelling: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<(String, String)>> {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut known: HashMap<usize, Vec<String>> = HashMap::new();
    for account in &policies.accounts {
        // Accounts that inherit the same share it.
        let place = Arc::as_ptr(&account.effective) as usize;
        let violations = known
            .entry(place)
            .or_insert_with(|| locks.violations(&account.effective, spelling));
        for violation in violations {
            let who = (account.account.id.clone(), account.account.name.clone());
            found.entry(violation.clone()).or_default().push(who);
        }
    }
    found
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
