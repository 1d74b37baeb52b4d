//! The look at the function's own state before each reconciliation, and what is reported of it.

use aws_client::CallError;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::aws::Metric;
use crate::config::Queues;
use crate::health::{self, Health, Trouble};
use crate::{Arn, Aws};

const QUEUES: &str = "AWS/SQS";
const FUNCTIONS: &str = "AWS/Lambda";

/// Looks at queues and metrics: two calls, and one more where there are dead letters. What cannot be
/// looked at is in the result with AWS's reason, and costs the rest nothing.
pub(crate) async fn look(aws: &Aws, function: &Arn, queues: &Queues, now: DateTime<Utc>) -> Health {
    let mut health = Health::default();
    let mut unless = |failed: CallError| health.not_looked_at.push(failed.to_string());
    // Half of the time is the metrics'.
    let begin = Instant::now();
    let half = aws.ends().saturating_duration_since(begin) / 2;
    let first = aws.no_longer_than(begin + half);
    let dead_letters = first.messages(function, &queues.dead_letters()).await;
    let dead_letters = dead_letters.map_err(&mut unless).unwrap_or_default();
    let (events, letters, unstarted) = (
        queues.name().to_string(),
        name(&queues.dead_letters()),
        name(&queues.reconcile_dead_letters()),
    );
    let called = function.resource.split(':').nth(1).unwrap_or_default();
    let queue = |name, of, statistic| Metric {
        namespace: QUEUES,
        name,
        dimension: "QueueName",
        of,
        statistic,
    };
    let lambda = |name| Metric {
        namespace: FUNCTIONS,
        name,
        dimension: "FunctionName",
        of: called,
        statistic: "Sum",
    };
    // A queue knows the age of its oldest message by this metric only. The schedule's dead letters
    // are counted as they come: they stay for two weeks, and nothing has to be done with them.
    let mut metrics = vec![
        queue("ApproximateAgeOfOldestMessage", &events, "Maximum"),
        queue("NumberOfMessagesSent", &unstarted, "Sum"),
        lambda("Errors"),
        lambda("Throttles"),
    ];
    if dead_letters > 0 {
        metrics.push(queue("ApproximateAgeOfOldestMessage", &letters, "Maximum"));
    }
    let data = aws.metrics(function, &metrics, now.timestamp()).await;
    let data = data.map_err(&mut unless).unwrap_or_default();
    health.dead_letters = dead_letters;
    if let [wait, unstarted, errors, throttles, rest @ ..] = data.as_slice() {
        health.longest_wait = health::largest(wait);
        health.not_started = health::sum(unstarted);
        health.errors = health::sum(errors);
        health.throttled_periods = health::longest_row(throttles);
        let age = rest.first().filter(|points| !points.is_empty());
        health.oldest_dead_letter = age.map(health::largest);
    }
    health
}

/// Reports troubles, if there are any.
///
/// # Errors
/// When the account's bus does not take them.
pub(crate) async fn report(
    aws: &Aws,
    function: &Arn,
    troubles: &[Trouble],
) -> Result<(), CallError> {
    for trouble in troubles {
        tracing::warn!(kind = trouble.kind, "reported: {}", trouble.summary);
    }
    match troubles.is_empty() {
        true => Ok(()),
        false => aws.report(function, troubles).await,
    }
}

/// A queue's name, by its address.
fn name(url: &str) -> String {
    url.rsplit('/').next().unwrap_or_default().to_string()
}
