//! Plans: what must fit together in one, and what keeps it from doing anything.

use serde_json::Value;

use super::cursor::{Cursor, Said, is_unknown};
use super::report::Report;
use super::suggest;
use crate::code::Code;
use crate::grammar::{Key, is_among};
use crate::operator::Operator;
use crate::{arn, regions};

/// How many there may be, by AWS Backup's quotas.
pub(crate) const PLANS: usize = 300;
pub(crate) const RULES: usize = 10;

/// Whether an object has a key that only plans have.
pub(super) fn looks_like_a_plan(at: &Cursor<'_>, plan_keys: &[Key]) -> bool {
    at.named().any(|(key, _)| is_among(plan_keys, key))
}

/// The names below `plans` that are really keys of a plan, because the plan's own name was
/// forgotten. One finding for all of them.
pub(super) fn check_level<'d>(
    plans: &Cursor<'d>,
    plan_keys: &[Key],
    report: &mut Report,
) -> Vec<&'d str> {
    let named_like_keys: Vec<(&str, Cursor<'_>)> = plans
        .named()
        .filter(|(key, _)| is_among(plan_keys, key))
        .collect();
    let is_a_plan = |at: &Cursor<'_>| {
        at.is_unknown()
            || at.value.is_object() && at.named().all(|(inner, _)| is_among(plan_keys, inner))
    };
    if named_like_keys.iter().all(|(_, member)| is_a_plan(member)) {
        for (key, member) in named_like_keys {
            let message = format!("a plan has the name `{key}`, which is a key of plans");
            let help = "if it is not meant to be one, put it into a plan: `{\"plans\": {\"NAME\": \
                        {...}}}`";
            report.key(Code::NameLikeKey, &member, message, help.into());
        }
        return Vec::new();
    }
    let forgotten: Vec<&str> = named_like_keys.iter().map(|(key, _)| *key).collect();
    if let Some((_, first)) = named_like_keys.first() {
        let listed: Vec<String> = forgotten.iter().map(|key| format!("`{key}`")).collect();
        report.key(
            Code::PlanLevelMissing,
            first,
            format!(
                "{} directly below `plans`: the name of the plan is missing",
                listed.join(", ")
            ),
            "write `{\"plans\": {\"NAME\": {...}}}`".into(),
        );
    }
    forgotten
}

/// All plans of the document.
pub(crate) fn check_plans(plans: &Cursor<'_>, _: &[Key], report: &mut Report) {
    quota(
        "plans in one account and Region",
        plans.named().count(),
        PLANS,
        plans,
        report,
    );
}

/// One plan, as a whole.
pub(crate) fn check_plan(plan: &Cursor<'_>, keys: &[Key], report: &mut Report) {
    let lacks = |key: &str| match plan.get(key) {
        Some(member) => is_hollow(member.value),
        None => suggest::lacks(plan, key, keys),
    };
    let missing: Vec<String> = ["regions", "rules", "selections"]
        .iter()
        .filter(|key| lacks(key))
        .map(|key| format!("`{key}`"))
        .collect();
    if !missing.is_empty() {
        report.key(
            Code::PlanIncomplete,
            plan,
            format!("the plan has no {} of its own", missing.join(" and no ")),
            "unless another policy on the way to the account brings it, AWS withholds the \
             account's whole new backup policy"
                .into(),
        );
    }
    check_partitions(plan, report);
}

/// The rules of one plan.
pub(crate) fn check_rules(rules: &Cursor<'_>, _: &[Key], report: &mut Report) {
    quota(
        "rules in one plan",
        rules.named().count(),
        RULES,
        rules,
        report,
    );
}

/// One entry of `backup_plan_tags`: AWS refuses a map key that is not the tag's key.
pub(crate) fn check_plan_tag(tag: &Cursor<'_>, _: &[Key], report: &mut Report) {
    if let Some((name, key)) = tag_name_differs(tag) {
        report.key(
            Code::PlanTagNameDiffers,
            tag,
            format!("the tag `{key}` is listed under the name `{name}`"),
            format!("use the tag's key as the name: `\"{key}\": {{\"tag_key\": ...}}`"),
        );
    }
}

/// The name in the map and the tag's key, if they differ in more than letter case.
pub(super) fn tag_name_differs(tag: &Cursor<'_>) -> Option<(String, String)> {
    let name = tag.name().filter(|name| !is_unknown(name))?;
    match tag.said("tag_key") {
        Said::Value(key) if key.to_lowercase() != name.to_lowercase() => {
            Some((name.to_owned(), key.into_owned()))
        }
        _ => None,
    }
}

/// Warns where there is more of something than AWS Backup takes: the policy is accepted, and
/// the plan made of it is not.
pub(super) fn quota(what: &str, count: usize, most: usize, at: &Cursor<'_>, report: &mut Report) {
    if count > most {
        let message = format!("{count} {what} are more than AWS Backup's quota of {most}");
        let help = "AWS accepts the policy, but cannot make the plan: use fewer".into();
        report.key(Code::QuotaExceeded, at, message, help);
    }
}

/// Whether nothing would be left of a value in the effective policy.
fn is_hollow(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        members.iter().all(|(key, member)| {
            key.eq_ignore_ascii_case("@@operators_allowed_for_child_policies") || is_hollow(member)
        })
    })
}

/// ARNs of another partition than the plan's Regions: nothing there can use them.
fn check_partitions(plan: &Cursor<'_>, report: &mut Report) {
    let Some(listed) = plan.get("regions") else {
        return;
    };
    let mut of_regions = Vec::new();
    let operators = listed.members().flat_map(|(_, values)| values.elements());
    for region in operators.filter_map(|region| region.text()) {
        of_regions.extend(regions::partition(&region));
    }
    of_regions.sort_unstable();
    of_regions.dedup();
    match of_regions.as_slice() {
        [] => {}
        [expected] => compare_partitions(plan, expected, report),
        several => {
            let message = format!(
                "the Regions are of several partitions: {}",
                several.join(", ")
            );
            let help = "an organization is in one partition: use a policy for each".into();
            report.key(Code::PartitionsDiffer, &listed, message, help);
        }
    }
}

fn compare_partitions(at: &Cursor<'_>, expected: &str, report: &mut Report) {
    for (key, mut member) in at.members() {
        if Operator::of(key).is_some() {
            member.path.clone_from(&at.path);
        }
        compare_partitions(&member, expected, report);
    }
    for element in at.elements() {
        compare_partitions(&element, expected, report);
    }
    let Some(text) = at.value.as_str() else {
        return;
    };
    match arn::partition(text) {
        Some(found) if found != expected => {
            let message = format!("an ARN of the partition `{found}` in a plan for `{expected}`");
            let help = format!("write `arn:{expected}:...`");
            report.value(Code::PartitionsDiffer, at, message, help);
        }
        _ => {}
    }
}
