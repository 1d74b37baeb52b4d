#![doc = include_str!("../README.md")]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio::time::Instant;

mod call_error;
mod environment;
mod http;
pub mod refusal;
pub mod request;
pub mod send;
pub mod service;

pub use call_error::CallError;
pub use environment::{ConfigError, Environment};
pub use http::http_client;

const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// One attempt that has no answer by then counts as lost. Our choice: AWS names no figure, and
/// the calls that are made here are usually answered within a second.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// What every client of a function is configured with: each call is attempted up to `attempts` times.
pub fn sdk_config(
    http: &SharedHttpClient,
    region: &str,
    credentials: Credentials,
    attempts: u32,
) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new(region.to_string()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .retry_config(retries(attempts))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        )
        .build()
}

/// Up to `attempts` attempts, with the SDK's jittered exponential back-off of half a second to five
/// seconds in between.
pub fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF)
}

/// Retries without the SDK's quota, for every client of `program`. The quota is shared by all
/// calls of the process, and what calls that failed for good took from it never comes back: a
/// process that saw a dozen of them would retry no more. Attempts are limited by number, a function's
/// also by the time that the invocation has left.
pub fn retries_without_quota(program: &'static str) -> RetryPartition {
    RetryPartition::custom(program)
        .token_bucket(TokenBucket::unlimited())
        .build()
}

/// The time limits of one call that must have ended by `until`, its retries included.
pub fn time_limits(until: Instant) -> TimeoutConfig {
    let left = until
        .saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1));
    TimeoutConfig::builder()
        .operation_timeout(left)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT.min(left))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_never_outlives_what_is_left() {
        let limits = time_limits(Instant::now() + Duration::from_secs(3));
        assert_eq!(limits.operation_timeout(), Some(Duration::from_secs(3)));
        assert_eq!(
            limits.operation_attempt_timeout(),
            Some(Duration::from_secs(3))
        );
        let over = time_limits(Instant::now());
        assert_eq!(over.operation_timeout(), Some(Duration::from_millis(1)));
    }
}
