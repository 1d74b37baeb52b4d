//! What one invocation does, and what Lambda hears of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_client::Environment;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::event::{self, Completed, Notice, Payload, Record};
use crate::process::{Occasion, process};
use crate::report::{Outcome, Report};
use crate::{Arn, Aws, Config, reconcile};

/// Calls have ended this long before the invocation's deadline, so that Lambda hears what became
/// of them.
const ANSWER_MARGIN: Duration = Duration::from_secs(2);

/// With less time than this, no other job is begun: a dozen calls take about a second, and some
/// seconds more when AWS throttles them.
pub const BEGIN_MARGIN: Duration = Duration::from_secs(10);

/// Where lines for the log go that must stand alone: CloudWatch reads metrics from them.
pub type Print = Arc<dyn Fn(&str) + Send + Sync>;

/// The function's long-lived part: made once, used by every invocation.
pub struct App {
    config: Config,
    aws: Aws,
    print: Print,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish()
    }
}

/// What Lambda says about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function's ARN as it was invoked. Its account is the function's.
    pub function_arn: String,
    /// When Lambda ends the invocation.
    pub deadline: Instant,
    /// Now.
    pub now: DateTime<Utc>,
}

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
}

impl App {
    /// The function with these settings, over an HTTP client.
    pub async fn new(
        config: Config,
        environment: &Environment,
        http: &SharedHttpClient,
        print: Print,
    ) -> Self {
        let aws = Aws::new(environment, http).await;
        Self { config, aws, print }
    }

    /// Prints a job's line.
    pub(crate) fn print(&self, report: &Report, now: DateTime<Utc>) {
        (self.print)(&report.line(now));
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }
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
    let aws = app.aws.invocation(&account.unwrap_or_default(), until);
    match event::read(payload)? {
        Payload::Batch(records) => Ok(batch(app, &aws, records, invocation).await),
        Payload::Event(notice) => event(app, &aws, notice?, invocation).await,
        Payload::Reconcile => Ok(reconcile::reconcile(app, &aws, invocation).await?),
    }
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
    if is_undone(&report) {
        return Err(Failure::NotTagged {
            job: report.job_id,
            reason: report.reason.unwrap_or_default(),
        });
    }
    Ok(json!({ "outcome": report.outcome.name() }))
}

/// A batch: one job after the other, to spare AWS's request rates. Whatever becomes of one message
/// is none of the others' business.
async fn batch(app: &App, aws: &Aws, records: Vec<Record>, invocation: &Invocation) -> Value {
    let mut failures = Vec::new();
    for record in records {
        let id = record.message_id;
        let again = match record.event {
            Ok(Notice::Completed(_)) if Instant::now() + BEGIN_MARGIN > invocation.deadline => {
                tracing::info!(
                    sqs_message = id,
                    "not begun: no time left, to be delivered again"
                );
                true
            }
            Ok(Notice::Completed(completed)) => {
                let count = record.receive_count;
                is_undone(&notified(app, aws, &completed, count, invocation).await)
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
            failures.push(json!({ "itemIdentifier": id }));
        }
    }
    json!({ "batchItemFailures": failures })
}

/// A job that an event told of.
async fn notified(
    app: &App,
    aws: &Aws,
    completed: &Completed,
    receive_count: u32,
    invocation: &Invocation,
) -> Report {
    let occasion = Occasion {
        receive_count,
        reconciled: false,
        sent: completed.time,
        now: invocation.now,
    };
    let report = Box::pin(process(aws, &app.config, &completed.job, occasion)).await;
    app.print(&report, invocation.now);
    report
}

/// Whether a job is to be delivered again.
pub(crate) fn is_undone(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Retry | Outcome::Failed)
}
