//! The policies that reach each account, merged by us and by AWS.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use backup_policy::{Effective, Instant, Organization};
use serde_json::Value;

use crate::Seen;
use crate::due::{Expected, expected};

/// The accounts whose merged policy AWS calls invalid, by id, with the reasons that it gives.
pub type Invalid = BTreeMap<String, Seen<Vec<String>>>;

/// Our merge of the policies that reach an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The merged document.
    pub document: Value,
    /// Why AWS withholds it; empty if it does not.
    pub problems: Vec<String>,
    /// The names of its plans.
    pub plans: Vec<String>,
    /// Its rules.
    pub expected: Vec<Expected>,
}

/// What `DescribeEffectivePolicy` answers.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce {
    /// The document.
    pub document: Value,
    /// When AWS merged it last.
    pub updated: Option<Instant>,
}

/// Merges the policies as AWS does, by the accounts' ids. Accounts that get the same share it.
///
/// Unknown, with the reason, if a policy cannot be read.
pub fn merges(organization: &Organization, now: Instant) -> Seen<BTreeMap<String, Arc<Merge>>> {
    let effective = match organization.effective_policies(now) {
        Ok(effective) => effective,
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            return Seen::Unknown(first.unwrap_or_default());
        }
    };
    let mut shared: HashMap<*const Effective, Arc<Merge>> = HashMap::new();
    let merges = effective.accounts.iter().map(|policy| {
        let merge = shared
            .entry(Arc::as_ptr(&policy.effective))
            .or_insert_with(|| Arc::new(merge(&policy.effective)));
        (policy.account.id.clone(), Arc::clone(merge))
    });
    Seen::There(merges.collect())
}

fn merge(effective: &Effective) -> Merge {
    let problems = effective.problems.iter();
    let withholding = problems.filter(|problem| problem.code.withholds());
    let plans = effective.plans();
    Merge {
        document: effective.merged(),
        problems: withholding
            .map(|it| format!("{}: {} (in {})", it.code.name(), it.message, it.path))
            .collect(),
        plans: plans.iter().map(|plan| plan.name().to_owned()).collect(),
        expected: expected(effective),
    }
}
