//! What can be wrong with a merged backup policy, in AWS's words.

use serde::Serialize;

use super::node::{Content, Node, Sourced, distinct_policies};
use crate::inheritance::{Origin, PolicyId};

/// Something wrong with a merged policy, as `ListEffectivePolicyValidationErrors` answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: ProblemCode,
    /// Where it is, as AWS writes it: `plans/daily/rules/nightly`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The policies that contribute to it, from the root downwards.
    #[serde(serialize_with = "as_texts")]
    pub policies: Vec<PolicyId>,
    /// What to do about it. AWS says nothing of the kind.
    pub help: String,
}

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProblemCode {
    /// Something is missing that an effective policy must have.
    KeyRequired,
    /// Values that do not go together.
    CrossAttributeValidation,
    /// More of something than AWS Organizations takes.
    ElementsTooMany,
    /// A list that is empty and must not be.
    ElementsTooFew,
    /// More of something than AWS Backup's quotas allow. This code is ours: AWS is not known to
    /// withhold such a policy, but the plan cannot be made.
    QuotaExceeded,
}

impl ProblemCode {
    /// Its name, as AWS writes it.
    pub fn name(self) -> &'static str {
        match self {
            ProblemCode::KeyRequired => "KEY_REQUIRED",
            ProblemCode::CrossAttributeValidation => "CROSS_ATTRIBUTE_VALIDATION",
            ProblemCode::ElementsTooMany => "ELEMENTS_TOO_MANY",
            ProblemCode::ElementsTooFew => "ELEMENTS_TOO_FEW",
            ProblemCode::QuotaExceeded => "QUOTA_EXCEEDED",
        }
    }

    /// Whether AWS withholds the whole document because of it.
    pub fn withholds(self) -> bool {
        self != ProblemCode::QuotaExceeded
    }
}

pub(super) fn as_texts<S: serde::Serializer>(
    ids: &[PolicyId],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ids.iter().map(|id| &**id))
}

/// Keys that must be there.
pub(super) fn required(node: &Node, path: &str, keys: &[&str], problems: &mut Vec<Problem>) {
    for key in keys.iter().filter(|key| node.get(&[key]).is_none()) {
        let message = format!("'{key}' is missing");
        let code = ProblemCode::KeyRequired;
        let what = node.name();
        let help = format!(
            "give `{what}` a `{key}` in a policy on the way to the account, or take out what \
             remains of `{what}`"
        );
        problems.push(problem(code, path.into(), message, node.policies(), help));
    }
}

/// A list that holds nothing, as after a `@@remove` of all that was in it.
pub(super) fn not_empty(node: &Node, path: &str, key: &str, problems: &mut Vec<Problem>) {
    let Some(list) = node.get(&[key]) else { return };
    if members(list) == 0 {
        let message = format!("'{key}' is less than the allowed minimum limit 1");
        let code = ProblemCode::ElementsTooFew;
        let path = format!("{path}/{key}");
        let help = format!("leave at least one value in `{key}`, or add one of its own");
        problems.push(problem(code, path, message, list.policies(), help));
    }
}

/// More of something in a place than there may be.
pub(super) fn limit(
    count: usize,
    most: usize,
    code: ProblemCode,
    node: &Node,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    if count > most {
        let message = format!("'{}' exceeds the allowed maximum limit {most}", node.name());
        let help = format!("leave {} out, down to {most}", count - most);
        problems.push(problem(code, path.into(), message, node.policies(), help));
    }
}

/// How much there is at a place.
pub(super) fn members(node: &Node) -> usize {
    match node.content() {
        Some(Content::List(list)) => list.members.len(),
        Some(Content::Text(_)) => 1,
        None => node.children().count(),
    }
}

/// Values that do not go together.
pub(super) struct Conflict {
    /// AWS's sentence.
    message: String,
    /// Where the values come from.
    origins: Vec<Origin>,
    help: String,
}

/// The conflicts of one rule.
pub(super) type Conflicts = Vec<Conflict>;

/// Notes values of one rule that do not go together. The same is not reported twice for several copies.
pub(super) fn conflict(
    rule: &str,
    fields: &[(&str, Option<&Sourced>)],
    help: String,
    conflicts: &mut Conflicts,
) {
    let listed: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let value = value.map_or("undefined", |value| &value.text);
            format!("{name}={value}")
        })
        .collect();
    let listed = listed.join(",");
    let message =
        format!("Dependent fields {listed} in policy block {rule} are invalid when used together");
    let values = fields.iter().filter_map(|(_, value)| *value);
    let origins = values.map(|value| value.origin.clone());
    match conflicts.iter_mut().find(|known| known.message == message) {
        Some(known) => known.origins.extend(origins),
        None => conflicts.push(Conflict {
            message,
            origins: origins.collect(),
            help,
        }),
    }
}

/// The conflicts of one rule as problems.
pub(super) fn add_conflicts(conflicts: Conflicts, path: &str, problems: &mut Vec<Problem>) {
    let code = ProblemCode::CrossAttributeValidation;
    problems.extend(conflicts.into_iter().map(|conflict| {
        let policies = distinct_policies(conflict.origins);
        problem(code, path.into(), conflict.message, policies, conflict.help)
    }));
}

fn problem(
    code: ProblemCode,
    path: String,
    message: String,
    policies: Vec<PolicyId>,
    help: String,
) -> Problem {
    Problem {
        code,
        path,
        message,
        policies,
        help,
    }
}
