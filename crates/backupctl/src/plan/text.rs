//! A plan for people: what it comes to, who loses something, and then the rest.

use std::collections::BTreeSet;

use policy_resource::plan::Change;
use serde_json::Value;

use super::Plan;
use super::difference::{Difference, differences};
use super::groups::{Effect, Group};
use super::outcome::listed;
use super::steps::{Action, Step};
use crate::words::number;

/// The plan as text.
pub fn text(plan: &Plan) -> String {
    let mut out = summary(plan);
    for finding in &plan.findings {
        out += &format!("FINDING[{}] {}\n", finding.code, finding.message);
    }
    for warning in &plan.warnings {
        out += &format!("warning: {warning}\n");
    }
    out += &format!("{}\n", plan.basis);
    for note in &plan.notes {
        out += &format!("{note}\n");
    }
    let is_worse = |group: &&Group| group.effect() != Effect::GetsSomethingElse;
    let worse = plan.groups.iter().filter(is_worse);
    worse.for_each(|group| write_group(&mut out, group, plan));
    for step in &plan.steps {
        write_step(&mut out, step, plan);
    }
    if !plan.moves.is_empty() {
        out += "\n";
    }
    for line in &plan.moves {
        out += &format!("{line}\n");
    }
    let others = plan.groups.iter().filter(|group| !is_worse(group));
    others.for_each(|group| write_group(&mut out, group, plan));
    out
}

/// The answer in one line.
fn summary(plan: &Plan) -> String {
    let changing = plan.steps.iter().filter(|it| it.action != Action::Keep);
    let policies = match changing.count() {
        1 => "1 policy changes".to_owned(),
        many => format!("{many} policies change"),
    };
    let of = |effect: Effect| -> usize {
        let groups = plan.groups.iter().filter(|group| group.effect() == effect);
        groups.map(|group| group.accounts.len()).sum()
    };
    let effects = [
        (Effect::LosesLastPlan, "left without a backup plan"),
        (
            Effect::BecomesInvalid,
            "with a merged policy that becomes invalid",
        ),
        (Effect::LosesSomething, "that lose something"),
        (Effect::GetsSomethingElse, "that get more or something else"),
    ];
    let effects: Vec<String> = effects
        .into_iter()
        .map(|(effect, words)| (of(effect), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let affected: usize = plan.groups.iter().map(|group| group.accounts.len()).sum();
    let accounts = number(plan.accounts, "account");
    let affected = match effects.as_slice() {
        [] => format!("none of {accounts} gets anything else"),
        effects => format!("{affected} of {accounts} affected: {}", effects.join(", ")),
    };
    let findings = number(plan.findings.len(), "finding");
    format!("{policies}; {affected}; {findings}\n")
}

fn write_step(out: &mut String, step: &Step, plan: &Plan) {
    let id = match &step.id {
        Some(id) => format!(" ({id})"),
        None => String::new(),
    };
    let name = &step.name;
    let what = match step.action {
        Action::Create => format!("create `{name}`{id}"),
        Action::Change => format!("change `{name}`{id}"),
        Action::Adopt => format!("take over and change `{name}`{id}"),
        Action::Keep => format!("`{name}`{id} stays as it is"),
        Action::Remove if step.resource.is_some() => {
            format!("REMOVE `{name}`{id}, which the template has no more")
        }
        Action::Remove => format!("REMOVE `{name}`{id}"),
        Action::Refuse if step.resource.is_some() => {
            format!("`{name}` CANNOT BE DEPLOYED: see the findings")
        }
        Action::Refuse => format!("`{name}`{id} CANNOT BE CHANGED SO: see the findings"),
    };
    *out += &match &step.resource {
        Some(resource) => format!("\n{resource}: {what}\n"),
        None => format!("\n{what}\n"),
    };
    if step.action == Action::Keep {
        return;
    }
    let name = |target: &str| match plan.names.get(target) {
        Some(name) => format!("{target} ({name})"),
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
                    let before = step.id.as_ref().and_then(|id| plan.names.get(id));
                    let before = before.map_or("", String::as_str);
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
        let whole = whole_plans(step, &differing);
        for (sign, plan) in &whole {
            *out += &format!("    {sign} plan {plan}\n");
        }
        let is_whole = |path: &[String]| {
            plan_of(path).is_some_and(|plan| whole.iter().any(|(_, name)| name == plan))
        };
        let rest = differing.iter().filter(|it| !is_whole(&it.path));
        rest.for_each(|it| write_difference(out, it, "    ", &it.path));
    }
}

/// The plans that come or go with a content: what is in them is told by what accounts get.
fn whole_plans(step: &Step, differing: &[Difference]) -> BTreeSet<(char, String)> {
    let has = |content: &Option<String>, plan: &str| {
        let content: Option<Value> = content
            .as_ref()
            .and_then(|it| serde_json::from_str(it).ok());
        content.is_some_and(|it| {
            it.get("plans")
                .is_some_and(|plans| plans.get(plan).is_some())
        })
    };
    let mut whole = BTreeSet::new();
    for difference in differing {
        let Some(plan) = plan_of(&difference.path) else {
            continue;
        };
        match (has(&step.before, plan), has(&step.after, plan)) {
            (true, false) => whole.insert(('-', plan.clone())),
            (false, true) => whole.insert(('+', plan.clone())),
            _ => false,
        };
    }
    whole
}

/// The plan in which a value is.
fn plan_of(path: &[String]) -> Option<&String> {
    match path {
        [plans, plan, _, ..] if plans == "plans" => Some(plan),
        _ => None,
    }
}

fn write_group(out: &mut String, group: &Group, plan: &Plan) {
    *out += match group.effect() {
        Effect::LosesLastPlan => "\n!!! NO BACKUP PLAN IS LEFT FOR\n",
        Effect::BecomesInvalid => "\n!!! THE MERGED POLICY BECOMES INVALID FOR\n",
        Effect::LosesSomething => "\nSOMETHING IS LOST FOR\n",
        Effect::GetsSomethingElse => "\n",
    };
    *out += &format!("{}: ", number(group.accounts.len(), "account"));
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
        *out += &format!("    = help: {}\n", problem.help);
    }
    if group.becomes_invalid {
        *out += "  AWS keeps the last valid policy; this is what it withholds:\n";
    }
    for (sign, wholes) in [("-", &group.gone), ("+", &group.new)] {
        for whole in wholes {
            *out += &format!("  {sign} {}\n", whole.line);
        }
    }
    for difference in group.parts() {
        let path: Vec<String> = difference
            .path
            .iter()
            .map(|key| plan.spelling.get(key).unwrap_or(key).clone())
            .collect();
        write_difference(out, difference, "  ", &path);
    }
}

/// One line a value: `+` new, `-` gone, `~` another one.
fn write_difference(out: &mut String, difference: &Difference, indent: &str, path: &[String]) {
    let path = path.join("/");
    *out += &match (&difference.before, &difference.after) {
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
