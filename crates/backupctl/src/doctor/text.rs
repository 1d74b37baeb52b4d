//! The diagnosis for people: one table, then what to do.

use super::diagnosis::{Check, State};
use crate::words::columns::columns;

/// The table with a line for each check, and each remedy once.
pub fn text(checks: &[Check]) -> String {
    let rows: Vec<[String; 4]> = checks.iter().map(row).collect();
    let mut out = columns(&rows);
    out.push('\n');
    let mut remedies: Vec<(&str, usize)> = Vec::new();
    for remedy in checks.iter().filter_map(|check| check.remedy.as_deref()) {
        match remedies.iter_mut().find(|(known, _)| *known == remedy) {
            Some((_, count)) => *count += 1,
            None => remedies.push((remedy, 1)),
        }
    }
    for (remedy, count) in remedies {
        out += &format!("mends {count}: {remedy}\n");
    }
    let number = |state: State| checks.iter().filter(|check| check.state == state).count();
    out += &format!(
        "{} checks: {} failed, {} unknown\n",
        checks.len(),
        number(State::Failed),
        number(State::Unknown)
    );
    out
}

fn row(check: &Check) -> [String; 4] {
    let account = match &check.account {
        Some((id, name)) if name.is_empty() => id.clone(),
        Some((id, name)) => format!("{id} {name}"),
        None => "organization".to_owned(),
    };
    let place = match &check.region {
        Some(region) => format!("{account} {region}"),
        None => account,
    };
    [
        check.state.name().to_owned(),
        place,
        check.what.clone(),
        check.detail.clone(),
    ]
}
