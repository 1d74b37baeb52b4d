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
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio::time::Instant;

const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// One attempt that has no answer by then counts as lost. Our choice: AWS names no figure, and
/// the calls that both functions make are usually answered within a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// Where Amazon Linux 2023, on which the functions run, keeps all root certificates in one file.
/// Reading it takes half the time of looking through the system's folders. If it is not there, or
/// `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, the usual places are searched.
const ROOT_CERTIFICATES: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// The HTTP client for every call of a function, so that connections and root certificates are
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

/// What every client is configured with: each call is attempted up to `attempts` times, with the
/// SDK's jittered exponential back-off of half a second to five seconds in between.
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
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(attempts)
                .with_initial_backoff(INITIAL_BACKOFF)
                .with_max_backoff(MAX_BACKOFF),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        )
        .build()
}

/// Retries without the SDK's quota, for every client of `function`. The quota is shared by all
/// calls of the process, and what calls that failed for good took from it never comes back: a
/// process that saw a dozen of them would retry no more. A function's attempts are limited by
/// number and by the time that the invocation has left.
pub fn retries_without_quota(function: &'static str) -> RetryPartition {
    RetryPartition::custom(function)
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

/// AWS's code and words for a failed call, or what went wrong on the way, on one line. An
/// [`SdkError`]'s own text names only the kind of failure.
pub fn code_and_words<E>(error: &SdkError<E, HttpResponse>) -> (Option<String>, String)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let words = match (error, error.message()) {
        (_, Some(message)) => one_line(message),
        (SdkError::TimeoutError(_), None) => "no answer in the time left".to_string(),
        // After a good status it is the SDK that could not read the answer: the chain has why.
        (SdkError::ServiceError(service), None) if !service.raw().status().is_success() => {
            format!("http status {}", service.raw().status().as_u16())
        }
        _ => one_line(&chain(error)),
    };
    (error.code().map(str::to_string), words)
}

/// An error and its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::error::ErrorMetadata;

    #[test]
    fn a_broken_connection_is_told_with_its_causes() {
        let error: SdkError<ErrorMetadata, HttpResponse> =
            SdkError::dispatch_failure(ConnectorError::io("reset\n by peer".into()));
        let (code, words) = code_and_words(&error);
        assert_eq!(code, None);
        assert!(words.ends_with("reset by peer"), "{words}");
    }

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
