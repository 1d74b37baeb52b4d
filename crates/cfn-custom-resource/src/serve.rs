//! The shell: run the handler under guard, then answer.

use crate::answer::{Answer, Failure, Status, Success, TooLong};
use crate::request::{Envelope, Request};
use crate::response_url::{ResponseUrlPolicy, ResponseUrlRefused};
use crate::send::{self, NotDelivered};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::Value;
use std::future::Future;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

/// How long before the deadline a handler is stopped, so that the answer still gets out: one
/// attempt over a new connection, a pause, and another. Lambda ends the process at the deadline
/// without notice (Lambda Developer Guide, "Configure Lambda function timeout"), and CloudFormation
/// would wait for its own time-out, an hour by default.
pub const ANSWER_MARGIN: Duration = Duration::from_secs(3);

/// How long a stopped handler may take to let go of what it holds before the answer is sent.
const STOPPING: Duration = Duration::from_millis(250);

/// Characters of a reason that are logged: it may quote a property of any length.
const LOGGED: usize = 4_000;

/// How answers reach CloudFormation.
#[derive(Clone, Debug)]
pub struct Answering {
    /// The client to send them with. Pass the one that the SDK clients use: its connection pool
    /// and root certificates are then loaded once.
    pub http: SharedHttpClient,
    /// Which `ResponseURL`s are answered.
    pub response_url: ResponseUrlPolicy,
    /// Where handlers run.
    pub handlers: Handlers,
}

/// Where handlers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handlers {
    /// Each on a thread of its own, which one that computes or blocks has for itself: the deadline is
    /// kept, and CloudFormation answered, on the thread of the runtime.
    OnThreads,
    /// As tasks of the runtime. For tests in virtual time, which does not pass while a thread works.
    AsTasks,
}

/// What CloudFormation was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Success or failure.
    pub status: Status,
    /// The resource's id.
    pub physical_resource_id: String,
    /// The whole reason; the one that was sent may be shorter.
    pub reason: Option<String>,
    /// The attributes that did not fit into the answer.
    pub left_out: Vec<String>,
}

