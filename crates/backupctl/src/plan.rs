//! What a change of backup policies means. Pure: what the organization holds, and what a template
//! declares or somebody asks, come in.
//!
//! [`wanted`] reads a resource as the function behind `Custom::BackupOrgPolicy` does, and [`steps`]
//! finds the policy that it is and asks the function's own plan for the changes; [`asked`] makes
//! steps of what somebody asks, and [`compared`] of two snapshots. [`future`] makes them to a copy
//! of the organization, [`groups`] compares what accounts get, and [`outcome`] finds what should stop
//! somebody.

pub mod asked;
pub mod compared;
pub mod difference;
pub mod future;
pub mod groups;
pub mod outcome;
pub mod present;
pub mod steps;
pub mod wanted;

pub mod json;
pub mod text;

use std::collections::BTreeMap;

use backup_policy::{Instant, Organization, OrganizationError};
use serde_json::Value;

use groups::Group;
use outcome::Finding;
use present::Present;
use steps::Step;
use wanted::Wanted;

use crate::basis;
use crate::effective::vain;
use crate::locks::Locks;

/// The whole plan.
#[derive(Debug)]
pub struct Plan {
    /// What happens to each policy, in the order of the deployment.
    pub steps: Vec<Step>,
    /// Accounts that came, went or moved between two snapshots, one line each.
    pub moves: Vec<String>,
    /// What changes for accounts, worst first; those for which the same changes are together.
    pub groups: Vec<Group>,
    /// What should stop somebody.
    pub findings: Vec<Finding>,
    /// What backs up nothing and what changes nothing, one line each, unless it was so before.
    pub warnings: Vec<String>,
    /// How many accounts were looked at.
    pub accounts: usize,
    /// What it rests on.
    pub basis: String,
    /// What could not be known or looked at, and what was wrong before, one line each.
    pub notes: Vec<String>,
    /// The names of places and policies by their ids: the earlier ones, where they changed.
    pub names: BTreeMap<String, String>,
    /// How rules and selections are written in the policies, by their names in lower case, as AWS
    /// shows them.
    pub spelling: BTreeMap<String, String>,
}

/// What a plan is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judging<'j> {
    /// Whether it is accepted that accounts lose their last backup plan.
    pub allow_loss: bool,
    /// The locks of vaults.
    pub locks: &'j Locks,
    /// When it is judged: schedules depend on it.
    pub now: Instant,
}

/// Works out what a deployment would change.
///
/// # Errors
/// The organization is not one that AWS could hold.
pub fn plan(
    present: &Present,
    wanted: &[Wanted],
    stack: &str,
    by: &Judging<'_>,
) -> Result<Plan, Vec<String>> {
    let steps = steps::steps(present, wanted, stack);
    let disabled = outcome::disabled(present, wanted);
    let after = future::after(&present.organization, &steps);
    let mut plan = weigh(&present.organization, &after, steps, by)?;
    plan.findings.splice(0..0, disabled);
    if present.live.is_none() {
        let unknown =
            "whose policies these are, which of them the stack would remove, descriptions, tags";
        plan.notes.push(format!("not known from a file: {unknown}"));
    }
    Ok(plan)
}

/// Works out what steps that somebody asks about would change.
///
/// # Errors
/// As for [`plan`].
pub fn answer(present: &Present, steps: Vec<Step>, by: &Judging<'_>) -> Result<Plan, Vec<String>> {
    let after = future::after(&present.organization, &steps);
    weigh(&present.organization, &after, steps, by)
}

/// Works out what changed from one time to another.
///
/// # Errors
/// As for [`plan`].
pub fn compare(
    before: &Organization,
    after: &Organization,
    by: &Judging<'_>,
) -> Result<Plan, Vec<String>> {
    let mut plan = weigh(before, after, compared::steps(before, after), by)?;
    plan.basis = format!(
        "before, {}\nafter, {}",
        plan.basis,
        basis::of(after, by.now)
    );
    plan.moves = compared::moves(before, after);
    Ok(plan)
}

fn weigh(
    before: &Organization,
    after: &Organization,
    steps: Vec<Step>,
    by: &Judging<'_>,
) -> Result<Plan, Vec<String>> {
    let (mut findings, mut notes) = (outcome::refusals(&steps), Vec::new());
    let texts = |errors: Vec<OrganizationError>| -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    };
    let earlier = before.effective_policies(by.now).map_err(texts)?;
    let spelling = spelling(&[after, before]);
    let mut warnings = Vec::new();
    let groups = match after.effective_policies(by.now) {
        Ok(later) => {
            let known = vain::lines(&earlier);
            warnings = vain::lines(&later);
            warnings.retain(|line| !known.contains(line));
            let (new, old) = outcome::locked(&earlier, &later, by.locks, &spelling);
            findings.extend(new);
            notes.extend(old);
            let changes = backup_policy::changes(&earlier, &later);
            groups::groups(&changes, before, after, &spelling)
        }
        Err(errors) => {
            findings.extend(texts(errors).into_iter().map(Finding::deployment_fails));
            Vec::new()
        }
    };
    findings.extend(outcome::losses(&groups, by.allow_loss));
    Ok(Plan {
        steps,
        moves: Vec::new(),
        groups,
        findings,
        warnings,
        accounts: earlier.accounts.len(),
        basis: basis::of(before, by.now),
        notes,
        names: names(&[after, before]),
        spelling,
    })
}

/// Names by ids, those of the last organization first.
fn names(organizations: &[&Organization]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for organization in organizations {
        for (id, policy) in &organization.policies {
            names.insert(id.clone(), policy.name.clone());
        }
        present::each(&organization.root, &mut |place| {
            let name = place.path.last().copied().unwrap_or_default();
            names.insert(place.id.to_owned(), name.to_owned());
        });
    }
    names
}

/// The names of rules and selections as they are written, by what AWS makes of them.
fn spelling(organizations: &[&Organization]) -> BTreeMap<String, String> {
    fn collect(value: &Value, is_name: bool, known: &mut BTreeMap<String, String>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            if is_name {
                known
                    .entry(key.to_lowercase())
                    .or_insert_with(|| key.clone());
            }
            let names = ["rules", "tags", "resources"];
            collect(inner, names.contains(&key.as_str()), known);
        }
    }
    let mut known = BTreeMap::new();
    let policies = organizations.iter().flat_map(|it| it.policies.values());
    policies.for_each(|policy| collect(&policy.content, false, &mut known));
    known
}

#[cfg(test)]
mod tests;
