//! A call to AWS that failed: which action, for whom, why, and what can be done.

use std::error::Error;
use std::fmt;

use aws_client::CallError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A call that failed after all its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The action as IAM names it, such as `organizations:ListRoots`.
    pub action: String,
    /// AWS's code and words.
    pub call: CallError,
    /// Who called, as far as it is known.
    pub principal: Option<String>,
    /// What this caller can do, where more is known than the code tells.
    pub remedy: Option<String>,
}

impl Failure {
    /// Reads an error of the SDK, whose own text says too little.
    pub fn new<E>(
        service: &'static str,
        operation: &'static str,
        error: SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Failure {
            action: format!("{service}:{operation}"),
            call: CallError::new(operation, &error),
            principal: None,
            remedy: None,
        }
    }

    /// An answer that AWS does not document.
    pub fn odd(service: &'static str, operation: &'static str, message: &str) -> Self {
        Failure {
            action: format!("{service}:{operation}"),
            call: CallError::other(operation, message),
            principal: None,
            remedy: Some("try again later".to_owned()),
        }
    }

    /// The same failure of a caller who is known.
    #[must_use]
    pub fn of(mut self, principal: &str) -> Self {
        self.principal = Some(principal.to_owned());
        self
    }

    /// Whether AWS answered with this code.
    pub fn is(&self, code: &str) -> bool {
        self.call.is(code)
    }

    /// Whether AWS forbade the call.
    pub fn is_denied(&self) -> bool {
        self.call.is_refusal()
    }
}

impl Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { action, call, .. } = self;
        if self.is_denied() {
            let who = self.principal.as_deref().unwrap_or("these credentials");
            write!(f, "{action} is denied to {who}")?;
        } else {
            write!(f, "{action} failed")?;
        }
        let message = call.message.trim_end_matches('.');
        match &call.code {
            Some(code) => write!(f, ": {code}: {message}")?,
            None => write!(f, ": {message}")?,
        }
        let known = || Some(remedy(call.code.as_deref()?)?.to_owned());
        match self.remedy.clone().or_else(known) {
            Some(remedy) => write!(f, ": {remedy}"),
            None if call.code.is_none() => f.write_str(
                ": check the network, `--region` and `--endpoint-url`, or try again later",
            ),
            None => Ok(()),
        }
    }
}

/// What a person can do about an error of AWS.
fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" | "AuthorizationError" => {
            "allow the action, or use other credentials (`--profile`, `--role-arn`)"
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "sign in again (`aws sso login`, `aws login`)"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            "the access key is unknown or inactive: sign in again, or choose another `--profile`"
        }
        "SignatureDoesNotMatch" => {
            "the secret access key is wrong, or this machine's clock is: correct it"
        }
        "AWSOrganizationsNotInUseException" => {
            "use credentials of an account that is in an organization"
        }
        "TooManyRequestsException"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded" => "something else calls AWS as often as it may: try again later",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: Option<&str>, message: &str) -> Failure {
        Failure {
            action: "organizations:ListRoots".to_owned(),
            call: CallError {
                code: code.map(str::to_owned),
                ..CallError::other("ListRoots", message)
            },
            principal: None,
            remedy: None,
        }
    }

    #[test]
    fn a_failure_names_action_principal_reason_and_remedy() {
        let denied = failure(Some("AccessDeniedException"), "no permission");
        assert_eq!(
            denied.of("arn:aws:iam::111111111111:user/ana").to_string(),
            "organizations:ListRoots is denied to arn:aws:iam::111111111111:user/ana: \
             AccessDeniedException: no permission: allow the action, or use other credentials \
             (`--profile`, `--role-arn`)"
        );
        assert_eq!(
            failure(Some("ExpiredTokenException"), "the token is old").to_string(),
            "organizations:ListRoots failed: ExpiredTokenException: the token is old: sign in \
             again (`aws sso login`, `aws login`)"
        );
        assert_eq!(
            failure(None, "dispatch failure: connection refused").to_string(),
            "organizations:ListRoots failed: dispatch failure: connection refused: check the \
             network, `--region` and `--endpoint-url`, or try again later"
        );
    }
}
