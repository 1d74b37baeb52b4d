//! A schedule: its runs come one after the other, and what AWS would refuse is said in one line.

use backup_policy::{Schedule, Severity, validate_schedule};
use backupctl::{moment, words};

use crate::shown::{is_one_line, now};

/// Runs that are looked at.
const RUNS: usize = 4;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    expression(text);
    if !text.starts_with("cron(") {
        expression(&format!("cron({text})"));
    }
    if let Err(message) = moment::parse(text) {
        is_one_line(&message);
    }
}

fn expression(text: &str) {
    let findings = validate_schedule(text, now());
    for finding in &findings {
        is_one_line(&finding.clone().in_lines().to_string());
    }
    let is_refused = findings.iter().any(|one| one.severity == Severity::Error);
    let Ok(schedule) = Schedule::parse(text) else {
        assert!(is_refused, "{text:?} cannot be read, and is not refused");
        return;
    };
    assert!((5..=6).contains(&schedule.fields), "{text:?}");
    let runs = schedule.runs_after(now(), RUNS);
    assert!(runs.first().is_none_or(|first| *first > now()), "{text:?}");
    assert!(
        runs.is_sorted_by(|earlier, later| earlier < later),
        "{text:?}: {runs:?}"
    );
    if let Some(words) = words::schedule(text) {
        is_one_line(&words);
    }
}
