//! What the page's script gets to know. Policies, schedules and what accounts get are there once,
//! and everything else has indexes into them.

use std::collections::HashMap;

use backup_policy::{Account, EffectivePolicies, Instant, PolicyId, Problem, Unit};
use serde_json::{Value, json};

use crate::basis;
use crate::effective::calendar::{Calendar, Schedules};
use crate::effective::retention::{Retention, Scale};
use crate::effective::sheet::{self, Names, PlanSheet, Row, RuleSheet};
use crate::effective::{Group, State, groups};
use crate::words;

/// How many colours the page has for plans.
const TONES: usize = 8;

/// The data of an organization's page.
pub(super) fn of(policies: &EffectivePolicies<'_>, now: Instant) -> Value {
    let organization = policies.organization;
    let calendar = Calendar::of(now);
    let groups = groups(policies);
    let names = Names(&organization.policies);
    let sheets: Vec<Vec<PlanSheet>> = groups
        .iter()
        .map(|group| sheet::plans(&group.effective, names))
        .collect();
    let scale = Scale::up_to(longest(&sheets));
    let mut page = Page {
        policies: organization
            .policies
            .keys()
            .map(String::as_str)
            .zip(0..)
            .collect(),
        names,
        schedules: Schedules::new(calendar),
        scale,
        tones: HashMap::new(),
    };
    let documents: Vec<Value> = groups
        .iter()
        .zip(&sheets)
        .map(|(group, plans)| page.document(group, plans))
        .collect();
    let accounts: HashMap<&str, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(index, group)| {
            group
                .accounts
                .iter()
                .map(move |account| (account.account.id.as_str(), index))
        })
        .collect();
    let schedule = |(expression, runs): &(String, Vec<i64>)| json!({"expression": expression, "words": words::schedule(expression), "runs": runs});
    let policy = |(id, policy): (&String, &backup_policy::Policy)| json!({"id": id, "name": if policy.name.is_empty() { id } else { &policy.name }});
    let tick = |(label, at): &(&str, f64)| json!({"label": label, "at": at});
    json!({
        "basis": basis::of(organization, now),
        "calendar": {
            "from": calendar.first.to_string(),
            "time": calendar.time(),
            "days": calendar.days,
        },
        "ticks": page.scale.ticks().iter().map(tick).collect::<Value>(),
        "policies": organization.policies.iter().map(policy).collect::<Value>(),
        "schedules": page.schedules.all.iter().map(schedule).collect::<Value>(),
        "documents": documents,
        "tree": page.unit(&organization.root, &accounts),
    })
}

fn longest(sheets: &[Vec<PlanSheet>]) -> u64 {
    let rules = sheets.iter().flatten().flat_map(|plan| &plan.rules);
    let retentions = rules.flat_map(|rule| {
        let copies = rule.copies.iter().map(|copy| &copy.retention);
        std::iter::once(&rule.retention).chain(copies)
    });
    retentions
        .map(Retention::last_day)
        .max()
        .unwrap_or_default()
}

struct Page<'o> {
    policies: HashMap<&'o str, usize>,
    names: Names<'o>,
    schedules: Schedules,
    scale: Scale,
    tones: HashMap<String, usize>,
}

