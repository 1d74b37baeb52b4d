//! What looks have found and told: which of it is new, which is over, and what could not be looked at.
//!
//! A look compares what it sees now with what earlier looks told. Something is told when it is seen for the first time
//! and once more when it is well again; what is not judged this time stays as it is. The memory is written before
//! anything is sent, with what is still to be told, so that a crash loses no message.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Something that is wrong for longer than a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What groups findings to one message: of one group in one look there is one.
    pub group: String,
    /// The account; empty if it is about none.
    pub account: String,
    /// One line of the message: what, where, since when.
    pub line: String,
}

/// How far a look came with one finding of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// Well again: what was missing is there.
    Well,
    /// Nobody asks for it any more: the account is closed, or its policy another.
    Gone,
    /// Not looked at.
    Unknown,
}

/// What is open, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// By the finding's key.
    pub open: BTreeMap<String, Open>,
}

/// A finding that was told, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// See [`Finding`].
    pub finding: Finding,
    /// When a look found it.
    pub since: DateTime<Utc>,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Found, and to be told.
    ToTell,
    /// Told.
    Told,
    /// Well again, and that is to be told.
    WellToTell,
}

/// A message about findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The group of the findings.
    pub group: String,
    /// Whether it says that they are well again.
    pub well: bool,
    /// The keys that it tells, in their order.
    pub keys: Vec<String>,
    /// The findings' lines.
    pub lines: Vec<String>,
    /// The accounts that they are about.
    pub accounts: BTreeSet<String>,
}

impl Memory {
    /// Takes in what a look found, by key, and says how the findings of earlier looks stand that are not among it.
    pub fn take_in(
        &mut self,
        found: BTreeMap<String, Finding>,
        now: DateTime<Utc>,
        stands: impl Fn(&str) -> Now,
    ) {
        let mut over = Vec::new();
        for (key, open) in &mut self.open {
            if found.contains_key(key) {
                // Well for a look that could not tell it: nobody knows, so that it stays told.
                if open.stage == Stage::WellToTell {
                    open.stage = Stage::Told;
                }
                continue;
            }
            match (stands(key), open.stage) {
                (Now::Unknown, _) | (_, Stage::WellToTell) => {}
                // What nobody was told needs no end.
                (Now::Well | Now::Gone, Stage::ToTell) | (Now::Gone, Stage::Told) => {
                    over.push(key.clone());
                }
                (Now::Well, Stage::Told) => open.stage = Stage::WellToTell,
            }
        }
        for key in over {
            self.open.remove(&key);
        }
        for (key, finding) in found {
            self.open.entry(key).or_insert(Open {
                finding,
                since: now,
                stage: Stage::ToTell,
            });
        }
    }

    /// What is to be told: one message for each group.
    pub fn messages(&self) -> Vec<Message> {
        let mut groups: BTreeMap<(String, bool), Message> = BTreeMap::new();
        for (key, open) in &self.open {
            let well = match open.stage {
                Stage::Told => continue,
                Stage::ToTell => false,
                Stage::WellToTell => true,
            };
            let group = open.finding.group.clone();
            let message = groups
                .entry((group.clone(), well))
                .or_insert_with(|| Message {
                    group,
                    well,
                    keys: Vec::new(),
                    lines: Vec::new(),
                    accounts: BTreeSet::new(),
                });
            message.keys.push(key.clone());
            let since = open.since.format("%Y-%m-%d %H:%M UTC");
            message.lines.push(match well {
                false => open.finding.line.clone(),
                true => format!("{} (reported {since})", open.finding.line),
            });
            if !open.finding.account.is_empty() {
                message.accounts.insert(open.finding.account.clone());
            }
        }
        groups.into_values().collect()
    }

    /// A message was sent.
    pub fn told(&mut self, message: &Message) {
        for key in &message.keys {
            match self.open.get_mut(key) {
                Some(open) if !message.well => open.stage = Stage::Told,
                Some(_) => {
                    self.open.remove(key);
                }
                None => {}
            }
        }
    }

    /// How many findings of a kind are open: their keys begin so.
    pub fn accounts_with(&self, kind: &str) -> usize {
        let open = self
            .open
            .iter()
            .filter(|(key, open)| key.starts_with(kind) && open.stage != Stage::WellToTell);
        let accounts: BTreeSet<&str> = open.map(|(_, it)| it.finding.account.as_str()).collect();
        accounts.len()
    }

    /// As it is kept.
    pub fn to_json(&self) -> Value {
        let open = self.open.iter().map(|(key, open)| {
            let Finding {
                group,
                account,
                line,
            } = &open.finding;
            let stage = match open.stage {
                Stage::ToTell => "to tell",
                Stage::Told => "told",
                Stage::WellToTell => "well, to tell",
            };
            json!([key, group, account, line, open.since.timestamp(), stage])
        });
        Value::Array(open.collect())
    }

    /// As it was kept. An entry that cannot be read is none.
    pub fn from_json(kept: &Value) -> Self {
        let open = kept.as_array().into_iter().flatten().filter_map(|entry| {
            let text = |index: usize| Some(entry.get(index)?.as_str()?.to_string());
            let since = entry.get(4)?.as_i64()?;
            let stage = match entry.get(5)?.as_str()? {
                "told" => Stage::Told,
                "well, to tell" => Stage::WellToTell,
                _ => Stage::ToTell,
            };
            let open = Open {
                finding: Finding {
                    group: text(1)?,
                    account: text(2)?,
                    line: text(3)?,
                },
                since: DateTime::from_timestamp(since, 0)?,
                stage,
            };
            Some((text(0)?, open))
        });
        Self {
            open: open.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
