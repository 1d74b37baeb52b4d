//! What an account gets, as labelled rows: each value with the policies it comes from.

use std::collections::BTreeMap;

use backup_policy::{
    Content, CopyAction, DEFAULT_SCHEDULE, Effective, Ignored, Node, Plan, Policy, PolicyId,
    Resources, Rule, Selection, Sourced,
};

use super::retention::Retention;
use crate::words::{self, number};

/// The names of an organization's policies.
#[derive(Debug, Clone, Copy)]
pub struct Names<'o>(pub &'o BTreeMap<String, Policy>);

/// A backup plan.
#[derive(Debug)]
pub struct PlanSheet {
    /// Its name.
    pub name: String,
    /// Where it works.
    pub regions: Vec<String>,
    /// What it has beside rules and selections.
    pub rows: Vec<Row>,
    /// Its rules.
    pub rules: Vec<RuleSheet>,
    /// Its selections.
    pub selections: Vec<SelectionSheet>,
}

/// A rule of a plan.
#[derive(Debug)]
pub struct RuleSheet {
    /// Its name.
    pub name: String,
    /// In one line, when, for how long and where to.
    pub summary: String,
    /// Its schedule, or AWS Backup's default one.
    pub schedule: String,
    /// Whether it makes continuous backups.
    pub is_continuous: bool,
    /// Its values.
    pub rows: Vec<Row>,
    /// What becomes of its backups.
    pub retention: Retention,
    /// Its copies.
    pub copies: Vec<CopySheet>,
}

/// A copy of a rule's backups.
#[derive(Debug)]
pub struct CopySheet {
    /// The name of the vault.
    pub vault: String,
    /// The vault's Region and account, as far as the ARN says.
    pub place: String,
    /// What becomes of the copies.
    pub retention: Retention,
}

/// A selection of a plan.
#[derive(Debug)]
pub struct SelectionSheet {
    /// Its name.
    pub name: String,
    /// In one line, what it selects.
    pub summary: String,
    /// Its values.
    pub rows: Vec<Row>,
}

/// A value with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is, in words.
    pub label: String,
    /// The value as text.
    pub value: String,
    /// Whether it is something for machines: an ARN, an expression.
    pub is_code: bool,
    /// The policies that made it, from the root downwards.
    pub policies: Vec<PolicyId>,
    /// What else there is to know: who limits it, and who changed which members of a list.
    pub notes: Vec<String>,
    /// What policies wanted to change, and were not allowed to.
    pub refused: Vec<String>,
}

impl Names<'_> {
    /// The name of a policy, or its id if it has none.
    pub fn of<'n>(&'n self, policy: &'n PolicyId) -> &'n str {
        let name = self.0.get(&**policy).map(|policy| policy.name.as_str());
        name.filter(|name| !name.is_empty()).unwrap_or(policy)
    }

    fn list(&self, policies: &[PolicyId]) -> String {
        let names: Vec<&str> = policies.iter().map(|policy| self.of(policy)).collect();
        names.join(", ")
    }
}

/// The plans of an effective policy.
pub fn plans(effective: &Effective, names: Names<'_>) -> Vec<PlanSheet> {
    let plans = effective.plans();
    plans.iter().map(|plan| plan_sheet(plan, names)).collect()
}

/// The plans that policies wanted to add and were not allowed to.
pub fn refused_plans(effective: &Effective, names: Names<'_>) -> Vec<String> {
    let plans = effective.root.get(&["plans"]);
    let places = [Some(&*effective.root), plans].into_iter().flatten();
    places.flat_map(|node| refusals(node, names)).collect()
}

fn plan_sheet(plan: &Plan<'_>, names: Names<'_>) -> PlanSheet {
    let mut rows = leaves(
        plan.node,
        &["rules", "selections", "backup_plan_tags"],
        names,
    );
    rows.extend(tag_rows("Tag on the plan", &plan.tags()));
    for place in [
        &[] as &[&str],
        &["rules"],
        &["selections"],
        &["selections", "tags"],
    ] {
        let refused = plan
            .node
            .get(place)
            .map_or_else(Vec::new, |node| refusals(node, names));
        rows.extend(refused.into_iter().map(refused_row));
    }
    PlanSheet {
        name: plan.name().into(),
        regions: plan
            .regions()
            .iter()
            .map(|region| region.text.to_string())
            .collect(),
        rows,
        rules: plan
            .rules()
            .iter()
            .map(|rule| rule_sheet(rule, names))
            .collect(),
        selections: plan
            .selections()
            .iter()
            .map(|one| selection_sheet(one, names))
            .collect(),
    }
}

