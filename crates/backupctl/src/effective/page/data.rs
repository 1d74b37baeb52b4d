//! What the page's script gets to know. Whatever several accounts have in common is there once: a
//! result has the indexes of its plans, a plan those of its rules, a rule those of its rows.

use std::collections::HashMap;
use std::io::{self, Write};

use backup_policy::{
    Account, EffectivePolicies, Instant, Node, Plan, PolicyId, Problem, Unit, Warning,
};
use serde_json::{Value, json};

use super::embed;
use super::once::{Once, Values, list};
use crate::basis;
use crate::effective::calendar::{Calendar, Schedules};
use crate::effective::retention::{Retention, Scale};
use crate::effective::sheet::{self, CopySheet, Names, Row, RuleSheet, SelectionSheet};
use crate::effective::{Group, State, vain};
use crate::words;

/// How many colours the page has for plans.
const TONES: usize = 8;

/// Writes the data of an organization's page: results first, and what they have indexes into as
/// soon as it is known.
pub(super) fn write(
    policies: &EffectivePolicies<'_>,
    groups: &[Group<'_>],
    now: Instant,
    out: &mut dyn Write,
) -> io::Result<()> {
    let organization = policies.organization;
    let calendar = Calendar::of(now);
    let names = Names(&organization.policies);
    let ids = organization.policies.keys().map(String::as_str);
    let mut page = Page {
        policies: ids.zip(0..).collect(),
        names,
        schedules: Schedules::new(calendar),
        lives: Once::default(),
        tones: HashMap::new(),
        known: HashMap::new(),
        plans: Values::default(),
        rules: Values::default(),
        selections: Values::default(),
        rows: Values::default(),
        remarks: Values::default(),
    };
    let accounts: HashMap<&str, usize> = (0..)
        .zip(groups)
        .flat_map(|(index, group)| {
            let accounts = group.accounts.iter();
            accounts.map(move |account| (account.account.id.as_str(), index))
        })
        .collect();
    let policy = |(id, policy): (&String, &backup_policy::Policy)| json!({"id": id, "name": if policy.name.is_empty() { id } else { &policy.name }});
    let idle = policies.without_effect.iter();
    let idle = idle.map(|idle| vain::without_effect(idle, names));
    let about = json!({
        "basis": basis::of(organization, now),
        "calendar": {
            "from": calendar.first.to_string(),
            "time": calendar.time(),
            "days": calendar.days,
        },
        "policies": organization.policies.iter().map(policy).collect::<Value>(),
        "idleness": vain::WITHOUT_EFFECT,
        "idle": idle.collect::<Value>(),
    });
    write!(out, "{{\"about\":{},\"documents\":", embed(&about))?;
    list(groups.iter().map(|group| page.document(group)), out)?;
    out.write_all(b",\"tree\":")?;
    page.unit(&organization.root, &accounts, out)?;
    page.tables(out)?;
    out.write_all(b"}")
}

struct Page<'o> {
    policies: HashMap<&'o str, usize>,
    names: Names<'o>,
    schedules: Schedules,
    lives: Once<Retention>,
    tones: HashMap<String, usize>,
    // INVARIANT: the plans outlive this, so that no other gets the address of one.
    known: HashMap<*const Node, usize>,
    plans: Values,
    rules: Values,
    selections: Values,
    rows: Values,
    remarks: Values,
}

