//! What a look finds in what it has seen: who is late, whose policy AWS withholds, and what could not be looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use backup_status::Seen as Known;
use backup_status::late::{Judged, Late, Window, late};
use backup_status::ledger::{Kind, Ledger};
use backup_status::merge::{Invalid, Merge};
use chrono::{DateTime, TimeDelta, Utc};

use crate::findings::{Finding, Memory, Message, Now};

/// Lines of a message; the others are counted.
const LINES: usize = 50;

/// For how long something late is in the metric `LateAccounts`: whoever does nothing about it for a month knows
/// that nothing is selected there any more. Our choice.
const COUNTED: TimeDelta = TimeDelta::days(30);

/// Accounts that AWS is asked about in one look, when it last merged their policies: twice a second is the most, so
/// this takes 100 s. The others have their turn in the next looks.
pub const ASKED: usize = 200;

/// Kinds of findings: their keys begin so.
pub const LATE: &str = "late|";
/// See [`LATE`].
pub const INVALID: &str = "invalid|";
/// See [`LATE`].
pub const BLIND: &str = "blind|";

/// What a look has seen.
#[derive(Debug)]
pub struct Sight {
    /// The policies that reach each open account, or why they are not known.
    pub merges: Result<BTreeMap<String, Arc<Merge>>, String>,
    /// The accounts' names.
    pub names: BTreeMap<String, String>,
    /// The Regions whose backups and copies are known until now.
    pub regions: Vec<String>,
    /// What arrived.
    pub ledger: Ledger,
    /// The time of which that is known.
    pub window: Window,
    /// The accounts that AWS calls invalid, or why that is not known.
    pub invalid: Result<Invalid, String>,
    /// What could not be looked at: what, and why.
    pub blind: Vec<(String, String)>,
}

impl Sight {
    /// What is late as far as is known without asking AWS when policies were changed.
    pub fn suspects(&self) -> Vec<Late> {
        let merges = self.merges.as_ref().ok();
        let judged = merges.map(|it| self.late(it, &BTreeMap::new()));
        judged.unwrap_or_default().late
    }

    fn late(
        &self,
        merges: &BTreeMap<String, Arc<Merge>>,
        changed: &BTreeMap<String, DateTime<Utc>>,
    ) -> Judged {
        late(merges, &self.regions, &self.ledger, self.window, changed)
    }

    /// The accounts about which AWS must be asked, when it last merged their policies, before they are called late:
    /// those that are not reported yet.
    pub fn to_ask(&self, suspects: &[Late], memory: &Memory) -> Vec<String> {
        let new = suspects
            .iter()
            .filter(|it| !memory.open.contains_key(&key(it)));
        let accounts: BTreeSet<&String> = new.map(|it| &it.place.0).collect();
        accounts.into_iter().cloned().collect()
    }

    /// Everything that is wrong, by key. Accounts in `changed` got their policy at that time: no run before it counts.
    /// Accounts in `unasked` are not judged unless they are reported already.
    pub fn found(
        &self,
        suspects: &[Late],
        memory: &Memory,
        changed: &BTreeMap<String, DateTime<Utc>>,
        unasked: &BTreeSet<String>,
    ) -> BTreeMap<String, Finding> {
        let mut found = BTreeMap::new();
        let known = self.merges.iter().flatten();
        let again = known.filter(|(account, _)| changed.contains_key(*account));
        let again = again.map(|(account, merge)| (account.clone(), Arc::clone(merge)));
        let again = self.late(&again.collect(), changed).late;
        let others = suspects
            .iter()
            .filter(|it| !changed.contains_key(&it.place.0));
        for late in others.chain(&again) {
            let key = key(late);
            let is_open = memory.open.contains_key(&key);
            if is_open || !unasked.contains(&late.place.0) {
                found.insert(key, self.missing(late));
            }
        }
        for (account, reasons) in self.invalid.iter().flatten() {
            let reasons = match reasons {
                Known::There(reasons) if !reasons.is_empty() => reasons.join("; "),
                Known::Unknown(why) => format!("AWS's reasons are not known: {why}"),
                _ => "AWS gives no reason".to_string(),
            };
            let line = format!("{}: {reasons}", self.named(account));
            let finding = Finding {
                group: INVALID.to_string(),
                account: account.clone(),
                line,
            };
            found.insert(format!("{INVALID}{account}"), finding);
        }
        for (what, why) in &self.blind {
            let finding = Finding {
                group: BLIND.to_string(),
                account: String::new(),
                line: format!("not looked at: {what}: {why}"),
            };
            found.insert(format!("{BLIND}{what}"), finding);
        }
        found
    }

