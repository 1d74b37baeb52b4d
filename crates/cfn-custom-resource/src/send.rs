//! The answer's way out: one PUT, repeated until it has arrived or time is up.
//!
//! Retries, back-off and timeouts are the SDK's own ([`Operation`] is what its credential
//! providers use for plain HTTP), so nothing here has to be invented, and the answer goes through
//! the connection pool and root certificates that the SDK clients already have.

use crate::response_url::ResponseUrl;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// Kept free at the end of the invocation, so that the function still returns in time.
const RETURN_MARGIN: Duration = Duration::from_millis(250);
/// Tried for at least this long, however late it is: the deadline may be wrong, an unheard
/// answer is certain to cost the stack its time-out.
const LEAST_TIME: Duration = Duration::from_millis(500);
/// An attempt gets a third of what is left, so that there can be another, within these bounds.
/// Storing 4 KB takes S3 tens of milliseconds; a new TLS connection adds a few hundred.
const ATTEMPT: (Duration, Duration) = (Duration::from_millis(800), Duration::from_secs(5));
/// The SDK's own value. It must not differ: connections are pooled per connect time-out.
const CONNECT: Duration = Duration::from_millis(3_100);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The answer did not reach CloudFormation, which now waits until the resource's `ServiceTimeout`
/// (one hour by default) has passed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("CloudFormation could not be answered in {attempts} attempts: {last}")]
pub struct NotDelivered {
    /// How many attempts have failed.
    pub attempts: u32,
    /// What became of the last one.
    pub last: String,
}

/// Puts `body` to `url`; returns after the first success, the first final refusal, or shortly
/// before `deadline`. Every attempt sends the same bytes to the same place, so one whose reply
/// was lost does no harm.
pub(crate) async fn put(
    http: &SharedHttpClient,
    url: ResponseUrl,
    body: String,
    deadline: Instant,
) -> Result<(), NotDelivered> {
    let left = deadline.saturating_duration_since(Instant::now());
    let time = left.saturating_sub(RETURN_MARGIN).max(LEAST_TIME);
    let attempts = Attempts::default();
    let ResponseUrl {
        origin,
        path_and_query,
    } = url;
    let operation = Operation::builder()
        .service_name("CloudFormation")
        .operation_name("AnswerCustomResource")
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .endpoint_url(&origin)
        .no_auth()
        .sleep_impl(TokioSleep::new())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_timeout(time)
                .operation_attempt_timeout((time / 3).clamp(ATTEMPT.0, ATTEMPT.1))
                .build(),
        )
        .standard_retry(
            &RetryConfig::standard()
                .with_max_attempts(u32::MAX)
                .with_initial_backoff(FIRST_PAUSE)
                .with_max_backoff(LONGEST_PAUSE),
        )
        .runtime_plugin(StaticRuntimePlugin::new().with_config(without_retry_quota()))
        .retry_classifier(attempts.clone())
        .serializer(move |body: String| request(&path_and_query, body))
        .deserializer(
            |response: &HttpResponse| match response.status().is_success() {
                true => Ok(()),
                false => Err(OrchestratorError::operation(Refused)),
            },
        )
        .build();
    // The SDK traces whole requests. This one's URL is a credential and its body may hold secret
    // attributes, so nothing inside is logged at any level; the outcome is, by the caller.
    let result = operation
        .invoke(body)
        .with_subscriber(NoSubscriber::default())
        .await;
    result.map_err(|_| attempts.into_error())
}

/// The SDK's retry quota spares a service that many clients call in a loop. Here it would mean
/// that one unlucky answer takes away the retries of the next.
fn without_retry_quota() -> aws_smithy_types::config_bag::FrozenLayer {
    let mut layer = Layer::new("answer");
    let partition = RetryPartition::custom("answer").token_bucket(TokenBucket::unlimited());
    layer.store_put(partition.build());
    layer.freeze()
}

fn request(path_and_query: &str, body: String) -> Result<HttpRequest, BoxError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("PUT")?;
    request.set_uri(path_and_query)?;
    // The URL is signed for an empty content type: any other is refused with 403.
    request.headers_mut().try_insert("content-type", "")?;
    request.headers_mut().try_insert("content-length", length)?;
    Ok(request)
}

#[derive(Debug, thiserror::Error)]
#[error("the answer was refused")]
struct Refused;

/// Decides what is worth another attempt, and remembers what happened: the SDK's own error for
/// "no time left" does not name what went wrong before.
#[derive(Clone, Debug, Default)]
struct Attempts(Arc<Mutex<(u32, String)>>);

impl Attempts {
    fn note(&self, what: String) {
        if let Ok(mut seen) = self.0.lock() {
            *seen = (seen.0.saturating_add(1), what);
        }
    }

    fn into_error(self) -> NotDelivered {
        let (attempts, last) = match self.0.lock() {
            Ok(seen) => seen.clone(),
            Err(_) => (0, String::new()),
        };
        match attempts {
            0 => NotDelivered {
                attempts: 1,
                last: "no reply before the deadline".to_owned(),
            },
            _ => NotDelivered { attempts, last },
        }
    }
}

impl ClassifyRetry for Attempts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        if let Some(error) = error.as_connector_error() {
            self.note(DisplayErrorContext(error).to_string());
            return match error.is_user() {
                true => RetryAction::RetryForbidden,
                false => RetryAction::transient_error(),
            };
        }
        let status = context
            .response()
            .map(|response| response.status().as_u16());
        match status {
            _ if error.is_timeout_error() => {
                self.note("no reply in time".to_owned());
                RetryAction::transient_error()
            }
            Some(429) => {
                self.note("HTTP status 429".to_owned());
                RetryAction::throttling_error()
            }
            Some(status @ 500..) => {
                self.note(format!("HTTP status {status}"));
                RetryAction::server_error()
            }
            Some(status) => {
                self.note(format!("HTTP status {status}, which no repetition changes"));
                RetryAction::RetryForbidden
            }
            None => {
                self.note("the request could not be built".to_owned());
                RetryAction::RetryForbidden
            }
        }
    }

    fn name(&self) -> &'static str {
        "what becomes of the answer"
    }
}
