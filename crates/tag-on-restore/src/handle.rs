//! What one invocation does, and what it returns to Lambda.

use std::time::Duration;

use aws_client::CallError;
use aws_lambda_events::sqs::SqsBatchResponse;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::{App, BEGIN_MARGIN, Invocation};
use crate::event::{self, Completed, Notice, Payload, Record};
use crate::process::{Trigger, process};
use crate::report::Report;
use crate::{Arn, Aws, health, look, reconcile};

/// Calls have ended this long before the invocation's deadline, so that their outcome can still be
/// returned.
const ANSWER_MARGIN: Duration = Duration::from_secs(2);

/// Why an invocation failed as a whole. Lambda tries asynchronous ones again, twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The payload is of no known kind.
    #[error(transparent)]
    Payload(#[from] event::UnknownPayload),
    /// An event that came without a queue makes no sense.
    #[error(transparent)]
    Poison(#[from] event::Poison),
    /// The job of an event that came without a queue was not tagged.
    #[error("restore job `{job}` is not tagged: {reason}")]
    NotTagged {
        /// The job's id.
        job: String,
        /// Why.
        reason: String,
    },
    /// Reconciliation could not do everything.
    #[error(transparent)]
    Reconcile(#[from] reconcile::Failure),
    /// What is wrong with the function could not be reported, though the reconciliation was done.
    #[error("what is wrong with the function cannot be reported: {0}")]
    Report(CallError),
}

/// Serves one invocation. `Ok` is Lambda's answer: for a batch of SQS messages the ones to be
/// delivered again, which are those that may go better then and those that belong in the
/// dead-letter queue, and no others.
///
/// # Errors
/// When what was not a batch could not be done: Lambda tries again, then gives it up to the
/// function's own dead-letter queue or on-failure destination, if it has one.
pub async fn handle(app: &App, payload: &Value, invocation: &Invocation) -> Result<Value, Failure> {
    let account = Arn::parse(&invocation.function_arn).map(|arn| arn.account);
    let until = invocation.deadline - ANSWER_MARGIN;
    let aws = app.aws().invocation(&account.unwrap_or_default(), until);
    match event::read(payload)? {
        Payload::Batch(records) => Ok(batch(app, &aws, records, invocation).await),
        Payload::Event(notice) => event(app, &aws, notice?, invocation).await,
        Payload::Reconcile => scheduled(app, &aws, invocation).await,
    }
}

/// A look at the function's own state, and the search for lost events. Each is done and reported
/// whatever becomes of the other.
async fn scheduled(app: &App, aws: &Aws, invocation: &Invocation) -> Result<Value, Failure> {
    let function = Arn::parse(&invocation.function_arn);
    let (Some(function), Some(queues)) = (function, &app.config().queues) else {
        let summary = reconcile::reconcile(app, aws, invocation).await;
        return Ok(summary.map_err(reconcile::Failure::List)?.answer()?);
    };
    // What does not answer here keeps the search for lost events waiting no longer than two jobs would. The report has
    // a time of its own: what did not answer the look is in it.
    let soon = || aws.no_longer_than(Instant::now() + BEGIN_MARGIN);
    let health = look::look(&soon(), &function, queues, invocation.now).await;
    let told = look::report(&soon(), &function, &health::troubles(&health)).await;
    let summary = reconcile::reconcile(app, aws, invocation).await;
    let summary = summary.map_err(reconcile::Failure::List)?;
    let after = health::after_reconciling(summary.repaired, summary.stopped_early);
    let also_told = look::report(aws, &function, &after).await;
    let answer = summary.answer()?;
    told.and(also_told).map_err(Failure::Report)?;
    Ok(answer)
}

/// An event that came without a queue.
async fn event(
    app: &App,
    aws: &Aws,
    notice: Notice,
    invocation: &Invocation,
) -> Result<Value, Failure> {
    let completed = match notice {
        Notice::Completed(completed) => completed,
        Notice::Ignored(reason) => {
            tracing::info!("ignored: {reason}");
            return Ok(json!({ "outcome": "Ignored" }));
        }
    };
    let report = notified(app, aws, &completed, 1, invocation).await;
    if report.is_undone() {
        return Err(Failure::NotTagged {
            job: report.job_id,
            reason: report.reason.unwrap_or_default(),
        });
    }
    Ok(json!({ "outcome": report.outcome.name() }))
}

/// A batch: one job after the other, to spare AWS's request rates. One message's failure does not
/// affect the others.
async fn batch(app: &App, aws: &Aws, records: Vec<Record>, invocation: &Invocation) -> Value {
    let mut response = SqsBatchResponse::default();
    let mut not_begun = 0_usize;
    let mut left = u32::try_from(records.len()).unwrap_or(u32::MAX);
    for record in records {
        let id = record.message_id;
        let aws = aws.no_longer_than(share(aws.ends(), left));
        left = left.saturating_sub(1);
        let again = match record.event {
            Ok(Notice::Completed(_)) if invocation.is_ending() => {
                not_begun += 1;
                true
            }
            Ok(Notice::Completed(completed)) => {
                let count = record.receive_count;
                let report = notified(app, &aws, &completed, count, invocation).await;
                report.is_undone()
            }
            Ok(Notice::Ignored(reason)) => {
                tracing::info!(sqs_message = id, "ignored: {reason}");
                false
            }
            Err(poison) => {
                tracing::error!(sqs_message = id, "for the dead-letter queue: {poison}");
                true
            }
        };
        if again {
            response.add_failure(id);
        }
    }
    if not_begun > 0 {
        tracing::info!(
            messages = not_begun,
            "not begun: no time left, to be delivered again"
        );
    }
    json!(response)
}

/// When one of so many jobs must have ended: its share of the time until `ends`, and no less than any
/// job may need. A service that never answers keeps its own job waiting, and no other.
fn share(ends: Instant, jobs: u32) -> Instant {
    let now = Instant::now();
    let all = ends.saturating_duration_since(now);
    now + (all / jobs.max(1)).max(BEGIN_MARGIN)
}

/// A job that an event reported.
async fn notified(
    app: &App,
    aws: &Aws,
    completed: &Completed,
    receive_count: u32,
    invocation: &Invocation,
) -> Report {
    let trigger = Trigger {
        receive_count,
        reconciled: false,
        sent: completed.time,
        now: invocation.now,
    };
    let report = Box::pin(process(aws, app.config(), &completed.job, trigger)).await;
    app.print(&report, invocation.now);
    report
}
