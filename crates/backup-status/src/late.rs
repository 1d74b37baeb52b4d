//! What the schedules ask for and nobody made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use backup_policy::Instant;

use crate::due::Expected;
use crate::ledger::{Kind, Ledger, Place, hour};
use crate::merge::Merge;

/// A run of a rule that left nothing where it did before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Account and Region.
    pub place: Place,
    /// What is missing: backups or copies.
    pub kind: Kind,
    /// Plan and rule.
    pub rule: String,
    /// The vault in which it should have arrived.
    pub vault: String,
    /// The newest run whose backups or copies should be there by now.
    pub run: Instant,
    /// The begin of the newest job that arrived there, to the hour.
    pub newest: Instant,
}

/// What is late, and what could not be judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Runs that left nothing.
    pub late: Vec<Late>,
    /// Accounts, Regions and rules with no job in the whole time that was looked at. Nothing may be selected
    /// there, so that this alone is no failure.
    pub quiet: usize,
    /// Rules whose last run is longer ago than was looked at.
    pub rare: usize,
}

/// The time that jobs were asked for.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Jobs that were made since.
    pub from: Instant,
    /// Now.
    pub now: Instant,
}

/// What is late in these Regions, by the policies that reach each account. An account in `changed` got the
/// policy that is in force at that time: no run before it counts.
pub fn late(
    merges: &BTreeMap<String, Arc<Merge>>,
    regions: &[String],
    ledger: &Ledger,
    window: Window,
    changed: &BTreeMap<String, Instant>,
) -> Judged {
    let mut judge = Judge {
        ledger,
        window,
        runs: HashMap::new(),
        judged: Judged::default(),
    };
    for (account, merge) in merges {
        // An invalid merge is not in force, and what is in force instead is not known here.
        if !merge.problems.is_empty() {
            continue;
        }
        let since = changed.get(account).copied();
        for rule in &merge.expected {
            let runs = judge.runs(rule, since);
            for region in regions.iter().filter(|it| rule.regions.contains(it)) {
                let place = (account.clone(), region.clone());
                judge.backups(rule, &place, runs);
                judge.copies(rule, &place, runs);
            }
        }
    }
    judge.judged
}

struct Judge<'j> {
    ledger: &'j Ledger,
    window: Window,
    /// Of rules that many accounts share.
    runs: HashMap<*const Expected, Runs>,
    judged: Judged,
}

/// The runs of a rule whose backups and copies should be there.
#[derive(Clone, Copy)]
struct Runs {
    backup: Option<Instant>,
    copy: Option<Instant>,
}

impl Judge<'_> {
    fn runs(&mut self, rule: &Expected, since: Option<Instant>) -> Runs {
        let now = self.window.now;
        let of = |since| Runs {
            backup: rule.due(since, now),
            copy: rule.copy_due(since, now),
        };
        match since {
            Some(_) => of(since),
            None => *self.runs.entry(rule).or_insert_with(|| of(None)),
        }
    }

    fn backups(&mut self, rule: &Expected, place: &Place, runs: Runs) {
        if let Some(run) = runs.backup {
            self.look(Kind::Backup, rule, place, run, here(&rule.vault, place));
        }
    }

    fn copies(&mut self, rule: &Expected, place: &Place, runs: Runs) {
        let Some(run) = runs.copy else {
            return;
        };
        // A run that made no backup made nothing to copy.
        let vault = here(&rule.vault, place);
        let made = (run, rule.end(run));
        if self.ledger.any(place, Kind::Backup, &vault, made) {
            for to in &rule.copies {
                self.look(Kind::Copy, rule, place, run, here(to, place));
            }
        }
    }

    fn look(&mut self, kind: Kind, rule: &Expected, place: &Place, run: Instant, vault: String) {
        if run < self.window.from {
            self.judged.rare += 1;
            return;
        }
        match self.ledger.newest(place, kind, &vault) {
            None => self.judged.quiet += 1,
            Some(newest) if newest < hour(run) => self.judged.late.push(Late {
                place: place.clone(),
                kind,
                rule: rule.rule.clone(),
                vault,
                run,
                newest,
            }),
            Some(_) => {}
        }
    }
}

/// What a policy names, as it is in an account and Region.
fn here(name: &str, (account, region): &Place) -> String {
    name.replace("$account", account).replace("$region", region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_at_the_very_begin_of_what_was_looked_at_is_judged() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let rule = Expected {
            rule: "monthly/first".to_owned(),
            vault: "Vault".to_owned(),
            regions: vec!["eu-west-1".to_owned()],
            schedule: "cron(0 5 1 * ? *)".to_owned(),
            minutes: 60,
            kept_days: None,
            copies: Vec::new(),
            tags: None,
        };
        let merge = Merge {
            document: serde_json::json!({}),
            problems: Vec::new(),
            plans: Vec::new(),
            expected: vec![rule],
        };
        let merges = BTreeMap::from([("444444444441".to_owned(), Arc::new(merge))]);
        for (from, rare, quiet) in [
            ("2026-01-01T05:00:00Z", 0, 1),
            ("2026-01-01T05:00:01Z", 1, 0),
        ] {
            let window = Window {
                from: at(from),
                now: at("2026-01-09T05:00:00Z"),
            };
            let regions = ["eu-west-1".to_owned()];
            let ledger = Ledger::default();
            let judged = late(&merges, &regions, &ledger, window, &BTreeMap::new());
            assert_eq!((judged.rare, judged.quiet), (rare, quiet), "{from}");
        }
    }
}
