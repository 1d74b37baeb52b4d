//! What is wrong with the function itself: what its queues and metrics say goes in, what the home
//! account is told comes out. It stands in for alarms, which cost money in every account and Region
//! also when nothing ever happens.
//!
//! A [`Trouble`] becomes one event on the account's default bus, which a rule of the member stack
//! forwards. Whoever receives it can tell by its `key` that it is the same one as six hours before.

use serde_json::{Map, Value, json};

/// The events' source.
pub const SOURCE: &str = "aws-backup-solution";

/// The events' detail-type.
pub const DETAIL_TYPE: &str = "TagOnRestore Report";

/// How far back metrics are looked at: the six hours between two reconciliations, a quarter for their
/// flexible start, and the rest for metrics that come late. What happens in the overlap is reported
/// twice, with the same key.
pub const LOOK_BACK_SECONDS: u32 = 7 * 3600;

/// The length of a metric's data points.
pub const PERIOD_SECONDS: u32 = 300;

/// An event that waits longer than this waits for a function that does not come: one that fails for
/// good is a dead letter after six attempts, 72 minutes.
pub const LONGEST_WAIT_SECONDS: u64 = 5400;

/// So many periods of throttling one after the other are reported, a quarter of an hour: shorter
/// ones the queue bridges.
pub const THROTTLED_PERIODS: u64 = 3;

/// What could be learned of the function's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Events in the dead-letter queue, now.
    pub dead_letters: u64,
    /// Seconds for which the oldest of them has been there, if that is known.
    pub oldest_dead_letter: Option<u64>,
    /// Seconds for which an event had waited for the function, at most.
    pub longest_wait: u64,
    /// Reconciliations that the schedule could not start.
    pub not_started: u64,
    /// Invocations that ended without an answer.
    pub errors: u64,
    /// The longest row of periods in which Lambda throttled the function.
    pub throttled_periods: u64,
    /// What could not be looked at, each with AWS's reason.
    pub not_looked_at: Vec<String>,
}

/// Something that is wrong, or was and is worth knowing.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// What it is, such as `dead-letters`. The same one has the same kind.
    pub kind: &'static str,
    /// One sentence.
    pub summary: String,
    /// What mends it, or why nothing has to be.
    pub remedy: &'static str,
    /// Figures, by name.
    pub figures: Vec<(&'static str, Value)>,
}

/// Everything that is wrong.
///
/// ```
/// use tag_on_restore::health::{Health, troubles};
/// assert!(troubles(&Health::default()).is_empty());
/// let troubles = troubles(&Health { dead_letters: 2, ..Health::default() });
/// assert_eq!(troubles[0].kind, "dead-letters");
/// ```
pub fn troubles(health: &Health) -> Vec<Trouble> {
    let Health {
        dead_letters,
        oldest_dead_letter,
        longest_wait,
        not_started,
        errors,
        throttled_periods,
        not_looked_at,
    } = health;
    let mut troubles = Vec::new();
    if *dead_letters > 0 {
        let mut figures = vec![("deadLetters", json!(dead_letters))];
        if let Some(age) = oldest_dead_letter {
            figures.push(("oldestDeadLetterSeconds", json!(age)));
        }
        troubles.push(Trouble {
            kind: "dead-letters",
            summary: format!(
                "{dead_letters} restored resource(s) have not got their tags: the events are in the \
                 dead-letter queue"
            ),
            remedy: "the log of TagOnRestore says why; put that right, then move the messages of \
                     TagOnRestore-DeadLetters back to the queue TagOnRestore",
            figures,
        });
    }
    if *longest_wait >= LONGEST_WAIT_SECONDS {
        let minutes = longest_wait / 60;
        troubles.push(Trouble {
            kind: "events-wait",
            summary: format!("an event has waited {minutes} minutes for TagOnRestore"),
            remedy: "see whether the function's trigger is enabled, and whether Lambda throttles it",
            figures: vec![("longestWaitSeconds", json!(longest_wait))],
        });
    }
    if *not_started > 0 {
        troubles.push(Trouble {
            kind: "not-started",
            summary: format!("{not_started} reconciliation(s) of TagOnRestore could not be started"),
            remedy: "the messages of TagOnRestore-ReconcileDeadLetters say why; this one did start, \
                     and looked at the same hours",
            figures: vec![("notStarted", json!(not_started))],
        });
    }
    if *errors > 0 {
        troubles.push(Trouble {
            kind: "errors",
            summary: format!("TagOnRestore ended {errors} time(s) without an answer"),
            remedy: "its log group /aws/lambda/TagOnRestore says why; events come again by themselves",
            figures: vec![("errors", json!(errors))],
        });
    }
    if *throttled_periods >= THROTTLED_PERIODS {
        let minutes = throttled_periods * u64::from(PERIOD_SECONDS) / 60;
        troubles.push(Trouble {
            kind: "throttled",
            summary: format!("Lambda throttled TagOnRestore for {minutes} minutes on end"),
            remedy: "see how much of the account's concurrency its other functions use, and have the \
                     quota raised",
            figures: vec![("throttledMinutes", json!(minutes))],
        });
    }
    if !not_looked_at.is_empty() {
        troubles.push(Trouble {
            kind: "not-looked-at",
            summary: format!(
                "TagOnRestore could not look at its own state: {}",
                not_looked_at.join("; ")
            ),
            remedy: "see the policy Operation of the function's role, and policies of the \
                     organization that forbid it",
            figures: Vec::new(),
        });
    }
    troubles
}

