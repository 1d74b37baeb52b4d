//! What deploying a template's policies would change. Pure: what the organization holds and what
//! the template declares come in.
//!
//! [`wanted`] reads a resource as the function behind `Custom::BackupOrgPolicy` does, [`steps`]
//! finds the policy that it is and asks the function's own plan for the changes, [`future`] makes
//! them to a copy of the organization, and [`outcome`] compares what accounts get.

pub mod difference;
pub mod future;
pub mod outcome;
pub mod present;
pub mod steps;
pub mod wanted;

pub mod json;
pub mod text;

use backup_policy::Instant;

use outcome::{Finding, Group};
use present::Present;
use steps::Step;
use wanted::Wanted;

/// The whole plan.
#[derive(Debug)]
pub struct Plan {
    /// What happens to each policy, in the order of the deployment.
    pub steps: Vec<Step>,
    /// What changes for accounts; those for which the same changes are together.
    pub groups: Vec<Group>,
    /// What should stop somebody.
    pub findings: Vec<Finding>,
    /// How many accounts there are.
    pub accounts: usize,
    /// Whether tags and descriptions were known.
    pub live: bool,
}

/// Works out what a deployment would change.
///
/// # Errors
/// The organization is not one that AWS could hold.
pub fn plan(
    present: &Present,
    wanted: &[Wanted],
    stack: &str,
    allow_loss: bool,
    now: Instant,
) -> Result<Plan, Vec<String>> {
    let steps = steps::steps(present, wanted, stack);
    let mut findings = outcome::refusals(&steps);
    findings.extend(outcome::disabled(present, wanted));
    let after = future::after(&present.organization, &steps);
    let texts = |errors: Vec<backup_policy::OrganizationError>| -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    };
    let earlier = present
        .organization
        .effective_policies(now)
        .map_err(texts)?;
    let groups = match after.effective_policies(now) {
        Ok(later) => outcome::groups(&backup_policy::changes(&earlier, &later), &after),
        Err(errors) => {
            findings.extend(texts(errors).into_iter().map(Finding::deployment_fails));
            Vec::new()
        }
    };
    findings.extend(outcome::losses(&groups, allow_loss));
    Ok(Plan {
        steps,
        groups,
        findings,
        accounts: earlier.accounts.len(),
        live: present.live.is_some(),
    })
}

#[cfg(test)]
mod tests;