fn rule_sheet(rule: &Rule<'_>, names: Names<'_>) -> RuleSheet {
    let schedule = rule
        .schedule()
        .map_or(DEFAULT_SCHEDULE, |schedule| &schedule.text)
        .to_owned();
    let mut rows = leaves(rule.node, &["recovery_point_tags"], names);
    rows.extend(tag_rows("Tag on backups", &rule.tags()));
    rows.extend(refusals(rule.node, names).into_iter().map(refused_row));
    let retention = Retention::of_backups(rule);
    let copies: Vec<CopySheet> = rule.copies().iter().map(copy_sheet).collect();
    let mut summary = words::schedule(&schedule).unwrap_or_else(|| schedule.clone());
    if rule.schedule().is_none() {
        summary.push_str(" (AWS Backup’s default)");
    }
    summary = format!("{summary}, {}", retention.words);
    for copy in &copies {
        summary = format!("{summary}, copied to {}", copy.vault);
    }
    RuleSheet {
        name: rule.name().into(),
        summary,
        schedule,
        is_continuous: rule.is_continuous(),
        rows,
        retention,
        copies,
    }
}

fn copy_sheet(copy: &CopyAction<'_>) -> CopySheet {
    let account = copy.account().map(|account| match account {
        "$account" => "the same account".to_owned(),
        id => format!("account {id}"),
    });
    let place: Vec<String> = copy
        .region()
        .map(str::to_owned)
        .into_iter()
        .chain(account)
        .collect();
    CopySheet {
        vault: copy.vault().unwrap_or_else(|| copy.target()).into(),
        place: place.join(", "),
        retention: Retention::of_copies(&copy.lifecycle()),
    }
}

fn selection_sheet(selection: &Selection<'_>, names: Names<'_>) -> SelectionSheet {
    let summary = match selection.resources {
        Resources::Tagged { key, values } => {
            let key = key.map_or("?", |key| &key.text);
            let values: Vec<&str> = values.iter().map(|value| &*value.text).collect();
            format!("resources tagged {key} = {}", values.join(" or "))
        }
        Resources::OfTypes { types, except } => {
            let mut summary = match types {
                [all] if &*all.text == "*" => "resources of all types".to_owned(),
                types => format!("resources of {}", number(types.len(), "type")),
            };
            if !except.is_empty() {
                summary += &format!(" except {}", number(except.len(), "type"));
            }
            summary
        }
    };
    let conditions = selection.conditions();
    let summary = match conditions.len() {
        0 => summary,
        count => format!("{summary}, if {} met", number_with_verb(count, "condition")),
    };
    let mut rows = leaves(selection.node, &["conditions"], names);
    for condition in &conditions {
        let text = |value: Option<&Sourced>| value.map_or("?", |value| &value.text).to_owned();
        rows.push(Row {
            label: "Condition".into(),
            value: format!(
                "{} {} {}",
                text(condition.key),
                condition.operator,
                text(condition.value)
            ),
            is_code: true,
            policies: policies_of(condition.key.into_iter().chain(condition.value)),
            notes: Vec::new(),
            refused: Vec::new(),
        });
    }
    SelectionSheet {
        name: selection.name().into(),
        summary,
        rows,
    }
}

fn number_with_verb(count: usize, thing: &str) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", number(count, thing))
}

/// A row for every value below a place, but not for what is below some of its keys.
fn leaves(node: &Node, without: &[&str], names: Names<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for child in node
        .children()
        .filter(|child| !without.contains(&child.name()))
    {
        collect(child, &mut vec![child.name()], names, &mut rows);
    }
    rows
}

fn collect<'n>(node: &'n Node, path: &mut Vec<&'n str>, names: Names<'_>, rows: &mut Vec<Row>) {
    match node.content() {
        Some(content) => rows.push(row(node, content, path, names)),
        None => {
            for child in node.children() {
                path.push(child.name());
                collect(child, path, names, rows);
                path.pop();
            }
            rows.extend(refusals(node, names).into_iter().map(refused_row));
        }
    }
}

fn row(node: &Node, content: &Content, path: &[&str], names: Names<'_>) -> Row {
    let text = match content {
        Content::Text(text) => text.text.to_string(),
        Content::List(list) if list.members.is_empty() => "none".into(),
        Content::List(list) => {
            let members: Vec<&str> = list.members.iter().map(|member| &*member.text).collect();
            members.join(", ")
        }
    };
    let (label, value, is_code) = named(path, &text);
    let mut notes = Vec::new();
    if let Content::List(list) = content {
        let assigned = list.assigned.as_ref().map(|origin| &origin.policy);
        for member in &list.members {
            if assigned.is_some_and(|assigned| *assigned != member.origin.policy) {
                notes.push(format!(
                    "{} added by {}",
                    member.text,
                    names.of(&member.origin.policy)
                ));
            }
        }
        for removed in &list.removed {
            notes.push(format!(
                "{} removed by {}",
                removed.text,
                names.of(&removed.origin.policy)
            ));
        }
    }
    let refused = refusals(node, names);
    if refused.is_empty() && !node.limited_by().is_empty() {
        notes.push(format!(
            "limited for the levels below by {}",
            limits(node, names)
        ));
    }
    Row {
        label,
        value,
        is_code,
        policies: node.policies(),
        notes,
        refused,
    }
}

