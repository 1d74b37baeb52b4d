//! What lives as long as the process, and what one invocation brings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_client::{CallError, Environment};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::{Config, documents};

/// For how long the accounts' names are taken from memory. Looks write them every six hours.
const NAMES_LAST: Duration = Duration::from_secs(3600);

/// For how long a message waits for the accounts' names. Our choice: they are usually there within a few
/// milliseconds, and a message without them is better than none.
const NAMES_TAKE: Duration = Duration::from_secs(5);

/// Calls have ended this long before the invocation's deadline, so that their outcome can still be returned.
const ANSWER_MARGIN: Duration = Duration::from_secs(2);

/// Where lines for the log go that must stand alone: CloudWatch reads metrics from them.
pub type Print = Arc<dyn Fn(&str) + Send + Sync>;

/// Names by accounts.
pub type Names = Arc<BTreeMap<String, String>>;

/// The function's long-lived part: made once, used by every invocation.
pub struct App {
    pub(crate) config: Config,
    aws: Aws,
    print: Print,
    names: Mutex<Option<(Instant, Names)>>,
}

/// What Lambda passes about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The request's id, the same when Lambda tries again.
    pub request: String,
    /// The function's ARN as it was invoked. Its account and Region are the function's.
    pub function_arn: String,
    /// When Lambda ends the invocation.
    pub deadline: Instant,
    /// Now.
    pub now: DateTime<Utc>,
}

impl App {
    /// The function with these settings, over an HTTP client.
    pub async fn new(
        config: Config,
        environment: &Environment,
        http: &SharedHttpClient,
        print: Print,
    ) -> Self {
        Self {
            aws: Aws::new(environment, http).await,
            config,
            print,
            names: Mutex::default(),
        }
    }

    /// AWS for one invocation: every call ends in time to answer.
    pub(crate) fn aws(&self, invocation: &Invocation) -> Aws {
        self.aws.until(invocation.deadline - ANSWER_MARGIN)
    }

    pub(crate) fn print(&self, counts: &[(&'static str, u64)], now: DateTime<Utc>) {
        if let Some(line) = crate::metrics::line(counts, now) {
            (self.print)(&line);
        }
    }

    /// The accounts' names, as the last look read them. Without them messages have the ids alone, so that a failure
    /// to read them is only logged.
    pub(crate) async fn names(&self, aws: &Aws) -> Names {
        let mut known = self.names.lock().await;
        if let Some((at, names)) = known.as_ref()
            && are_fresh(at.elapsed())
        {
            return Arc::clone(names);
        }
        let aws = aws.no_longer_than(Instant::now() + NAMES_TAKE);
        let read: Result<_, CallError> = documents::load(&aws, &self.config.table, "names").await;
        let document = match read {
            Ok(document) => document,
            Err(error) => {
                tracing::warn!("the accounts' names are unknown: {error}");
                return Names::default();
            }
        };
        let parts = document.parts.iter();
        let parsed = parts
            .filter_map(|part| serde_json::from_str::<BTreeMap<String, String>>(part).ok())
            .flatten();
        let names: Names = Arc::new(parsed.collect());
        *known = Some((Instant::now(), Arc::clone(&names)));
        names
    }

    pub(crate) async fn forget_names(&self) {
        *self.names.lock().await = None;
    }
}

/// Whether names that were read so long ago are taken from memory.
fn are_fresh(age: Duration) -> bool {
    age < NAMES_LAST
}

impl Invocation {
    /// The account in which the function runs.
    pub(crate) fn account(&self) -> &str {
        self.function_arn.split(':').nth(4).unwrap_or_default()
    }

    /// The Region in which the function runs.
    pub(crate) fn region(&self) -> &str {
        self.function_arn.split(':').nth(3).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_last_an_hour() {
        for (seconds, fresh) in [(0, true), (3599, true), (3600, false)] {
            assert_eq!(are_fresh(Duration::from_secs(seconds)), fresh, "{seconds}");
        }
    }
}
