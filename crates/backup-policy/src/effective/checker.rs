//! Why AWS would withhold a merged backup policy.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::node::Node;
use super::plan::{Lifecycle, Plan, Resources, Rule, Selection};
use super::problem::{
    Conflicts, Problem, ProblemCode, add_conflicts, conflict, limit, members, not_empty, required,
};
use crate::Instant;
use crate::grammar::BACKUP_POLICY;
use crate::schedule::{SHORTEST_FOR_ARCHIVE, Schedule};
use crate::validate::{plan, rule, selection};

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
        let count = plans.children().count();
        limit(
            count,
            plan::PLANS,
            ProblemCode::QuotaExceeded,
            plans,
            "plans",
            &mut problems,
        );
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
            limit(members(rules), plan::RULES, code, rules, &path, problems);
            for node in rules.children() {
                self.rule(&Rule { node }, &format!("{path}/{}", node.name()), problems);
            }
        }
        let selections = plan.selections();
        let most = selection::SELECTIONS;
        quota(
            plan.node,
            &["selections"],
            Some(selections.len()),
            most,
            &path,
            problems,
        );
        let most = selection::TAG_SELECTIONS;
        quota(
            plan.node,
            &["selections", "tags"],
            None,
            most,
            &path,
            problems,
        );
        for selection in &selections {
            check_selection(selection, &path, problems);
        }
    }

    fn rule(&mut self, rule: &Rule<'_>, path: &str, problems: &mut Vec<Problem>) {
        required(rule.node, path, &["target_backup_vault_name"], problems);
        let mut conflicts = Conflicts::new();
        self.conflicts(rule, &mut conflicts);
        add_conflicts(conflicts, path, problems);
        quota(
            rule.node,
            &["copy_actions"],
            None,
            rule::COPIES,
            path,
            problems,
        );
        let tags = &["recovery_point_tags"];
        quota(rule.node, tags, None, rule::POINT_TAGS, path, problems);
    }

    /// The values of a rule that do not go together.
    fn conflicts(&mut self, rule: &Rule<'_>, conflicts: &mut Conflicts) {
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
            conflict(rule.name(), &fields, rule::continuous_remedy(""), conflicts);
        }
        self.archive(rule, &lifecycle, conflicts);
        for copy in rule.copies() {
            self.archive(rule, &copy.lifecycle(), conflicts);
        }
    }

    /// What opting in to the archive demands of the schedule and of the days.
    fn archive(&mut self, rule: &Rule<'_>, lifecycle: &Lifecycle<'_>, conflicts: &mut Conflicts) {
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
            conflict(rule.name(), &fields, rule::ARCHIVE_RUNS.into(), conflicts);
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
            conflict(rule.name(), &fields, rule::archive_days_remedy(), conflicts);
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
    quota(
        one.node,
        &["tag_value"],
        None,
        selection::TAG_VALUES,
        &path,
        problems,
    );
    let count = one.conditions().len();
    quota(
        one.node,
        &["conditions"],
        Some(count),
        selection::CONDITIONS,
        &path,
        problems,
    );
}

/// One of AWS Backup's quotas: how much there may be at a place, counted if it is not said.
fn quota(
    node: &Node,
    keys: &[&str],
    count: Option<usize>,
    most: usize,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    if let Some(node) = node.get(keys) {
        let path = format!("{path}/{}", keys.join("/"));
        let count = count.unwrap_or_else(|| members(node));
        limit(
            count,
            most,
            ProblemCode::QuotaExceeded,
            node,
            &path,
            problems,
        );
    }
}