    /// How a finding of an earlier look stands, if it is not found now.
    pub fn stands(&self, key: &str) -> Now {
        if key.starts_with(BLIND) {
            return Now::Well;
        }
        if let Some(account) = key.strip_prefix(INVALID) {
            let is_open = self.merges.as_ref().map(|it| it.contains_key(account));
            return match (&self.invalid, is_open) {
                (Err(_), _) | (_, Err(_)) => Now::Unknown,
                (Ok(_), Ok(true)) => Now::Well,
                (Ok(_), Ok(false)) => Now::Gone,
            };
        }
        let parts: Vec<&str> = key.split('|').collect();
        let ([_, account, region, kind, rule, vault], Ok(merges)) =
            (parts.as_slice(), &self.merges)
        else {
            return Now::Unknown;
        };
        let Some(merge) = merges.get(*account) else {
            return Now::Gone;
        };
        if !merge.problems.is_empty() || !self.regions.iter().any(|it| it == region) {
            return Now::Unknown;
        }
        let rule = merge
            .expected
            .iter()
            .find(|it| it.rule == *rule && it.regions.iter().any(|it| it == region));
        let Some(rule) = rule else {
            return Now::Gone;
        };
        let (kind, run) = match *kind {
            "copy" => (Kind::Copy, rule.copy_due(None, self.window.now)),
            _ => (Kind::Backup, rule.due(None, self.window.now)),
        };
        let place = ((*account).to_string(), (*region).to_string());
        // Arrivals are known to the hour.
        let is_there = |run: DateTime<Utc>| {
            let newest = self.ledger.newest(&place, kind, vault);
            newest.is_some_and(|newest| newest > run - TimeDelta::hours(1))
        };
        match run.is_some_and(is_there) {
            true => Now::Well,
            false => Now::Unknown,
        }
    }

    /// How many accounts are late, of what is open.
    pub fn late_accounts(&self, memory: &Memory) -> usize {
        let recent = memory
            .open
            .iter()
            .filter(|(key, open)| key.starts_with(LATE) && open.since > self.window.now - COUNTED);
        let accounts: BTreeSet<&str> = recent
            .map(|(_, open)| open.finding.account.as_str())
            .collect();
        accounts.len()
    }

    fn missing(&self, late: &Late) -> Finding {
        let (account, region) = &late.place;
        let kind = late.kind.name();
        let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
        let to = match late.kind {
            Kind::Copy => format!(" to {}", late.vault),
            _ => format!(" in vault {}", late.vault),
        };
        Finding {
            group: format!("{LATE}{region}|{kind}|{}", late.rule),
            account: account.clone(),
            line: format!(
                "{}: no {kind}{to} of the run of {}; the newest began {}",
                self.named(account),
                time(late.run),
                time(late.newest)
            ),
        }
    }

    fn named(&self, account: &str) -> String {
        match self.names.get(account).map(String::as_str) {
            None | Some("") => account.to_string(),
            Some(name) => format!("{account} {name}"),
        }
    }

    /// The subject and the text of a message.
    pub fn written(&self, message: &Message) -> (String, String) {
        let accounts: Vec<&String> = message.accounts.iter().collect();
        let who = match accounts.as_slice() {
            [] => String::new(),
            [one] => {
                let name = self.names.get(*one).filter(|it| !it.is_empty());
                format!("{}: ", name.unwrap_or(one))
            }
            many => format!("{} accounts: ", many.len()),
        };
        let (what, remedy) = of_group(message);
        let mut text = format!("{who}{what}\n\n");
        for line in message.lines.iter().take(LINES) {
            text += &format!("- {line}\n");
        }
        if let more @ 1.. = message.lines.len().saturating_sub(LINES) {
            text += &format!("- and {more} more: `backupctl status` has them all\n");
        }
        text += &format!("\nWhat to do: {remedy}\n");
        if !message.well {
            text += "\nThis is reported once, and once more when it is well again.\n";
        }
        (format!("{who}{what}"), text)
    }
}

/// What a message of a group says, and what mends it.
fn of_group(message: &Message) -> (String, &'static str) {
    let group: Vec<&str> = message.group.split('|').collect();
    let nothing = "nothing has to be done";
    match (group.as_slice(), message.well) {
        (["invalid", ..], false) => (
            "AWS withholds the backup policy: the merged policy is invalid".to_string(),
            "correct what the reasons name; `backupctl in-force` shows each account's policies and where they \
             differ",
        ),
        (["invalid", ..], true) => ("the backup policy is valid again".to_string(), nothing),
        (["blind", ..], false) => (
            "backups could not be looked at everywhere".to_string(),
            "see the reason: a permission, a Region that is off, or AWS being slow; what was not looked at counts \
             neither as well nor as late",
        ),
        (["blind", ..], true) => ("everything can be looked at again".to_string(), nothing),
        ([_, region, kind, rule], false) => (
            format!("a {kind} of {rule} is missing in {region}"),
            "`backupctl status` shows what arrived when; usual reasons are a Region's opt-in, a role or key that \
             was changed, or a plan whose selection matches nothing any more. If the resources were removed on \
             purpose, nothing has to be done",
        ),
        ([_, region, kind, rule], true) => (
            format!("a {kind} of {rule} is there again in {region}"),
            nothing,
        ),
        _ => (message.group.clone(), "see `backupctl status`"),
    }
}

fn key(late: &Late) -> String {
    let (account, region) = &late.place;
    let kind = late.kind.name();
    format!(
        "{LATE}{account}|{region}|{kind}|{}|{}",
        late.rule, late.vault
    )
}

#[cfg(test)]
mod tests;
