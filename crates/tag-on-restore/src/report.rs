//! What became of one job: one line of JSON, which CloudWatch Logs turns into metrics (embedded
//! metric format). It has the keys of tags, never their values.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::{Job, plan::Plan};

/// The metrics' namespace.
pub const NAMESPACE: &str = "TagOnRestore";

/// What became of one job.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The restore job's id.
    pub job_id: String,
    /// See [`resource_type`].
    pub resource_type: String,
    /// What the job made.
    pub created_resource_arn: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where that is not obvious.
    pub reason: Option<String>,
    /// The error code of the service that refused something.
    pub error_code: Option<String>,
    /// Whether reconciliation found the job, and not an event.
    pub reconciled: bool,
    /// Seconds between the event (or, without one, the job's end) and now.
    pub event_age_seconds: Option<u64>,
    /// How many tags were written, on the resource and its parts.
    pub tags_written: u64,
    /// How many parts (volumes, network interfaces, members) got any.
    pub sub_resources_tagged: u64,
    /// Keys written, to whichever resource.
    pub written: BTreeSet<String>,
    /// Keys that did not fit.
    pub dropped: BTreeSet<String>,
    /// Keys that the service would refuse, or refused.
    pub invalid: BTreeSet<String>,
    /// Keys that the configuration kept out.
    pub excluded: BTreeSet<String>,
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Missing tags were written.
    Tagged,
    /// Nothing was missing.
    NothingMissing,
    /// The configuration asks for a dry run: the report has what would be written.
    DryRun,
    /// Not to be tagged; `reason` has why.
    Skipped,
    /// The resource is gone.
    TargetGone,
    /// Not now: the message is delivered again.
    Retry,
    /// Refused for good: the message goes to the dead-letter queue.
    Failed,
}

impl Outcome {
    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tagged => "Tagged",
            Self::NothingMissing => "NothingMissing",
            Self::DryRun => "DryRun",
            Self::Skipped => "Skipped",
            Self::TargetGone => "TargetGone",
            Self::Retry => "Retry",
            Self::Failed => "Failed",
        }
    }
}

impl Report {
    /// Whether the job is to be delivered again.
    pub fn is_undone(&self) -> bool {
        matches!(self.outcome, Outcome::Retry | Outcome::Failed)
    }

    /// A report of a job to which nothing has happened yet.
    pub fn new(job: &Job, outcome: Outcome) -> Self {
        Self {
            job_id: job.id.clone(),
            resource_type: resource_type(job),
            created_resource_arn: job.created_resource_arn.clone(),
            outcome,
            reason: None,
            error_code: None,
            reconciled: false,
            event_age_seconds: None,
            tags_written: 0,
            sub_resources_tagged: 0,
            written: BTreeSet::new(),
            dropped: BTreeSet::new(),
            invalid: BTreeSet::new(),
            excluded: BTreeSet::new(),
        }
    }

    /// Adds a plan that was carried out (or, in a dry run, would be) for the resource or a part.
    pub fn add(&mut self, plan: &Plan) {
        self.tags_written += plan.write.len() as u64;
        self.written
            .extend(plan.write.iter().map(|(key, _)| key.clone()));
        self.dropped.extend(plan.dropped.iter().cloned());
        self.invalid.extend(plan.invalid.keys().cloned());
        self.excluded.extend(plan.excluded.iter().cloned());
    }

    /// The line for the log, at a time. `TagsWritten` is always in it; other metrics only when
    /// they are not 0, because each one with each dimension is paid for.
    pub fn line(&self, at: DateTime<Utc>) -> String {
        let is = |yes: bool| u64::from(yes);
        let wrote = match self.outcome {
            Outcome::DryRun => 0,
            _ => self.tags_written,
        };
        let counts = [
            ("TagsWritten", wrote),
            ("TagsDropped", self.dropped.len() as u64),
            ("TagsInvalid", self.invalid.len() as u64),
            ("SubResourcesTagged", self.sub_resources_tagged),
            ("Failures", is(self.outcome == Outcome::Failed)),
            ("Skipped", is(self.outcome == Outcome::Skipped)),
            ("TargetGone", is(self.outcome == Outcome::TargetGone)),
            ("ReconcileFixed", is(self.reconciled && wrote > 0)),
        ];
        let counts = counts
            .into_iter()
            .filter(|(name, count)| *count > 0 || *name == "TagsWritten")
            .map(|(name, count)| (name, "Count", count));
        let age = self
            .event_age_seconds
            .map(|age| ("EventAgeSeconds", "Seconds", age));
        let metrics: Vec<_> = counts.chain(age).collect();

        let definitions: Vec<Value> = metrics
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
            .collect();
        let mut line = Map::new();
        line.insert(
            "_aws".into(),
            json!({
                "Timestamp": at.timestamp_millis(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [[], ["ResourceType"], ["Outcome"]],
                    "Metrics": definitions,
                }],
            }),
        );
        line.insert("ResourceType".into(), json!(self.resource_type));
        line.insert("Outcome".into(), json!(self.outcome.name()));
        for (name, _, value) in metrics {
            line.insert(name.into(), json!(value));
        }
        line.insert("restoreJobId".into(), json!(self.job_id));
        for (name, value) in [
            ("createdResourceArn", &self.created_resource_arn),
            ("reason", &self.reason),
            ("errorCode", &self.error_code),
        ] {
            if let Some(value) = value {
                line.insert(name.into(), json!(value));
            }
        }
        for (name, keys) in [
            ("writtenKeys", &self.written),
            ("droppedKeys", &self.dropped),
            ("invalidKeys", &self.invalid),
            ("excludedKeys", &self.excluded),
        ] {
            if !keys.is_empty() {
                line.insert(name.into(), json!(keys));
            }
        }
        Value::Object(line).to_string()
    }
}

/// AWS Backup's name for the kind of resource, as one word in small letters, because its spelling
/// is not certain ("Storage Gateway", "StorageGateway"). Without one: the service of what was
/// made, else `unknown`.
pub fn resource_type(job: &Job) -> String {
    let named = job.resource_type.as_deref().unwrap_or_default();
    let word: String = named
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    if !word.is_empty() {
        return word;
    }
    let created = job.created_resource_arn.as_deref();
    match created.and_then(crate::Arn::parse) {
        Some(arn) => arn.service,
        None => "unknown".to_string(),
    }
}

#[cfg(test)]
mod tests;
