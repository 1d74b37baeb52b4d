//! The one form in which a failed call is reported.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Characters of a message that are kept: it may quote a request of any length.
const LONGEST_MESSAGE: usize = 2_000;

/// A call that failed after all its attempts. Its text names the operation, the reason and, where
/// there is one, the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The operation, such as `AttachPolicy`, or the permission that it needs, such as
    /// `ec2:DescribeTags`.
    pub operation: &'static str,
    /// AWS's error code, such as `TargetNotFoundException`; `None` when there was no answer, or
    /// none that could be read.
    pub code: Option<String>,
    /// The HTTP status; `None` when there was no answer, or none that could be read.
    pub status: Option<u16>,
    /// AWS's words, or what went wrong on the way. On one line, 2,000 characters of it at most.
    pub message: String,
    /// What a user can do about it, where the caller knows something.
    pub remedy: Option<&'static str>,
}

impl CallError {
    /// Reads an error of the SDK, whose own text names only the kind of failure.
    pub fn new<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(HttpResponse::status);
        // An error after a good status is the SDK's own: it could not read the answer.
        if status.is_some_and(|status| status.is_success()) {
            return Self::unreadable(operation, chain(error));
        }
        let message = match (error, error.message(), status) {
            (_, Some(message), _) => message.to_string(),
            (SdkError::TimeoutError(_), None, _) => "no answer in the time left".to_string(),
            (SdkError::ServiceError(_), None, Some(status)) => {
                format!("http status {}", status.as_u16())
            }
            _ => chain(error),
        };
        Self {
            code: error.code().map(one_line),
            status: status.map(|status| status.as_u16()),
            ..Self::other(operation, message)
        }
    }

    /// An answer that came and that nobody can read.
    pub fn unreadable(operation: &'static str, why: impl fmt::Display) -> Self {
        Self::other(operation, format!("the answer cannot be read: {why}"))
    }

    /// A failure that AWS has no code for.
    pub fn other(operation: &'static str, message: impl fmt::Display) -> Self {
        Self {
            operation,
            code: None,
            status: None,
            message: one_line(&message.to_string()),
            remedy: None,
        }
    }

    /// Whether AWS answered with this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether AWS forbade the call, which another attempt would not change.
    pub fn is_refusal(&self) -> bool {
        self.is("AccessDenied") || self.is("AccessDeniedException")
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation, message, ..
        } = self;
        match &self.code {
            Some(code) => write!(f, "{operation} failed: {code}: {message}")?,
            None => write!(f, "{operation} failed: {message}")?,
        }
        match self.remedy {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

impl Error for CallError {}

/// An error and its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// A text without line breaks, its beginning if it is long.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_MESSAGE) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    type Failed = SdkError<ErrorMetadata, HttpResponse>;

    fn answered(status: u16, error: ErrorMetadata) -> CallError {
        let status = StatusCode::try_from(status).unwrap();
        let response = HttpResponse::new(status, SdkBody::empty());
        CallError::new("ListRoots", &Failed::service_error(error, response))
    }

    #[test]
    fn a_broken_connection_is_reported_with_its_causes() {
        let error = Failed::dispatch_failure(ConnectorError::io("reset\n by peer".into()));
        let error = CallError::new("ListRoots", &error);
        assert_eq!((error.code, error.status), (None, None));
        assert!(
            error.message.ends_with("reset by peer"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_refusal_is_reported_in_the_words_of_aws_on_one_line() {
        let refusal = ErrorMetadata::builder().code("Busy").message("not\nnow");
        let error = answered(400, refusal.build());
        assert_eq!(error.to_string(), "ListRoots failed: Busy: not now");
        assert_eq!(error.status, Some(400));
        let remedy = Some("try again later");
        let error = CallError { remedy, ..error };
        assert_eq!(
            error.to_string(),
            "ListRoots failed: Busy: not now (try again later)"
        );
    }

    #[test]
    fn of_a_long_message_the_beginning_is_kept() {
        let refusal = ErrorMetadata::builder().code("Busy");
        let error = answered(400, refusal.message("ä\n".repeat(1_000_000)).build());
        assert_eq!(error.message.chars().count(), 2_001);
        assert!(error.message.starts_with("ä ä ") && error.message.ends_with('…'));
    }

    #[test]
    fn a_refusal_without_words_is_its_status() {
        let error = answered(503, ErrorMetadata::builder().build());
        assert_eq!(error.to_string(), "ListRoots failed: http status 503");
    }

    #[test]
    fn an_error_after_a_good_status_is_an_answer_that_cannot_be_read() {
        let error = answered(200, ErrorMetadata::builder().message("no id").build());
        assert_eq!((error.code, error.status), (None, None));
        assert!(error.message.starts_with("the answer cannot be read: "));
    }
}