/// CloudFormation was not answered.
///
/// Returned as the function's error it makes Lambda run the request again (twice, for the
/// asynchronous invocations CloudFormation makes), which is right: handlers are idempotent, and
/// another attempt may get through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServeError {
    /// Nobody to answer to. The handler was not run.
    #[error(transparent)]
    ResponseUrl(#[from] ResponseUrlRefused),
    /// The request's own ids leave no room in an answer.
    #[error("the request's ids are too long for an answer of 4096 bytes: not CloudFormation's")]
    TooLong,
    /// The answer did not arrive.
    #[error(transparent)]
    NotDelivered(#[from] NotDelivered),
}

/// Reads one request, runs `handler` for it, and answers CloudFormation exactly once.
///
/// A handler returns, beside its success, whatever the caller needs once CloudFormation has been
/// answered. It comes back with the [`Outcome`], and only if the handler succeeded.
///
/// * The handler runs on a thread or in a task of its own ([`Handlers`]). If it panics, the answer is
///   FAILED.
/// * At `deadline` less [`ANSWER_MARGIN`] the handler is stopped where it awaits, and the answer is
///   FAILED. It has no means to answer, so nothing it may still be doing is ever answered. What it has
///   spawned itself is not stopped. One that computes without end cannot be stopped either: on a
///   thread it does not keep the answer, and the next request gets another thread.
/// * A request that cannot be understood is answered FAILED without running the handler, if it
///   has a usable `ResponseURL`; if not, the handler is not run either.
/// * The outcome is logged once, here: `info` for a success, `error` for a failure with the first
///   4,000 characters of its reason. The `ResponseURL` and property values are never logged.
///
/// Runs on a Tokio runtime with time enabled.
///
/// # Errors
///
/// Only if CloudFormation was not answered: see [`ServeError`].
///
/// # Example
///
/// ```
/// use cfn_custom_resource::{Answering, Failure, Request, ServeError, Success, serve};
///
/// async fn handle(request: Request) -> Result<(Success, ()), Failure> {
///     let name = request.resource_properties["Name"].as_str().ok_or_else(|| Failure {
///         physical_resource_id: None,
///         reason: "`Name` is missing: give the thing a name".to_owned(),
///     })?;
///     let id = format!("thing/{name}");
///     Ok((Success { physical_resource_id: id, ..Success::default() }, ()))
/// }
///
/// /// The body of a Lambda handler: `remaining` is the time until the context's deadline.
/// async fn lambda(
///     payload: serde_json::Value,
///     remaining: std::time::Duration,
///     answering: &Answering,
/// ) -> Result<(), ServeError> {
///     let deadline = tokio::time::Instant::now() + remaining;
///     serve(payload, deadline, answering, handle).await?;
///     Ok(())
/// }
/// ```
pub async fn serve<H, F, T>(
    payload: Value,
    deadline: Instant,
    answering: &Answering,
    handler: H,
) -> Result<(Outcome, Option<T>), ServeError>
where
    H: FnOnce(Request) -> F + Send + 'static,
    F: Future<Output = Result<(Success, T), Failure>> + Send + 'static,
    T: Send + 'static,
{
    let envelope = Envelope::read(payload);
    let url = answering
        .response_url
        .check(envelope.response_url.as_deref())?;
    let result = match envelope.request {
        Ok(request) => guard(request, deadline, answering.handlers, handler).await,
        Err(reason) => Err(failure(reason)),
    };
    let (result, rest) = match result {
        Ok((success, rest)) => (Ok(success), Some(rest)),
        Err(failure) => (Err(failure), None),
    };
    let answer = Answer::new(envelope.addressee, envelope.is_delete, result);
    let mut outcome = Outcome {
        status: answer.status,
        physical_resource_id: answer.physical_resource_id.clone(),
        reason: answer.reason.clone(),
        left_out: Vec::new(),
    };
    let (stack_id, logical_id) = (
        answer.addressee.stack_id.clone(),
        answer.addressee.logical_resource_id.clone(),
    );
    let body = answer.into_body().map_err(|TooLong| ServeError::TooLong)?;
    outcome.left_out = body.left_out;
    log(&outcome, &stack_id, &logical_id);
    send::put(&answering.http, url, body.json, deadline).await?;
    Ok((outcome, rest))
}

/// Runs the handler; whatever it does, there is a result before the deadline.
async fn guard<H, F, T>(
    request: Request,
    deadline: Instant,
    handlers: Handlers,
    handler: H,
) -> Result<(Success, T), Failure>
where
    H: FnOnce(Request) -> F + Send + 'static,
    F: Future<Output = Result<(Success, T), Failure>> + Send + 'static,
    T: Send + 'static,
{
    let now = Instant::now();
    let Some(stop_at) = deadline
        .checked_sub(ANSWER_MARGIN)
        .filter(|stop_at| *stop_at > now)
    else {
        return Err(failure(
            "nothing was begun: too little of the function's time was left",
        ));
    };
    // Dropped with this future, or below: then the handler is dropped too, as soon as it awaits.
    let (wanted, unwanted) = oneshot::channel::<()>();
    let work = async move {
        tokio::select! {
            result = handler(request) => Some(result),
            _ = unwanted => None,
        }
    };
    let work = work.in_current_span().with_current_subscriber();
    let mut task = JoinSet::new();
    match handlers {
        Handlers::OnThreads => {
            let runtime = Handle::current();
            task.spawn_blocking(move || runtime.block_on(work))
        }
        Handlers::AsTasks => task.spawn(work),
    };
    match timeout_at(stop_at, task.join_next()).await {
        Ok(Some(Ok(Some(result)))) => result,
        // The panic's own text may hold anything; the runtime has written it to the log.
        Ok(_) => Err(failure(
            "the function stopped unexpectedly (panic): its log has the details",
        )),
        Err(_) => {
            // So that no further step is taken once CloudFormation has been answered with a failure.
            drop(wanted);
            let _ = timeout(STOPPING, task.join_next()).await;
            Err(failure(
                "the function ran out of time and was stopped: what it had begun may be \
                 half done; the next request completes or removes it",
            ))
        }
    }
}

fn failure(reason: impl Into<String>) -> Failure {
    Failure {
        physical_resource_id: None,
        reason: reason.into(),
    }
}

fn log(outcome: &Outcome, stack_id: &str, logical_id: &str) {
    let physical_id = outcome.physical_resource_id.as_str();
    let reason = outcome.reason.as_deref();
    let reason: Option<String> = reason.map(|reason| reason.chars().take(LOGGED).collect());
    match outcome.status {
        Status::Success => {
            tracing::info!(
                stack_id,
                logical_id,
                physical_id,
                reason,
                "answering SUCCESS"
            );
        }
        Status::Failed => {
            tracing::error!(
                stack_id,
                logical_id,
                physical_id,
                reason,
                "answering FAILED"
            );
        }
    }
    if !outcome.left_out.is_empty() {
        let attributes = outcome.left_out.join(", ");
        tracing::warn!(
            stack_id,
            logical_id,
            attributes,
            "no room in the answer for attributes"
        );
    }
}
