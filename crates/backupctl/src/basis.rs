//! What an answer rests on: how much was looked at, and as of when.

use backup_policy::{Instant, Organization, Unit};
use chrono::TimeDelta;

use crate::words::number;

/// What an organization's answer rests on, as one line. A snapshot that is older than a day may not
/// be what is in force.
pub fn of(organization: &Organization, now: Instant) -> String {
    let (units, accounts) = count(&organization.root);
    let policies = number(organization.policies.len(), "policy").replace("policys", "policies");
    let units = number(units, "organizational unit");
    let looked_at = format!("{} in {units} and {policies}", number(accounts, "account"));
    let Some(read_at) = organization.read_at else {
        return format!("looked at: {looked_at}; the file does not say when it was read from AWS");
    };
    let at = read_at.format("%Y-%m-%d %H:%M UTC");
    let age = now - read_at;
    let old = match age.num_days() {
        _ if age <= TimeDelta::days(1) => String::new(),
        1 => ", MORE THAN A DAY AGO: take a new snapshot".to_owned(),
        days => format!(", {days} DAYS AGO: take a new snapshot"),
    };
    format!("looked at: {looked_at}, as of {at}{old}")
}

/// Units below the root, and accounts.
fn count(unit: &Unit) -> (usize, usize) {
    let below = unit.organizational_units.iter().map(count);
    below.fold((0, unit.accounts.len()), |(units, accounts), below| {
        (units + 1 + below.0, accounts + below.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_is_older_than_a_day_is_said() {
        let read = |read_at: &str| {
            let text = format!(
                r#"{{"policy_type": "BACKUP_POLICY", {read_at} "policies": {{}},
                    "root": {{"id": "r-abcd", "name": "Root", "organizational_units": [
                        {{"id": "ou-abcd-11111111", "name": "one",
                          "accounts": [{{"id": "111111111111", "name": "a"}}]}}]}}}}"#
            );
            let organization = Organization::parse(&text).unwrap();
            let now = "2026-01-31T12:00:00Z".parse().unwrap();
            of(&organization, now)
        };
        let looked_at = "looked at: 1 account in 1 organizational unit and 0 policies";
        for (read_at, end) in [
            ("", "; the file does not say when it was read from AWS"),
            (
                r#""read_at": "2026-01-31T11:00:00Z","#,
                ", as of 2026-01-31 11:00 UTC",
            ),
            (
                r#""read_at": "2026-01-30T11:00:00Z","#,
                ", as of 2026-01-30 11:00 UTC, MORE THAN A DAY AGO: take a new snapshot",
            ),
            (
                r#""read_at": "2026-01-01T13:00:00+01:00","#,
                ", as of 2026-01-01 12:00 UTC, 30 DAYS AGO: take a new snapshot",
            ),
        ] {
            assert_eq!(read(read_at), format!("{looked_at}{end}"));
        }
    }
}
