//! Which backups, copies and restores were made, which failed and which are late, in every account and
//! Region. Pure: jobs and merged policies come in, what to report comes out.

pub mod json;
pub mod page;
pub mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use backup_status::late::{Judged, Window};
use backup_status::ledger::Ledger;

use crate::words::number;

/// Everything that is reported.
#[derive(Debug)]
pub struct Report<'r> {
    /// The accounts' names, as far as they are known.
    pub names: &'r BTreeMap<String, String>,
    /// The Regions that were asked.
    pub regions: &'r [String],
    /// What was made.
    pub ledger: &'r Ledger,
    /// What is late, or why that is not known.
    pub judged: Result<Judged, String>,
    /// What could not be asked for, and why.
    pub unasked: Vec<String>,
    /// The time that was looked at.
    pub window: Window,
}

impl Report<'_> {
    /// What was not looked at, and why.
    pub fn not_looked_at(&self) -> Vec<String> {
        let mut lines = self.unseen();
        lines.extend(self.unjudged());
        lines
    }

    /// What AWS was asked for in vain, and why.
    fn unseen(&self) -> Vec<String> {
        let mut lines = self.unasked.clone();
        if let Err(why) = &self.judged {
            lines.push(format!("what is late: {why}"));
        }
        lines
    }

    /// What the jobs of this time cannot say.
    fn unjudged(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let Ok(judged) = &self.judged else {
            return lines;
        };
        if judged.rare > 0 {
            lines.push(format!(
                "whether {} of rare schedules left anything: they were before {}",
                number(judged.rare, "run"),
                self.window.from.format("%Y-%m-%d")
            ));
        }
        if judged.quiet > 0 {
            lines.push(format!(
                "whether anything is selected in {} (account, Region and rule) where no \
                 job completed since {}",
                number(judged.quiet, "case"),
                self.window.from.format("%Y-%m-%d")
            ));
        }
        lines
    }

    /// What the report rests on: its last lines.
    fn basis(&self) -> String {
        let mut out = format!(
            "looked at: {} in {}, made since {}, as of {}\n",
            number(self.ledger.jobs(), "job"),
            self.regions.join(", "),
            self.window.from.format("%Y-%m-%d %H:%M UTC"),
            self.window.now.format("%Y-%m-%d %H:%M UTC")
        );
        for line in self.not_looked_at() {
            out += &format!("not looked at: {line}\n");
        }
        out
    }
}
