//! What all of the SDK's clients share: one HTTP client, one set of retries and time limits, and
//! the one form in which a failed call is reported.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
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

/// Attempts of one call: with the back-off below about 20 s of trying, long enough for another
/// change of the organization to end (AWS names no figure; others who manage backup policies wait
/// up to 30 s). Always cut short by the time that the request has left.
const MAX_ATTEMPTS: u32 = 10;
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// One attempt that has no answer by then counts as lost. Our choice: AWS names no figure, and
/// calls to Organizations usually answer within a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// Where Amazon Linux 2023, on which the function runs, keeps all root certificates in one file.
/// Reading it takes half the time of looking through the system's folders. If it is not there, or
/// `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, the usual places are searched.
const ROOT_CERTIFICATES: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// The HTTP client for every call of the function, the answer to CloudFormation included, so that
/// connections and root certificates are shared. TLS is rustls on ring.
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

/// What every client is configured with.
pub fn sdk_config(http: &SharedHttpClient, region: &str, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new(region.to_string()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(MAX_ATTEMPTS)
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

/// Retries without the SDK's quota, for every client. The quota is shared by all calls of the
/// process, and what calls that failed for good took from it never comes back: a process that saw
/// a dozen of them would retry no more. Here one request works at a time, and its attempts are
/// limited by number and by the time it has left.
pub fn retries_without_quota() -> RetryPartition {
    RetryPartition::custom("org-policy-manager")
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

/// A call that failed after all its attempts. Its text names the operation, the reason and, where
/// there is one, the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The operation, such as `AttachPolicy`.
    pub operation: &'static str,
    /// AWS's error code, such as `TargetNotFoundException`; `None` when there was no answer.
    pub code: Option<String>,
    /// AWS's words, or what went wrong on the way.
    pub message: String,
}

impl CallError {
    /// Whether AWS answered with this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether AWS forbade the call, which another attempt would not change.
    pub fn is_refusal(&self) -> bool {
        self.is("AccessDenied") || self.is("AccessDeniedException")
    }

    /// Reads an error of the SDK, whose own text says too little.
    pub fn new<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let code = error.code().map(str::to_string);
        let message = match (&error, error.message()) {
            (_, Some(message)) => one_line(message),
            (SdkError::TimeoutError(_), None) => "no answer in the time left".to_string(),
            (SdkError::ServiceError(service), None) => {
                format!("http status {}", service.raw().status().as_u16())
            }
            _ => one_line(&chain(&error)),
        };
        Self {
            operation,
            code,
            message,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            code,
            message,
        } = self;
        match code {
            Some(code) => write!(f, "{operation} failed: {code}: {message}")?,
            None => write!(f, "{operation} failed: {message}")?,
        }
        match code.as_deref().and_then(|code| remedy(code, message)) {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

impl Error for CallError {}

/// An error and its causes: the SDK's own text names only the kind.
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

/// What a user can do about an error of AWS.
fn remedy(code: &str, message: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" => {
            "check that the role exists in the management account, trusts the function's role and \
             that the function's role may assume it"
        }
        "AccessDeniedException" => {
            "check the permissions of the role in the management account, or that the account is a \
             delegated administrator for backup policies"
        }
        "PolicyTypeNotEnabledException" => {
            "enable backup policies on the organization's root, or set EnablePolicyType: true"
        }
        "PolicyTypeNotAvailableForOrganizationException" => {
            "enable all features of the organization"
        }
        "TargetNotFoundException" => "check PolicyTargets",
        "ConstraintViolationException" if message.contains("MAX_POLICY_TYPE_ATTACHMENT") => {
            "a target takes at most 10 backup policies: detach one, or merge policies"
        }
        "ConcurrentModificationException" | "TooManyRequestsException" => {
            "something else keeps changing the organization: try again later"
        }
        "ParameterNotFound" => "create the parameter, or set the property",
        "NoSuchKey" | "NoSuchVersion" | "NoSuchBucket" => "check PolicyContent.S3",
        _ => return None,
    })
}
