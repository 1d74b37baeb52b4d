//! One value as a row: what it is called, and which policies made it or wanted it otherwise.

use std::collections::BTreeMap;

use backup_policy::{Content, Ignored, Node, Policy, PolicyId};

use crate::words;

/// The names of an organization's policies.
#[derive(Debug, Clone, Copy)]
pub struct Names<'o>(pub &'o BTreeMap<String, Policy>);

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

/// A row for every value below a place, and for everything that was refused there, but not for
/// what is below some of its keys.
pub(super) fn rows_below(node: &Node, without: &[&str], names: Names<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for child in node
        .children()
        .filter(|child| !without.contains(&child.name()))
    {
        collect(child, &mut vec![child.name()], names, &mut rows);
    }
    rows.extend(refused_rows(node, names));
    rows
}

fn collect<'n>(node: &'n Node, path: &mut Vec<&'n str>, names: Names<'_>, rows: &mut Vec<Row>) {
    if let Some(content) = node.content() {
        rows.push(row(node, content, path, names));
    } else if let Some(pair) = pair(node, path, names) {
        rows.push(pair);
    } else {
        for child in node.children() {
            path.push(child.name());
            collect(child, path, names, rows);
            path.pop();
        }
        rows.extend(refused_rows(node, names));
    }
}

/// What is written as a key and a value, and means one thing: a tag, a condition.
fn pair(node: &Node, path: &[&str], names: Names<'_>) -> Option<Row> {
    let (label, operator, [key, value]) = match path {
        ["backup_plan_tags", _] => ("Tag on the plan", "=", ["tag_key", "tag_value"]),
        ["recovery_point_tags", _] => ("Tag on backups", "=", ["tag_key", "tag_value"]),
        ["conditions", operator, _] => {
            ("Condition", *operator, ["condition_key", "condition_value"])
        }
        _ => return None,
    };
    let (one, other) = (node.text(&[key])?, node.text(&[value])?);
    let mut refused = refusals(node, names);
    refused.extend(node.children().flat_map(|child| refusals(child, names)));
    Some(Row {
        label: label.into(),
        value: format!("{} {operator} {}", one.text, other.text),
        is_code: false,
        policies: node.policies(),
        notes: Vec::new(),
        refused,
    })
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

/// What policies wanted at a place, and which ones did not let them.
pub(super) fn refusals(node: &Node, names: Names<'_>) -> Vec<String> {
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

/// What was refused at a place that has no value of its own.
pub(super) fn refused_rows(node: &Node, names: Names<'_>) -> impl Iterator<Item = Row> {
    refusals(node, names).into_iter().map(|value| Row {
        label: "Without effect".into(),
        value,
        is_code: false,
        policies: Vec::new(),
        notes: Vec::new(),
        refused: Vec::new(),
    })
}