impl Page<'_> {
    /// The tree, with the accounts that something is known of.
    fn unit(
        &self,
        unit: &Unit,
        documents: &HashMap<&str, usize>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let account = |account: &Account| {
            let document = documents.get(account.id.as_str())?;
            let attached = self.attached(&account.policies);
            Some(embed(&json!([
                account.id,
                account.name,
                document,
                attached
            ])))
        };
        let (id, name) = (&unit.id, &unit.name);
        let unit_itself = json!([id, name, self.attached(&unit.policies)]);
        write!(out, "{{\"unit\":{},\"accounts\":", embed(&unit_itself))?;
        list(unit.accounts.iter().filter_map(account), out)?;
        out.write_all(b",\"units\":[")?;
        for (index, below) in unit.organizational_units.iter().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            self.unit(below, documents, out)?;
        }
        out.write_all(b"]}")
    }

    /// What the results have indexes into.
    fn tables(self, out: &mut dyn Write) -> io::Result<()> {
        let lives = self.lives.all();
        let longest = lives.iter().map(Retention::last_day).max();
        let scale = Scale::up_to(longest.unwrap_or_default());
        let tick = |(label, at): &(&str, f64)| json!({"label": label, "at": at});
        let schedule = |(expression, runs): &(String, Vec<i64>)| json!({"expression": expression, "words": words::schedule(expression), "runs": runs});
        let rest = json!({
            "ticks": scale.ticks().iter().map(tick).collect::<Value>(),
            "lives": lives.iter().map(|one| life(one, scale)).collect::<Value>(),
            "schedules": self.schedules.all.iter().map(schedule).collect::<Value>(),
        });
        write!(out, ",\"rest\":{}", embed(&rest))?;
        for (name, values) in [
            ("plans", self.plans),
            ("rules", self.rules),
            ("selections", self.selections),
            ("rows", self.rows),
            ("remarks", self.remarks),
        ] {
            write!(out, ",\"{name}\":")?;
            values.write(out)?;
        }
        Ok(())
    }

    fn attached(&self, policies: &[String]) -> Vec<usize> {
        let index = |id: &String| self.policies.get(id.as_str()).copied();
        policies.iter().filter_map(index).collect()
    }

    fn indexes(&self, policies: &[PolicyId]) -> Vec<usize> {
        let index = |id: &PolicyId| self.policies.get(&**id).copied();
        policies.iter().filter_map(index).collect()
    }

    fn document(&mut self, group: &Group<'_>) -> String {
        let effective = &group.effective;
        let state = match group.state {
            State::Invalid => "invalid",
            State::Nothing => "nothing",
            State::Plans => "plans",
        };
        let problems = effective.problems.iter();
        let problems: Vec<usize> = problems.map(|problem| self.problem(problem)).collect();
        let warnings = effective.warnings.iter();
        let warnings: Vec<usize> = warnings.map(|warning| self.warning(warning)).collect();
        let plans = effective.plans();
        let plans: Vec<usize> = plans.iter().map(|plan| self.plan(plan)).collect();
        embed(&json!({
            "state": state,
            "problems": problems,
            "warnings": warnings,
            "refused": sheet::refused_plans(effective, self.names),
            "plans": plans,
        }))
    }

    fn problem(&mut self, problem: &Problem) -> usize {
        let value = json!({
            "code": problem.code.name(),
            "path": problem.path,
            "message": problem.message,
            "policies": self.indexes(&problem.policies),
            "help": problem.help,
        });
        self.remarks.index(&value)
    }

    fn warning(&mut self, warning: &Warning) -> usize {
        let value = json!({
            "code": warning.code.name(),
            "path": warning.path.join("/"),
            "message": warning.message,
            "policies": self.indexes(&warning.policies),
            "help": warning.help,
        });
        self.remarks.index(&value)
    }

    fn plan(&mut self, plan: &Plan<'_>) -> usize {
        let address = std::ptr::from_ref(plan.node);
        if let Some(index) = self.known.get(&address) {
            return *index;
        }
        let sheet = sheet::plan_sheet(plan, self.names);
        let next = self.tones.len() % TONES;
        let tone = *self.tones.entry(sheet.name.clone()).or_insert(next);
        let selections = sheet.selections.iter();
        let selections: Vec<usize> = selections.map(|one| self.selection(one)).collect();
        let rules: Vec<usize> = sheet.rules.iter().map(|rule| self.rule(rule)).collect();
        let value = json!({
            "name": sheet.name,
            "tone": tone,
            "regions": sheet.regions,
            "policies": self.indexes(&plan.node.policies()),
            "rows": self.rows(&sheet.rows),
            "selections": selections,
            "rules": rules,
        });
        let index = self.plans.index(&value);
        self.known.insert(address, index);
        index
    }

    fn selection(&mut self, selection: &SelectionSheet) -> usize {
        let value = json!({
            "name": selection.name,
            "summary": selection.summary,
            "rows": self.rows(&selection.rows),
        });
        self.selections.index(&value)
    }

    fn rule(&mut self, rule: &RuleSheet) -> usize {
        let copy = |copy: &CopySheet| json!({"vault": copy.vault, "place": copy.place, "life": self.lives.index(copy.retention.clone())});
        let copies: Value = rule.copies.iter().map(copy).collect();
        let value = json!({
            "name": rule.name,
            "summary": rule.summary,
            "schedule": self.schedules.index(&rule.schedule),
            "rows": self.rows(&rule.rows),
            "life": self.lives.index(rule.retention.clone()),
            "copies": copies,
        });
        self.rules.index(&value)
    }

    fn rows(&mut self, rows: &[Row]) -> Vec<usize> {
        let row = |row: &Row| {
            let value = json!({
                "label": row.label,
                "value": row.value,
                "code": row.is_code,
                "policies": self.indexes(&row.policies),
                "notes": row.notes,
                "refused": row.refused,
            });
            self.rows.index(&value)
        };
        rows.iter().map(row).collect()
    }
}

fn life(retention: &Retention, scale: Scale) -> Value {
    let stay = |stay: &crate::effective::retention::Stay| {
        json!({
            "kind": stay.storage.name(),
            "from": scale.at(stay.from),
            "to": stay.to.map_or(100.0, |day| scale.at(day)),
            "endless": stay.to.is_none(),
        })
    };
    json!({
        "words": retention.words,
        "spans": retention.stays.iter().map(stay).collect::<Value>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effective::groups;
    use backup_policy::Organization;

    const SAMPLE: &str = include_str!("../../../examples/organization.json");

    fn data(policies: impl FnOnce(&mut EffectivePolicies<'_>)) -> Value {
        let now = "2026-11-23T00:05:00Z".parse().unwrap();
        let organization = Organization::parse(SAMPLE).unwrap();
        let mut effective = organization.effective_policies(now).unwrap();
        policies(&mut effective);
        let mut written = Vec::new();
        write(&effective, &groups(&effective), now, &mut written).unwrap();
        serde_json::from_slice(&written).unwrap()
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
        assert_eq!(data["rest"]["schedules"].as_array().unwrap().len(), 6);
    }

    #[test]
    fn what_results_have_in_common_is_there_once() {
        let data = data(|_| {});
        let of = |list: &str| {
            let plans = data["plans"].as_array().unwrap().iter();
            let all: Vec<&Value> = plans.flat_map(|it| it[list].as_array().unwrap()).collect();
            (all.len(), data[list].as_array().unwrap().len())
        };
        let results = data["documents"].as_array().unwrap().iter();
        let plans = results.flat_map(|it| it["plans"].as_array().unwrap());
        let plans = (plans.count(), data["plans"].as_array().unwrap().len());
        assert_eq!(
            [plans, of("rules"), of("selections")],
            [(17, 10), (16, 9), (10, 4)]
        );
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