/// What is worth knowing of a reconciliation that ended.
pub fn after_reconciling(repaired: u64, stopped_early: bool) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if repaired > 0 {
        troubles.push(Trouble {
            kind: "repaired",
            summary: format!(
                "{repaired} restored resource(s) had been missed and have their tags now"
            ),
            remedy: "nothing is left to do; if it happens often, see why events are lost (the rule, \
                     the dead letters, AWS Health)",
            figures: vec![("repaired", json!(repaired))],
        });
    }
    if stopped_early {
        troubles.push(Trouble {
            kind: "stopped-early",
            summary: "a reconciliation had not the time to look at all restores".to_string(),
            remedy: "set ReconcileHours lower, as each one begins with the same restores",
            figures: Vec::new(),
        });
    }
    troubles
}

impl Trouble {
    /// The event's detail, for a function in an account and Region.
    pub fn detail(&self, account: &str, region: &str) -> Value {
        let mut detail = Map::new();
        let key = format!("tag-on-restore/{}/{account}/{region}", self.kind);
        detail.insert("key".into(), json!(key));
        detail.insert("kind".into(), json!(self.kind));
        detail.insert("summary".into(), json!(self.summary));
        detail.insert("remedy".into(), json!(self.remedy));
        for (name, value) in &self.figures {
            detail.insert((*name).into(), value.clone());
        }
        Value::Object(detail)
    }
}

/// A metric's data: each period's beginning, in seconds since 1970, and its value.
pub type Points = Vec<(i64, f64)>;

/// The largest value, rounded; 0 without data.
pub fn largest(points: &Points) -> u64 {
    rounded(points.iter().map(|(_, value)| *value).fold(0.0, f64::max))
}

/// The sum of all values, rounded.
pub fn sum(points: &Points) -> u64 {
    rounded(points.iter().map(|(_, value)| value).sum())
}

/// The longest row of periods, one right after the other, with a value above 0.
pub fn longest_row(points: &Points) -> u64 {
    let mut busy: Vec<i64> = points
        .iter()
        .filter(|(_, value)| *value > 0.0)
        .map(|(begins, _)| *begins)
        .collect();
    busy.sort_unstable();
    busy.dedup();
    let mut longest = 0;
    let mut row = 0;
    let mut expected = None;
    for begins in busy {
        row = if expected == Some(begins) { row + 1 } else { 1 };
        expected = Some(begins + i64::from(PERIOD_SECONDS));
        longest = longest.max(row);
    }
    longest
}

/// Counts and seconds are whole and not negative.
fn rounded(value: f64) -> u64 {
    // As a cast: it ends at the type's bounds, and no metric of a queue or function is near them.
    value.round() as u64
}

#[cfg(test)]
mod tests;
