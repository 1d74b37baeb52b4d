//! What one invocation does, and what it returns to Lambda.

use std::time::Duration;

use aws_client::CallError;
use aws_lambda_events::sqs::SqsBatchResponse;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::{App, Invocation};
use crate::aws::Aws;
use crate::look;
use crate::news::{self, News};
use crate::payload::{self, Payload, Record};
use crate::tell::{Outcome, tell};

/// An event has no less time than this: one attempt of a call without an answer, and then one of each that answers.
const AT_LEAST: Duration = Duration::from_secs(25);

/// Why an invocation failed as a whole. Lambda tries asynchronous ones again, twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The payload is of no known kind.
    #[error(transparent)]
    Payload(#[from] payload::UnknownPayload),
    /// An event that came without a queue could not be reported.
    #[error("the event is not reported: {0}")]
    NotReported(CallError),
    /// An event that came without a queue is being reported by another invocation, of which nobody knows how it ends.
    #[error("the event is being reported by another invocation")]
    Again,
    /// A look could not keep what it found.
    #[error("the look did not end: {0}")]
    Look(CallError),
}

/// Serves one invocation. `Ok` is Lambda's answer: for a batch of SQS messages the ones to be delivered again.
///
/// # Errors
/// When what was not a batch could not be done: Lambda tries again, then gives it up to the function's own dead-letter
/// queue, if it has one.
pub async fn handle(app: &App, payload: &Value, invocation: &Invocation) -> Result<Value, Failure> {
    let aws = app.aws(invocation);
    let mut counts = Counts::default();
    let answer = match payload::read(payload)? {
        Payload::Look => {
            return look::look(app, &aws, invocation)
                .await
                .map_err(Failure::Look);
        }
        Payload::Batch(records) => Ok(batch(app, &aws, records, invocation, &mut counts).await),
        Payload::Event(event) => {
            let attempt = invocation.request.as_str();
            match one(app, &aws, &event, attempt, invocation, &mut counts).await {
                Ok(Outcome::Again) => Err(Failure::Again),
                Ok(Outcome::Sent) => Ok(json!({"outcome": "Sent"})),
                Ok(Outcome::Repeated) => Ok(json!({"outcome": "Counted"})),
                Err(error) => Err(Failure::NotReported(error)),
            }
        }
    };
    app.print(&counts.lines(), invocation.now);
    answer
}

/// What events came to.
#[derive(Debug, Default)]
struct Counts {
    sent: u64,
    repeated: u64,
    quiet: u64,
    drifted: u64,
}

impl Counts {
    fn lines(&self) -> Vec<(&'static str, u64)> {
        let all = [
            ("Messages", self.sent),
            ("Repeated", self.repeated),
            ("Quiet", self.quiet),
            ("DriftedPolicies", self.drifted),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// A batch, one event after the other. One message's failure does not affect the others, nor does a service that never
/// answers about it: each has its share of the time that is left.
async fn batch(
    app: &App,
    aws: &Aws,
    records: Vec<Record>,
    invocation: &Invocation,
    counts: &mut Counts,
) -> Value {
    let mut response = SqsBatchResponse::default();
    let mut left = u32::try_from(records.len()).unwrap_or(u32::MAX);
    for record in records {
        let id = record.message_id;
        let now = Instant::now();
        let share = aws.ends().saturating_duration_since(now) / left.max(1);
        let aws = &aws.no_longer_than(now + share.max(AT_LEAST));
        left = left.saturating_sub(1);
        let again = match record.event {
            Err(poison) => {
                tracing::error!(sqs_message = id, "for the dead-letter queue: {poison}");
                true
            }
            Ok(event) => {
                let attempt = format!("{}/{id}", invocation.request);
                match one(app, aws, &event, &attempt, invocation, counts).await {
                    Ok(outcome) => outcome == Outcome::Again,
                    Err(error) => {
                        tracing::error!(sqs_message = id, "to be delivered again: {error}");
                        true
                    }
                }
            }
        };
        if again {
            response.add_failure(id);
        }
    }
    json!(response)
}

async fn one(
    app: &App,
    aws: &Aws,
    event: &Value,
    attempt: &str,
    invocation: &Invocation,
    counts: &mut Counts,
) -> Result<Outcome, CallError> {
    let News::Report(report) = news::read(event, invocation.now) else {
        counts.quiet += 1;
        return Ok(Outcome::Repeated);
    };
    // Boxed, here and elsewhere: the compiler gives up on futures nested too deep.
    let outcome = Box::pin(tell(app, aws, event, &report, attempt, invocation.now)).await?;
    match outcome {
        Outcome::Sent => counts.sent += 1,
        Outcome::Repeated => counts.repeated += 1,
        Outcome::Again => {}
    }
    if outcome == Outcome::Sent && is_drift(event) {
        counts.drifted += 1;
    }
    Ok(outcome)
}

/// Whether a policy is not as it was deployed.
fn is_drift(event: &Value) -> bool {
    let state = event.pointer("/detail/state").and_then(Value::as_str);
    event.get("detail-type").and_then(Value::as_str) == Some("Backup Policy Drift")
        && matches!(state, Some("DRIFTED" | "NOT_REPAIRED"))
}