impl Page<'_> {
    /// The tree, with the accounts that something is known of.
    fn unit(&self, unit: &Unit, documents: &HashMap<&str, usize>) -> Value {
        let account = |account: &Account| {
            let document = documents.get(account.id.as_str())?;
            Some(json!([
                account.id,
                account.name,
                document,
                self.attached(&account.policies)
            ]))
        };
        let below = unit.organizational_units.iter();
        json!({
            "id": unit.id,
            "name": unit.name,
            "policies": self.attached(&unit.policies),
            "accounts": unit.accounts.iter().filter_map(account).collect::<Value>(),
            "units": below.map(|unit| self.unit(unit, documents)).collect::<Value>(),
        })
    }

    fn attached(&self, policies: &[String]) -> Vec<usize> {
        let index = |id: &String| self.policies.get(id.as_str()).copied();
        policies.iter().filter_map(index).collect()
    }

    fn indexes(&self, policies: &[PolicyId]) -> Vec<usize> {
        let index = |id: &PolicyId| self.policies.get(&**id).copied();
        policies.iter().filter_map(index).collect()
    }

    fn document(&mut self, group: &Group<'_>, plans: &[PlanSheet]) -> Value {
        let effective = &group.effective;
        let state = match group.state {
            State::Invalid => "invalid",
            State::Nothing => "nothing",
            State::Plans => "plans",
        };
        let problem = |problem: &Problem| {
            json!({
                "code": problem.code.name(),
                "path": problem.path,
                "message": problem.message,
                "policies": self.indexes(&problem.policies),
                "help": problem.help,
            })
        };
        json!({
            "state": state,
            "problems": effective.problems.iter().map(problem).collect::<Value>(),
            "refused": sheet::refused_plans(effective, self.names),
            "policies": self.indexes(&effective.root.policies()),
            "plans": plans.iter().map(|plan| self.plan(plan)).collect::<Value>(),
        })
    }

    fn plan(&mut self, plan: &PlanSheet) -> Value {
        let next = self.tones.len() % TONES;
        let tone = *self.tones.entry(plan.name.clone()).or_insert(next);
        let selection = |selection: &sheet::SelectionSheet| {
            json!({
                "name": selection.name,
                "summary": selection.summary,
                "rows": self.rows(&selection.rows),
            })
        };
        let selections: Value = plan.selections.iter().map(selection).collect();
        json!({
            "name": plan.name,
            "tone": tone,
            "regions": plan.regions,
            "rows": self.rows(&plan.rows),
            "selections": selections,
            "rules": plan.rules.iter().map(|rule| self.rule(rule)).collect::<Value>(),
        })
    }

    fn rule(&mut self, rule: &RuleSheet) -> Value {
        let copy = |copy: &sheet::CopySheet| json!({"vault": copy.vault, "place": copy.place, "life": self.life(&copy.retention)});
        let copies: Value = rule.copies.iter().map(copy).collect();
        json!({
            "name": rule.name,
            "summary": rule.summary,
            "schedule": self.schedules.index(&rule.schedule),
            "rows": self.rows(&rule.rows),
            "life": self.life(&rule.retention),
            "copies": copies,
        })
    }

    fn rows(&self, rows: &[Row]) -> Value {
        let row = |row: &Row| {
            json!({
                "label": row.label,
                "value": row.value,
                "code": row.is_code,
                "policies": self.indexes(&row.policies),
                "notes": row.notes,
                "refused": row.refused,
            })
        };
        rows.iter().map(row).collect()
    }

    fn life(&self, retention: &Retention) -> Value {
        let stay = |stay: &crate::effective::retention::Stay| {
            json!({
                "kind": stay.storage.name(),
                "from": self.scale.at(stay.from),
                "to": stay.to.map_or(100.0, |day| self.scale.at(day)),
                "endless": stay.to.is_none(),
            })
        };
        json!({
            "words": retention.words,
            "spans": retention.stays.iter().map(stay).collect::<Value>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_policy::Organization;

    const SAMPLE: &str = include_str!("../../../examples/organization.json");

    fn data(policies: impl FnOnce(&mut EffectivePolicies<'_>)) -> Value {
        let now = "2026-11-23T00:05:00Z".parse().unwrap();
        let organization = Organization::parse(SAMPLE).unwrap();
        let mut effective = organization.effective_policies(now).unwrap();
        policies(&mut effective);
        of(&effective, now)
    }

    fn accounts<'d>(unit: &'d Value, found: &mut Vec<(&'d str, u64)>) {
        for account in unit["accounts"].as_array().unwrap() {
            found.push((account[1].as_str().unwrap(), account[2].as_u64().unwrap()));
        }
        for below in unit["units"].as_array().unwrap() {
            accounts(below, found);
        }
    }

    #[test]
    fn accounts_that_get_the_same_share_it() {
        let data = data(|_| {});
        let documents = data["documents"].as_array().unwrap();
        assert_eq!(documents.len(), 8);
        let mut found = Vec::new();
        accounts(&data["tree"], &mut found);
        assert_eq!(found.len(), 40);
        let index = |name| found.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(index("audit"), index("shop-dev"));
        assert_ne!(index("shop-dev"), index("data-lab"));
        for (name, state) in [
            ("billing", "invalid"),
            ("management", "nothing"),
            ("dns", "plans"),
        ] {
            assert_eq!(
                documents[usize::try_from(index(name)).unwrap()]["state"],
                state,
                "{name}"
            );
        }
        // Six schedules, however many rules have them.
        assert_eq!(data["schedules"].as_array().unwrap().len(), 6);
    }

    #[test]
    fn with_one_account_the_tree_has_one() {
        let data = data(|policies| {
            policies
                .accounts
                .retain(|account| account.account.name == "data-lab");
        });
        let mut found = Vec::new();
        accounts(&data["tree"], &mut found);
        assert_eq!(found, [("data-lab", 0)]);
        assert_eq!(data["documents"].as_array().unwrap().len(), 1);
    }
}