/// What is shown of a value: its label, the value in words, and whether it is code.
fn named(path: &[&str], text: &str) -> (String, String, bool) {
    let plain = |label: &str| (label.to_owned(), text.to_owned(), false);
    let code = |label: &str| (label.to_owned(), text.to_owned(), true);
    let counted = |label: &str, value: String| (label.to_owned(), value, false);
    let days = |days: &str| {
        days.parse()
            .map_or_else(|_| days.into(), words::days_of_retention)
    };
    match path {
        ["regions"] => plain("Regions"),
        ["schedule_expression"] => match words::schedule(text) {
            Some(words) => counted("Schedule", format!("{words}, {text}")),
            None => code("Schedule"),
        },
        ["target_backup_vault_name"] => plain("Vault"),
        ["target_logically_air_gapped_backup_vault_arn"] => code("Air-gapped vault"),
        ["start_backup_window_minutes"] => counted("Must start within", format!("{text} minutes")),
        ["complete_backup_window_minutes"] => counted("Cancelled after", format!("{text} minutes")),
        ["enable_continuous_backup"] => plain("Continuous backup"),
        ["lifecycle", "move_to_cold_storage_after_days"] => {
            counted("To cold storage after", days(text))
        }
        ["lifecycle", "delete_after_days"] => counted("Deleted after", days(text)),
        ["lifecycle", "opt_in_to_archive_for_supported_resources"] => plain("Archive tier"),
        ["copy_actions", _, "target_backup_vault_arn"] => code("Copied to"),
        [
            "copy_actions",
            _,
            "lifecycle",
            "move_to_cold_storage_after_days",
        ] => counted("Copy to cold storage after", days(text)),
        ["copy_actions", _, "lifecycle", "delete_after_days"] => {
            counted("Copy deleted after", days(text))
        }
        ["copy_actions", _, "lifecycle", _] => plain("Copy in archive tier"),
        ["index_actions", "resource_types"] => plain("Indexed"),
        ["scan_actions", scanner, _] => counted(&format!("Scanned by {scanner}"), text.into()),
        ["iam_role_arn"] => code("Role"),
        ["tag_key"] => plain("Tag"),
        ["tag_value"] => plain("Values of the tag"),
        ["resource_types"] => code("Types of resource"),
        ["not_resource_types"] => code("Types left out"),
        ["advanced_backup_settings", service, setting] => counted(
            &format!("{service}: {}", setting.replace('_', " ")),
            text.into(),
        ),
        ["scan_settings", scanner, setting] => counted(
            &format!("{scanner} scan: {}", setting.replace('_', " ")),
            text.into(),
        ),
        other => code(&other.join(" / ")),
    }
}

fn tag_rows(label: &str, tags: &[(&Sourced, &Sourced)]) -> Vec<Row> {
    let row = |(key, value): &(&Sourced, &Sourced)| Row {
        label: label.into(),
        value: format!("{} = {}", key.text, value.text),
        is_code: false,
        policies: policies_of([*key, *value]),
        notes: Vec::new(),
        refused: Vec::new(),
    };
    tags.iter().map(row).collect()
}

fn policies_of<'s>(sources: impl IntoIterator<Item = &'s Sourced>) -> Vec<PolicyId> {
    let mut policies: Vec<PolicyId> = Vec::new();
    for source in sources {
        if !policies.contains(&source.origin.policy) {
            policies.push(source.origin.policy.clone());
        }
    }
    policies
}

/// What policies wanted at a place, and which ones did not let them.
fn refusals(node: &Node, names: Names<'_>) -> Vec<String> {
    let refusal = |ignored: &Ignored| {
        let wanted = match (&ignored.key, ignored.operator) {
            (Some(key), _) => format!("add {key}"),
            (None, "@@append") => "add to it".into(),
            (None, "@@remove") => "take from it".into(),
            (None, _) => "change it".into(),
        };
        let who = names.of(&ignored.origin.policy);
        match limits(node, names) {
            limits if limits.is_empty() => format!("{who} wants to {wanted} and may not"),
            limits => format!("{who} wants to {wanted}, which {limits} does not allow"),
        }
    };
    node.ignored().iter().map(refusal).collect()
}

fn limits(node: &Node, names: Names<'_>) -> String {
    let mut policies: Vec<PolicyId> = Vec::new();
    for origin in node.limited_by() {
        if !policies.contains(&origin.policy) {
            policies.push(origin.policy.clone());
        }
    }
    names.list(&policies)
}

fn refused_row(text: String) -> Row {
    Row {
        label: "Without effect".into(),
        value: text,
        is_code: false,
        policies: Vec::new(),
        notes: Vec::new(),
        refused: Vec::new(),
    }
}
