//! What a diagnosis rests on: how much was looked at, what was not and why.

use backup_status::Seen;

use super::{Check, State};
use crate::doctor::facts::{Account, Facts};

/// How many accounts a line names.
const NAMED: usize = 5;

/// The same reason for not knowing, given several times in an account, reported once.
pub(super) fn once(checks: Vec<Check>) -> Vec<Check> {
    let mut all: Vec<Check> = Vec::with_capacity(checks.len());
    for check in checks {
        let is_same = |known: &&mut Check| {
            check.state == State::Unknown
                && known.state == State::Unknown
                && known.account == check.account
                && known.detail == check.detail
        };
        match all.iter_mut().find(is_same) {
            Some(known) => {
                add(&mut known.what, &check.what);
                if let (Some(regions), Some(region)) = (&mut known.region, &check.region) {
                    add(regions, region);
                }
            }
            None => all.push(check),
        }
    }
    all
}

fn add(list: &mut String, item: &str) {
    if !list.split(", ").any(|known| known == item) {
        *list = format!("{list}, {item}");
    }
}

/// Lines on what was looked at and what was not. An organization in which there is nothing to look
/// at is not well.
pub(super) fn rests_on(facts: &Facts) -> Vec<Check> {
    let scope = &facts.scope;
    let members = &facts.members;
    let seen: Vec<&Account> = members.iter().filter(|it| it.closed.is_none()).collect();
    let places = seen.iter().flat_map(|account| &account.places);
    let open = places
        .filter(|place| place.enabled != Seen::There(false))
        .count();
    let regions = scope.regions.len();
    let mut checks = vec![line(
        State::Noted,
        "looked at",
        format!(
            "{} of {} accounts of the targets, {open} of {} Regions of theirs ({}), {} organizational \
             units and {} backup policies, as of {}",
            seen.len(),
            members.len() + scope.not_asked_for + scope.suspended.len(),
            (members.len() + scope.not_asked_for) * regions,
            scope.regions.join(", "),
            scope.units,
            scope.policies,
            facts.now.format("%Y-%m-%d %H:%M UTC")
        ),
    )];
    if members.is_empty() {
        let what = "accounts of the targets";
        checks.push(match facts.strangers.there() {
            Some(_) => Check {
                remedy: Some(super::TARGETS.to_owned()),
                ..line(
                    State::Failed,
                    what,
                    "there are none: nothing is backed up".to_owned(),
                )
            },
            None => line(
                State::Unknown,
                what,
                "nobody could look which there are".to_owned(),
            ),
        });
    }
    let mut not: Vec<String> = Vec::new();
    if !scope.suspended.is_empty() {
        let names: Vec<(&str, &str)> = scope
            .suspended
            .iter()
            .map(|(id, name)| (id.as_str(), name.as_str()))
            .collect();
        not.push(format!(
            "{} accounts are closed or suspended: {}",
            names.len(),
            listed(&names)
        ));
    }
    let closed: Vec<(&str, &str)> = members
        .iter()
        .filter(|it| it.closed.is_some())
        .map(|it| (it.id.as_str(), it.name.as_str()))
        .collect();
    if !closed.is_empty() {
        not.push(format!(
            "{} accounts cannot be looked into: {}",
            closed.len(),
            listed(&closed)
        ));
    }
    if scope.not_asked_for > 0 {
        not.push(format!("{} accounts by --account", scope.not_asked_for));
    }
    if !scope.tags_restores {
        not.push("TagOnRestore, by DeployTagOnRestore".to_owned());
    }
    if !not.is_empty() {
        checks.push(line(State::Noted, "not looked at", not.join("; ")));
    }
    checks
}

fn line(state: State, what: &str, detail: String) -> Check {
    Check {
        account: None,
        region: None,
        what: what.to_owned(),
        state,
        detail,
        remedy: None,
    }
}

fn listed(accounts: &[(&str, &str)]) -> String {
    let names: Vec<String> = accounts
        .iter()
        .take(NAMED)
        .map(|(id, name)| match *name {
            "" => (*id).to_owned(),
            name => format!("{id} ({name})"),
        })
        .collect();
    match accounts.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
