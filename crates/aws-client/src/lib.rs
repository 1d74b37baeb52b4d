#![doc = include_str!("../README.md")]

use std::error::Error;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
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
pub mod refusal;
pub mod request;
pub mod send;
pub mod service;

pub use call_error::CallError;
pub use environment::{ConfigError, Environment};

const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// One attempt that has no answer by then counts as lost. Our choice: AWS names no figure, and
/// the calls that are made here are usually answered within a second.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// Where Amazon Linux 2023, on which the functions run, keeps all root certificates in one file.
/// Reading it takes half the time of looking through the system's folders. If it is not there, or
/// `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, the usual places are searched.
const ROOT_CERTIFICATES: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// The HTTP client for every call of a program, so that connections and root certificates are
/// shared. TLS is rustls on ring.
///
/// # Errors
/// When the root certificates cannot be used.
pub fn http_client() -> Result<SharedHttpClient, Box<dyn Error + Send + Sync>> {
    let chosen = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .any(|v| std::env::var_os(v).is_some());
    let bundle = if chosen {
        None
    } else {
        std::fs::read(ROOT_CERTIFICATES).ok()
    };
    let roots = match bundle {
        Some(pem) => TrustStore::empty().with_pem_certificate(pem),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder().with_trust_store(roots).build()?;
    Ok(aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https())
}

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
