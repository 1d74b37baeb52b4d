//! What lives as long as the process, and what one invocation brings.

use std::sync::Arc;
use std::time::Duration;

use aws_client::Environment;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::report::Report;
use crate::{Aws, Config};

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

/// What Lambda passes about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function's ARN as it was invoked. Its account is the function's.
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
        let aws = Aws::new(environment, http).await;
        Self { config, aws, print }
    }

    /// Prints a job's line.
    pub(crate) fn print(&self, report: &Report, now: DateTime<Utc>) {
        (self.print)(&report.line(now));
    }

    pub(crate) fn aws(&self) -> &Aws {
        &self.aws
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }
}

impl Invocation {
    /// Whether too little time is left to begin another job.
    pub(crate) fn is_ending(&self) -> bool {
        Instant::now() + BEGIN_MARGIN > self.deadline
    }
}
