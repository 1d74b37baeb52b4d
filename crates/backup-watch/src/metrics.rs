//! One line for the log that CloudWatch turns into metrics (embedded metric format), without dimensions: each metric is
//! paid for once, however many accounts there are.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// The metrics' namespace.
pub const NAMESPACE: &str = "BackupWatch";

/// What a look counts.
pub const OF_LOOKS: [&str; 7] = [
    "LateAccounts",
    "InvalidAccounts",
    "NotLookedAt",
    "FailedJobs",
    "CompletedBackups",
    "CompletedCopies",
    "CompletedRestores",
];

/// What is counted of events and messages.
pub const OF_EVENTS: [&str; 4] = ["Messages", "Repeated", "Quiet", "DriftedPolicies"];

/// The line of these counts at a time; none if there are none.
///
/// ```
/// let at = "2026-01-31T12:00:00Z".parse().unwrap();
/// let line = backup_watch::metrics::line(&[("Messages", 2)], at).unwrap();
/// assert!(line.contains(r#""Messages":2"#));
/// ```
pub fn line(counts: &[(&'static str, u64)], at: DateTime<Utc>) -> Option<String> {
    if counts.is_empty() {
        return None;
    }
    let definitions = counts
        .iter()
        .map(|(name, _)| json!({"Name": name, "Unit": "Count"}));
    let mut line = Map::new();
    line.insert(
        "_aws".to_string(),
        json!({
            "Timestamp": at.timestamp_millis(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[]],
                "Metrics": definitions.collect::<Vec<Value>>(),
            }],
        }),
    );
    for (name, count) in counts {
        line.insert((*name).to_string(), json!(count));
    }
    Some(Value::Object(line).to_string())
}
