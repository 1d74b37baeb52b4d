//! A plan for people.

use std::fmt::Write as _;

use policy_resource::plan::Change;
use serde_json::Value;

use super::Plan;
use super::difference::{Difference, differences};
use super::outcome::{Group, listed};
use super::present::Present;
use super::steps::{Action, Step};

/// The plan as text.
pub fn text(plan: &Plan, present: &Present) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        write_step(&mut out, step, present);
    }
    for group in &plan.groups {
        write_group(&mut out, group);
    }
    if plan.groups.is_empty() {
        out += "no account gets anything else\n\n";
    }
    if !plan.live {
        out += "not known from a file: whose policies these are, which of them the stack would \
                remove, descriptions, tags\n\n";
    }
    for finding in &plan.findings {
        out += &format!("FINDING[{}] {}\n", finding.code, finding.message);
    }
    let changing = plan.steps.iter().filter(|it| it.action != Action::Keep);
    let affected: usize = plan.groups.iter().map(|group| group.accounts.len()).sum();
    let _ = writeln!(
        out,
        "{} to change, {affected} of {} affected, {}",
        count(changing.count(), "policy", "policies"),
        count(plan.accounts, "account", "accounts"),
        count(plan.findings.len(), "finding", "findings"),
    );
    out
}

fn count(number: usize, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {several}"),
    }
}

fn write_step(out: &mut String, step: &Step, present: &Present) {
    let id = step.id.as_deref().unwrap_or_default();
    let what = match step.action {
        Action::Create => format!("create `{}`", step.name),
        Action::Change => format!("change `{}` ({id})", step.name),
        Action::Adopt => format!("take over and change `{}` ({id})", step.name),
        Action::Keep => format!("`{}` ({id}) stays as it is", step.name),
        Action::Remove => format!(
            "REMOVE `{}` ({id}), which the template has no more",
            step.name
        ),
        Action::Refuse => format!("`{}` CANNOT BE DEPLOYED: see the findings", step.name),
    };
    *out += &format!("{}: {what}\n", step.resource);
    if step.action == Action::Keep {
        *out += "\n";
        return;
    }
    let places = present.places();
    let name = |target: &str| match places.get(target) {
        Some((name, _)) => format!("{target} ({name})"),
        None => target.to_owned(),
    };
    for change in &step.changes {
        match change {
            Change::Attach(target) => *out += &format!("  + attach to {}\n", name(target)),
            Change::Detach(target) => *out += &format!("  - detach from {}\n", name(target)),
            Change::Update {
                name, description, ..
            } => {
                if let Some(new) = name {
                    let before = present
                        .organization
                        .policies
                        .get(step.id.as_deref().unwrap_or_default());
                    let before = before.map_or("", |policy| policy.name.as_str());
                    *out += &format!("  ~ name: `{before}` becomes `{new}`\n");
                }
                if let Some(new) = description {
                    *out += &format!("  ~ description becomes `{new}`\n");
                }
            }
            Change::Tag(_) | Change::Untag(_) => *out += &format!("  ~ {change}\n"),
        }
    }
    let differing = differences(step.before.as_deref(), step.after.as_deref());
    if !differing.is_empty() && step.action != Action::Remove {
        *out += "  content:\n";
        write_differences(out, &differing, "    ");
    }
    *out += "\n";
}

fn write_group(out: &mut String, group: &Group) {
    let number = group.accounts.len();
    if group.loses_last_plan {
        *out += "!!! NO BACKUP PLAN IS LEFT FOR\n";
    }
    if group.becomes_invalid {
        *out += "!!! THE MERGED POLICY BECOMES INVALID FOR\n";
    }
    *out += &format!("{}: ", count(number, "account", "accounts"));
    if group.loses_last_plan || group.becomes_invalid {
        // Each of them, however many: this is what a person must not miss.
        let all: Vec<String> = group
            .accounts
            .iter()
            .map(|(id, name)| format!("{id} ({name})"))
            .collect();
        *out += &format!("{}\n", all.join(", "));
    } else {
        *out += &format!("{}\n", listed(&group.accounts));
    }
    for problem in &group.problems {
        let policies: Vec<String> = problem
            .policies
            .iter()
            .map(
                |id| match group.names.iter().find(|(known, _)| **known == **id) {
                    Some((_, name)) => format!("`{name}`"),
                    None => id.to_string(),
                },
            )
            .collect();
        let from = match policies.as_slice() {
            [] => String::new(),
            some => format!(", from {}", some.join(", ")),
        };
        *out += &format!(
            "  ! {} in {}: {}{from}\n",
            problem.code.name(),
            problem.path,
            problem.message
        );
    }
    write_differences(out, &group.differences, "  ");
    *out += "\n";
}

/// One line a value: `+` new, `-` gone, `~` another one.
fn write_differences(out: &mut String, differences: &[Difference], indent: &str) {
    for Difference {
        path,
        before,
        after,
    } in differences
    {
        let path = path.join("/");
        *out += &match (before, after) {
            (Some(before), Some(after)) => {
                format!(
                    "{indent}~ {path}: {} becomes {}\n",
                    short(before),
                    short(after)
                )
            }
            (Some(before), None) => format!("{indent}- {path}: {}\n", short(before)),
            (None, Some(after)) => format!("{indent}+ {path}: {}\n", short(after)),
            (None, None) => String::new(),
        };
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(short).collect();
            format!("[{}]", texts.join(", "))
        }
        other => other.to_string(),
    }
}
