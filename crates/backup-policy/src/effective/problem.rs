//! Why AWS would withhold a merged backup policy, in AWS's words.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use serde::Serialize;

use super::node::{Content, Node, Sourced, distinct_policies};
use super::plan::{Lifecycle, Plan, Resources, Rule, Selection};
use crate::Instant;
use crate::inheritance::PolicyId;
use crate::organization::BACKUP_POLICY;
use crate::schedule::{SHORTEST_FOR_ARCHIVE, Schedule};
use crate::validate::{plan, rule, selection};

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

fn as_texts<S: serde::Serializer>(ids: &[PolicyId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ids.iter().map(|id| &**id))
}

/// Checks merged policies, one after the other. Most accounts have most plans in common, so the
/// problems of a plan are remembered.
pub(crate) struct Checker {
    policy_type: Arc<str>,
    now: Instant,
    gaps: HashMap<Arc<str>, Option<TimeDelta>>,
    // INVARIANT: the plan that an address stands for is kept, so no other plan gets the address.
    plans: HashMap<*const Node, (Arc<Node>, Vec<Problem>)>,
}

impl Checker {
    pub(crate) fn new(policy_type: &str, now: Instant) -> Checker {
        Checker {
            policy_type: policy_type.into(),
            now,
            gaps: HashMap::new(),
            plans: HashMap::new(),
        }
    }

    pub(crate) fn policy_type(&self) -> Arc<str> {
        self.policy_type.clone()
    }

    /// Everything that is wrong with a merged policy.
    pub(crate) fn problems(&mut self, root: &Node) -> Vec<Problem> {
        let mut problems = Vec::new();
        let plans = root.get(&["plans"]);
        let Some(plans) = plans.filter(|_| &*self.policy_type == BACKUP_POLICY) else {
            return problems;
        };
        quota("plans", plans, plan::PLANS, "plans", &mut problems);
        for node in plans.children.iter().filter(|plan| !plan.is_empty()) {
            if let Some((_, known)) = self.plans.get(&Arc::as_ptr(node)) {
                problems.extend_from_slice(known);
                continue;
            }
            let mut found = Vec::new();
            self.plan(&Plan { node }, &mut found);
            problems.extend_from_slice(&found);
            self.plans.insert(Arc::as_ptr(node), (node.clone(), found));
        }
        problems
    }

    fn plan(&mut self, plan: &Plan<'_>, problems: &mut Vec<Problem>) {
        let path = format!("plans/{}", plan.name());
        required(
            plan.node,
            &path,
            &["regions", "rules", "selections"],
            problems,
        );
        not_empty(plan.node, &path, "regions", problems);
        if let Some(rules) = plan.node.get(&["rules"]) {
            let path = format!("{path}/rules");
            let code = ProblemCode::ElementsTooMany;
            at_most(code, rules, plan::RULES, &path, problems);
            for node in rules.children() {
                self.rule(&Rule { node }, &format!("{path}/{}", node.name()), problems);
            }
        }
        let selections = plan.selections();
        let count = selections.len();
        if let Some(node) = plan.node.get(&["selections"])
            && count > selection::SELECTIONS
        {
            let path = format!("{path}/selections");
            let message = too_many("selections", selection::SELECTIONS);
            problems.push(problem(
                ProblemCode::QuotaExceeded,
                path,
                message,
                node.policies(),
            ));
        }
        if let Some(tags) = plan.node.get(&["selections", "tags"]) {
            let path = format!("{path}/selections/tags");
            quota("tags", tags, selection::TAG_SELECTIONS, &path, problems);
        }
        for selection in &selections {
            check_selection(selection, &path, problems);
        }
    }

    fn rule(&mut self, rule: &Rule<'_>, path: &str, problems: &mut Vec<Problem>) {
        required(rule.node, path, &["target_backup_vault_name"], problems);
        let lifecycle = rule.lifecycle();
        let days = lifecycle.delete_after_days();
        let is_too_long = match lifecycle.delete {
            None => true,
            Some(_) => days.is_some_and(|days| days > rule::LONGEST_CONTINUOUS),
        };
        if rule.is_continuous() && is_too_long {
            let continuous = rule.node.text(&["enable_continuous_backup"]);
            let fields = [
                ("enable_continuous_backup", continuous),
                ("delete_after_days", lifecycle.delete),
            ];
            dependent(rule, path, &fields, problems);
        }
        self.archive(rule, &lifecycle, path, problems);
        let copies = rule.copies();
        for copy in &copies {
            self.archive(rule, &copy.lifecycle(), path, problems);
        }
        if let Some(copies) = rule.node.get(&["copy_actions"]) {
            let path = format!("{path}/copy_actions");
            quota("copy_actions", copies, rule::COPIES, &path, problems);
        }
        if let Some(tags) = rule.node.get(&["recovery_point_tags"]) {
            let path = format!("{path}/recovery_point_tags");
            quota(
                "recovery_point_tags",
                tags,
                rule::POINT_TAGS,
                &path,
                problems,
            );
        }
    }

