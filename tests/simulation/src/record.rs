//! What happened in a life, and how often what.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::lock;

/// The record of one life. Clones share it.
#[derive(Clone, Debug)]
pub struct Record {
    /// The life's seed.
    pub seed: u64,
    lines: Arc<Mutex<Vec<(Duration, String)>>>,
    counts: Arc<Mutex<Counts>>,
}

impl Record {
    pub(crate) fn new(seed: u64) -> Record {
        Record {
            seed,
            lines: Arc::default(),
            counts: Arc::default(),
        }
    }

    /// Notes what happens at a virtual time.
    pub fn tell(&self, at: Duration, what: impl fmt::Display) {
        lock(&self.lines).push((at, what.to_string()));
    }

    /// Counts one of something.
    pub fn count(&self, what: &str) {
        self.add(what, 1);
    }

    /// Counts some of something.
    pub fn add(&self, what: &str, number: u64) {
        *lock(&self.counts).0.entry(what.to_owned()).or_default() += number;
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        lock(&self.counts).clone()
    }

    /// What happened, a line each, in the order of its time. Of the same lines one after the other
    /// there is one, with their number.
    pub fn story(&self) -> String {
        let mut lines = lock(&self.lines).clone();
        lines.sort_by_key(|(at, _)| *at);
        let same = lines.chunk_by(|(_, one), (_, other)| one == other);
        let lines = same.filter_map(|same| {
            let (at, what) = same.first()?;
            let seconds = at.as_secs();
            let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
            let (seconds, millis) = (seconds % 60, at.subsec_millis());
            let times = match same.len() {
                1 => String::new(),
                times => format!(" ({times} times)"),
            };
            Some(format!(
                "{hours}:{minutes:02}:{seconds:02}.{millis:03}  {what}{times}\n"
            ))
        });
        lines.collect()
    }
}

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// How often this.
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// What begins so, without its beginning, with its number.
    pub fn under<'c>(&'c self, beginning: &'c str) -> impl Iterator<Item = (&'c str, u64)> {
        let found = self.0.iter();
        found.filter_map(move |(what, number)| Some((what.strip_prefix(beginning)?, *number)))
    }

    pub(crate) fn add(&mut self, others: &Counts) {
        for (what, number) in &others.0 {
            *self.0.entry(what.clone()).or_default() += number;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self
            .0
            .iter()
            .map(|(what, number)| format!("{what} {number}"));
        f.write_str(&counts.collect::<Vec<_>>().join(", "))
    }
}
