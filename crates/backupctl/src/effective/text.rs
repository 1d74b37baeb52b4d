//! What accounts get, as text: accounts that get the same are shown together.

use std::collections::HashMap;
use std::io::{self, Write};

use backup_policy::{AccountPolicy, EffectivePolicies, Instant, Node, Plan, Problem, Unit};
use sha2::{Digest as _, Sha256};

use super::sheet::{self, Names, PlanSheet, Row};
use super::{Group, State, vain};
use crate::basis;
use crate::words::number;

/// How many accounts of a unit, and how many units, are named before "and 9 more".
const FEW: usize = 5;

/// How wide labels are.
const LABELS: usize = 28;

/// Writes everything as lines of text. What accounts get is numbered, and a plan that was shown
/// before is not shown again.
///
/// # Errors
/// It cannot be written.
pub fn write(
    policies: &EffectivePolicies<'_>,
    groups: &[Group<'_>],
    now: Instant,
    out: &mut dyn Write,
) -> io::Result<()> {
    let names = Names(&policies.organization.policies);
    let mut text = Text::default();
    let root = &policies.organization.root;
    let accounts = number(policies.accounts.len(), "account");
    let results = match groups.len() {
        0 | 1 => String::new(),
        many => format!(", {}", number(many, "different result")),
    };
    text.line(
        0,
        &format!("{} ({}): {accounts}{results}", root.name, root.id),
    );
    text.line(0, &basis::of(policies.organization, now));
    text.line(
        0,
        "not looked at: vaults, keys, roles, opt-ins and tags, which no file of policies holds",
    );
    let mut shown = Shown::default();
    for (index, group) in (1..).zip(groups) {
        text.blank();
        show(index, group, names, &mut shown, &mut text);
        text.write(out)?;
    }
    if !policies.without_effect.is_empty() {
        text.blank();
        text.line(0, &format!("{}:", vain::WITHOUT_EFFECT));
    }
    for idle in &policies.without_effect {
        text.line(1, &vain::without_effect(idle, names));
    }
    text.write(out)
}

/// Which plans were shown, and among which results.
#[derive(Default)]
struct Shown {
    // INVARIANT: the plans outlive this, so that no other gets the address of one.
    plans: HashMap<*const Node, usize>,
    /// By the digest of their lines.
    lines: HashMap<[u8; 32], usize>,
}

impl Shown {
    /// Shows a plan that is not shown yet: the index of the result with which it stands.
    fn show(&mut self, plan: &Plan<'_>, index: usize, names: Names<'_>, text: &mut Text) -> usize {
        let address = std::ptr::from_ref(plan.node);
        if let Some(first) = self.plans.get(&address) {
            return *first;
        }
        let mut lines = Text::default();
        show_plan(&sheet::plan_sheet(plan, names), names, &mut lines);
        let digest = Sha256::digest(&lines.0).into();
        let first = *self.lines.entry(digest).or_insert(index);
        if first == index {
            text.0.push_str(&lines.0);
        }
        self.plans.insert(address, first);
        first
    }
}

fn show(index: usize, group: &Group<'_>, names: Names<'_>, shown: &mut Shown, text: &mut Text) {
    let verb = |one, many| if group.accounts.len() == 1 { one } else { many };
    let accounts = number(group.accounts.len(), "account");
    let heading = match group.state {
        State::Invalid => format!(
            "for {accounts} the merge is invalid, so AWS withholds it, and keeps the last valid one:"
        ),
        State::Nothing => format!("{accounts} {} no backup plan:", verb("gets", "get")),
        State::Plans => format!("{accounts} {} this:", verb("gets", "get")),
    };
    text.line(0, &format!("{index}. {heading}"));
    who(&group.accounts, text);
    for problem in &group.effective.problems {
        text.line(1, &self::problem(problem, names));
        text.line(2, &format!("= help: {}", problem.help));
    }
    for warning in &group.effective.warnings {
        text.line(1, &vain::warning(warning, names));
        text.line(2, &format!("= help: {}", warning.help));
    }
    let plans = group.effective.plans();
    let is_invalid = group.state == State::Invalid;
    if is_invalid && !plans.is_empty() {
        text.line(1, "this is what would be in force if it were valid:");
    }
    for plan in plans {
        // What is withheld from some is never what others are referred to.
        if is_invalid {
            show_plan(&sheet::plan_sheet(&plan, names), names, text);
            continue;
        }
        let first = shown.show(&plan, index, names, text);
        if first != index {
            text.line(1, &format!("plan {}: as in {first}", plan.name()));
        }
    }
    for refused in sheet::refused_plans(&group.effective, names) {
        text.line(1, &format!("without effect: {refused}"));
    }
}

/// The accounts, by the unit that they are in.
fn who(accounts: &[AccountPolicy<'_>], text: &mut Text) {
    let mut units: Vec<(&[&Unit], Vec<String>)> = Vec::new();
    for account in accounts {
        let name = match account.account.name.as_str() {
            "" => account.account.id.clone(),
            name => format!("{name} ({})", account.account.id),
        };
        match units
            .last_mut()
            .filter(|(unit, _)| same(unit, &account.units))
        {
            Some((_, names)) => names.push(name),
            None => units.push((&account.units, vec![name])),
        }
    }
    for (path, names) in units.iter().take(FEW) {
        let path: Vec<&str> = path.iter().map(|unit| unit.name.as_str()).collect();
        let shown = names
            .get(..FEW.min(names.len()))
            .unwrap_or_default()
            .join(", ");
        let more = match names.len().saturating_sub(FEW) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text.line(1, &format!("in {}: {shown}{more}", path.join(" / ")));
    }
    if units.len() > FEW {
        text.line(
            1,
            &format!("and in {}", number(units.len() - FEW, "other unit")),
        );
    }
}

fn same(one: &[&Unit], other: &[&Unit]) -> bool {
    one.last().map(|unit| &unit.id) == other.last().map(|unit| &unit.id)
}

fn problem(problem: &Problem, names: Names<'_>) -> String {
    let policies: Vec<&str> = problem
        .policies
        .iter()
        .map(|policy| names.of(policy))
        .collect();
    let Problem {
        code,
        path,
        message,
        ..
    } = problem;
    format!(
        "{} at {path}: {message} [{}]",
        code.name(),
        policies.join(", ")
    )
}

fn show_plan(plan: &PlanSheet, names: Names<'_>, text: &mut Text) {
    text.line(1, &format!("plan {}", plan.name));
    rows(&plan.rows, names, text);
    for rule in &plan.rules {
        text.line(2, &format!("rule {}: {}", rule.name, rule.summary));
        rows(&rule.rows, names, text);
    }
    for selection in &plan.selections {
        text.line(
            2,
            &format!("selection {}: {}", selection.name, selection.summary),
        );
        rows(&selection.rows, names, text);
    }
}

fn rows(rows: &[Row], names: Names<'_>, text: &mut Text) {
    for row in rows {
        let policies: Vec<&str> = row.policies.iter().map(|policy| names.of(policy)).collect();
        let policies = match policies.as_slice() {
            [] => String::new(),
            policies => format!(" [{}]", policies.join(", ")),
        };
        text.line(3, &format!("{:LABELS$}{}{policies}", row.label, row.value));
        for note in row.notes.iter().chain(&row.refused) {
            text.line(3, &format!("{:LABELS$}- {note}", ""));
        }
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// One line, whatever is in names: control characters would steer the terminal.
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.0.push_str("  ");
        }
        for c in text.chars() {
            if c.is_control() {
                self.0.extend(c.escape_debug());
            } else {
                self.0.push(c);
            }
        }
        self.blank();
    }

    fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Writes what there is, and begins anew.
    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.0.as_bytes())?;
        self.0.clear();
        Ok(())
    }
}
