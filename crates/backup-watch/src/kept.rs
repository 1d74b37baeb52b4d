//! What a look keeps of the jobs of a Region for the next one: until when they were listed, and what arrived where.
//!
//! With it each look lists only what ended since the one before, and knows schedules that are rarer than AWS Backup's
//! memory of jobs is long.

use std::collections::{BTreeMap, BTreeSet};

use backup_status::ledger::{Kind, Ledger};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// The kinds of jobs that are listed one by one.
pub const LISTED: [Kind; 2] = [Kind::Backup, Kind::Copy];

/// How much of the time before is listed again: a job may show up late. Our choice.
const OVERLAP: TimeDelta = TimeDelta::hours(2);

/// The time that is listed at once: what fails half-way is listed again as a whole.
const SLICE: TimeDelta = TimeDelta::hours(24);

/// For how long the begin of each job is kept, beside the newest. A copy is asked for a day after its backup's
/// windows, which are eight days without values of their own (AWS Backup's defaults).
const EACH: TimeDelta = TimeDelta::days(10);

/// For how long the newest is kept: rules run once a year at the rarest. Our choice.
const NEWEST: TimeDelta = TimeDelta::days(400);

/// The most begins that are kept of one vault of an account: of rules that run hourly, the newest.
const MOST: usize = 48;

/// Bytes of a part, beside its brackets and a comma: DynamoDB takes items of 400 KB.
const PART: usize = 300_000;

/// How far the jobs of a Region are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Since when.
    pub from: Option<DateTime<Utc>>,
    /// Until when, of backups and copies.
    pub until: BTreeMap<Kind, DateTime<Utc>>,
}

impl Known {
    /// The times in which jobs of a kind are to be listed now, one after the other.
    pub fn slices(
        &self,
        kind: Kind,
        now: DateTime<Utc>,
        look_back: TimeDelta,
    ) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        // A clock that was wrong before must not stop the watch.
        let known = self.until.get(&kind).map(|it| (*it).min(now) - OVERLAP);
        let mut from = known.unwrap_or(now - look_back);
        let mut slices = Vec::new();
        while from < now {
            let to = now.min(from + SLICE);
            slices.push((from, to));
            from = to;
        }
        slices
    }

    /// Jobs of a kind are known until then.
    pub fn listed(&mut self, kind: Kind, from: DateTime<Utc>, to: DateTime<Utc>) {
        self.until.insert(kind, to);
        self.from = Some(self.from.map_or(from, |known| known.min(from)));
    }

    /// As it is kept, beside the parts.
    pub fn to_json(&self) -> Value {
        let until = self.until.iter();
        let until: BTreeMap<&str, i64> = until
            .map(|(kind, at)| (kind.name(), at.timestamp()))
            .collect();
        json!({"from": self.from.map(|at| at.timestamp()), "until": until})
    }

    /// As it was kept.
    pub fn from_json(kept: &Value) -> Self {
        let time = |value: &Value| DateTime::from_timestamp(value.as_i64()?, 0);
        let until = LISTED.into_iter().filter_map(|kind| {
            let at = kept.get("until")?.get(kind.name())?;
            Some((kind, time(at)?))
        });
        Self {
            from: kept.get("from").and_then(time),
            until: until.collect(),
        }
    }
}

/// What arrived in a Region, in parts that a table's item takes.
pub fn parts(ledger: &Ledger, region: &str, now: DateTime<Utc>) -> Vec<String> {
    let mut entries = Vec::new();
    for (place, kind, vault, hours) in ledger.arrivals() {
        if place.1 != region {
            continue;
        }
        let newest = hours.last().copied();
        let mut kept: Vec<i64> = hours
            .iter()
            .rev()
            .filter(|at| **at > now - EACH || (Some(**at) == newest && **at > now - NEWEST))
            .take(MOST)
            .map(|at| at.timestamp() / 3600)
            .collect();
        if kept.is_empty() {
            continue;
        }
        kept.reverse();
        entries.push(json!([place.0, kind.name(), vault, kept]).to_string());
    }
    packed(entries)
}

/// Entries as lists of JSON, each a part that a table's item takes. There is at least one part.
pub fn packed(entries: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for entry in entries {
        if part.len() + entry.len() > PART {
            parts.push(format!("[{part}]"));
            part.clear();
        }
        if !part.is_empty() {
            part.push(',');
        }
        part += &entry;
    }
    parts.push(format!("[{part}]"));
    parts
}

/// Adds what a part has to a ledger. An entry that cannot be read is none.
pub fn recall(ledger: &mut Ledger, region: &str, part: &str) {
    let entries: Vec<(String, String, String, Vec<i64>)> =
        serde_json::from_str(part).unwrap_or_default();
    for (account, kind, vault, hours) in entries {
        let Some(kind) = LISTED.into_iter().find(|it| it.name() == kind) else {
            continue;
        };
        let hours = hours
            .into_iter()
            .filter_map(|hour| DateTime::from_timestamp(hour * 3600, 0));
        let hours: BTreeSet<DateTime<Utc>> = hours.collect();
        ledger.recall((account, region.to_string()), kind, vault, hours);
    }
}

#[cfg(test)]
mod tests;