    /// What opting in to the archive demands of the schedule and of the days.
    fn archive(
        &mut self,
        rule: &Rule<'_>,
        lifecycle: &Lifecycle<'_>,
        path: &str,
        problems: &mut Vec<Problem>,
    ) {
        if !lifecycle.is_archived() {
            return;
        }
        let archive = (
            "opt_in_to_archive_for_supported_resources",
            lifecycle.archive,
        );
        let schedule = rule.schedule();
        let is_too_often = match schedule {
            // AWS Backup's own schedule is a daily one.
            None => true,
            Some(text) => self
                .gap(&text.text)
                .is_some_and(|gap| gap < SHORTEST_FOR_ARCHIVE),
        };
        if is_too_often {
            let fields = [archive, ("schedule_expression", schedule)];
            dependent(rule, path, &fields, problems);
        }
        let is_too_short = match (lifecycle.cold, lifecycle.delete) {
            (Some(_), Some(_)) => {
                match (lifecycle.cold_after_days(), lifecycle.delete_after_days()) {
                    (Some(cold), Some(delete)) => delete < cold.saturating_add(rule::SHORTEST_COLD),
                    _ => false,
                }
            }
            _ => true,
        };
        if is_too_short {
            let fields = [
                archive,
                ("delete_after_days", lifecycle.delete),
                ("move_to_cold_storage_after_days", lifecycle.cold),
            ];
            dependent(rule, path, &fields, problems);
        }
    }

    /// The time between the next two runs of a schedule, if it can be read and has two.
    fn gap(&mut self, expression: &Arc<str>) -> Option<TimeDelta> {
        let now = self.now;
        let gap = self.gaps.entry(expression.clone());
        *gap.or_insert_with(|| Schedule::parse(expression).ok()?.next_gap(now))
    }
}

fn check_selection(one: &Selection<'_>, plan: &str, problems: &mut Vec<Problem>) {
    let has_conditions = one.node.get(&["conditions"]).is_some();
    let (kind, keys): (&str, &[&str]) = match one.resources {
        Resources::Tagged { .. } => ("tags", &["iam_role_arn", "tag_key", "tag_value"]),
        Resources::OfTypes { .. } if has_conditions => ("resources", &["iam_role_arn"]),
        Resources::OfTypes { .. } => ("resources", &["iam_role_arn", "resource_types"]),
    };
    let path = format!("{plan}/selections/{kind}/{}", one.name());
    required(one.node, &path, keys, problems);
    not_empty(one.node, &path, "tag_value", problems);
    not_empty(one.node, &path, "resource_types", problems);
    if let Some(values) = one.node.get(&["tag_value"]) {
        let path = format!("{path}/tag_value");
        quota("tag_value", values, selection::TAG_VALUES, &path, problems);
    }
    let conditions = one.conditions().len();
    if let Some(node) = one.node.get(&["conditions"])
        && conditions > selection::CONDITIONS
    {
        let path = format!("{path}/conditions");
        let message = too_many("conditions", selection::CONDITIONS);
        let policies = node.policies();
        problems.push(problem(ProblemCode::QuotaExceeded, path, message, policies));
    }
}

fn required(node: &Node, path: &str, keys: &[&str], problems: &mut Vec<Problem>) {
    for key in keys.iter().filter(|key| node.get(&[key]).is_none()) {
        let message = format!("'{key}' is missing");
        let code = ProblemCode::KeyRequired;
        problems.push(problem(code, path.into(), message, node.policies()));
    }
}

/// A list that holds nothing, as after a `@@remove` of all that was in it.
fn not_empty(node: &Node, path: &str, key: &str, problems: &mut Vec<Problem>) {
    let Some(list) = node.get(&[key]) else { return };
    if count(list) == 0 {
        let message = format!("'{key}' is less than the allowed minimum limit 1");
        let code = ProblemCode::ElementsTooFew;
        let path = format!("{path}/{key}");
        problems.push(problem(code, path, message, list.policies()));
    }
}

fn quota(name: &str, node: &Node, most: usize, path: &str, problems: &mut Vec<Problem>) {
    debug_assert_eq!(name, node.name());
    at_most(ProblemCode::QuotaExceeded, node, most, path, problems);
}

fn at_most(code: ProblemCode, node: &Node, most: usize, path: &str, problems: &mut Vec<Problem>) {
    if count(node) > most {
        let message = too_many(node.name(), most);
        problems.push(problem(code, path.into(), message, node.policies()));
    }
}

fn too_many(name: &str, most: usize) -> String {
    format!("'{name}' exceeds the allowed maximum limit {most}")
}

fn count(node: &Node) -> usize {
    match node.content() {
        Some(Content::List(list)) => list.members.len(),
        Some(Content::Text(_)) => 1,
        None => node.children().count(),
    }
}

/// Values of one rule that do not go together. The same is not said twice for several copies.
fn dependent(
    rule: &Rule<'_>,
    path: &str,
    fields: &[(&str, Option<&Sourced>)],
    problems: &mut Vec<Problem>,
) {
    let listed: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let value = value.map_or("undefined", |value| &value.text);
            format!("{name}={value}")
        })
        .collect();
    let message = format!(
        "Dependent fields {} in policy block {} are invalid when used together",
        listed.join(","),
        rule.name()
    );
    let origins = fields
        .iter()
        .filter_map(|(_, value)| Some(value.as_ref()?.origin.clone()));
    let policies = distinct_policies(origins.collect());
    let known = problems
        .iter_mut()
        .find(|known| known.path == path && known.message == message);
    match known {
        Some(known) => {
            let new = policies.into_iter();
            let new: Vec<PolicyId> = new.filter(|id| !known.policies.contains(id)).collect();
            known.policies.extend(new);
        }
        None => {
            let code = ProblemCode::CrossAttributeValidation;
            problems.push(problem(code, path.into(), message, policies));
        }
    }
}

fn problem(code: ProblemCode, path: String, message: String, policies: Vec<PolicyId>) -> Problem {
    Problem {
        code,
        path,
        message,
        policies,
    }
}
