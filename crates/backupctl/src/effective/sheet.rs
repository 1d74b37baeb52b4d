//! What an account gets, as labelled rows: each value with the policies it comes from.

mod row;

use std::collections::BTreeMap;

use backup_policy::{CopyAction, DEFAULT_SCHEDULE, Effective, Plan, Resources, Rule, Selection};

pub use row::{Names, Row};
use row::{refusals, refused_rows, rows_below};

use super::retention::Retention;
use crate::words::{self, number};

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
    /// The key that it stands under: `tags` or `resources`.
    pub kind: &'static str,
    /// In one line, what it selects.
    pub summary: String,
    /// Its values.
    pub rows: Vec<Row>,
}

impl PlanSheet {
    /// Writes the names of rules and selections as the policies do: AWS shows them in lower case.
    pub fn spell(&mut self, spelling: &BTreeMap<String, String>) {
        let rules = self.rules.iter_mut().map(|rule| &mut rule.name);
        let selections = self.selections.iter_mut().map(|one| &mut one.name);
        for name in rules.chain(selections) {
            if let Some(written) = spelling.get(name) {
                name.clone_from(written);
            }
        }
    }

    /// The whole plan in one line.
    pub fn line(&self) -> String {
        let mut line = format!("plan {}", self.name);
        if !self.regions.is_empty() {
            line += &format!(" in {}", self.regions.join(", "));
        }
        let rules = self.rules.iter();
        let rules = rules.map(|rule| format!("{}: {}", rule.name, rule.summary));
        let selections = self.selections.iter().map(|one| one.summary.clone());
        let parts: Vec<String> = rules.chain(selections).collect();
        match parts.as_slice() {
            [] => line,
            parts => format!("{line} ({})", parts.join("; ")),
        }
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

/// The sheet of one plan.
pub fn plan_sheet(plan: &Plan<'_>, names: Names<'_>) -> PlanSheet {
    let mut rows = rows_below(plan.node, &["rules", "selections"], names);
    for place in [
        &["rules"] as &[&str],
        &["selections"],
        &["selections", "tags"],
        &["selections", "resources"],
    ] {
        rows.extend(
            plan.node
                .get(place)
                .into_iter()
                .flat_map(|node| refused_rows(node, names)),
        );
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
        rows: rows_below(rule.node, &[], names),
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
    let summary = match selection.conditions().len() {
        0 => summary,
        count => format!("{summary}, if {} met", number_with_verb(count, "condition")),
    };
    let kind = match selection.resources {
        Resources::Tagged { .. } => "tags",
        Resources::OfTypes { .. } => "resources",
    };
    SelectionSheet {
        name: selection.name().into(),
        kind,
        summary,
        rows: rows_below(selection.node, &[], names),
    }
}

fn number_with_verb(count: usize, thing: &str) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", number(count, thing))
}
