//! How this function calls AWS, and the one form in which it reports a failed call.

use std::error::Error;
use std::fmt;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use lambda_aws::code_and_words;
pub use lambda_aws::{http_client, time_limits};

/// Attempts of one call: with the SDK's back-off about 20 s of trying, long enough for another
/// change of the organization to end (AWS names no figure; others who manage backup policies wait
/// up to 30 s). Always cut short by the time that the request has left.
const MAX_ATTEMPTS: u32 = 10;

/// What every client is configured with.
pub fn sdk_config(http: &SharedHttpClient, region: &str, credentials: Credentials) -> SdkConfig {
    lambda_aws::sdk_config(http, region, credentials, MAX_ATTEMPTS)
}

/// Retries without the SDK's quota: one request works at a time, and its attempts are limited by
/// number and by the time it has left.
pub fn retries_without_quota() -> aws_sdk_sts::config::retry::RetryPartition {
    lambda_aws::retries_without_quota("org-policy-manager")
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
        let (code, message) = code_and_words(&error);
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
        match code
            .as_deref()
            .and_then(|code| remedy(operation, code, message))
        {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

impl Error for CallError {}

/// What a user can do about an error of AWS.
fn remedy(operation: &str, code: &str, message: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" if operation == "DescribeStackResource" => {
            "check the permissions of the function's role"
        }
        "AccessDenied" => {
            "check that the role exists in the management account, trusts the function's role and \
             that the function's role may assume it"
        }
        "AccessDeniedException" => {
            "check the permissions of the role in the management account, or that the account is a \
             delegated administrator for backup policies"
        }
        // STS names the account; the role is the management account's.
        "RegionDisabledException" => {
            "enable the function's Region in the management account too: aws account enable-region"
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

#[cfg(test)]
mod tests {
    use super::CallError;

    #[test]
    fn a_region_that_is_not_enabled_is_reported_with_what_to_do() {
        let error = CallError {
            operation: "AssumeRole",
            code: Some("RegionDisabledException".to_owned()),
            message: "STS is not activated in this region for account:111111111111.".to_owned(),
        };
        assert_eq!(
            error.to_string(),
            "AssumeRole failed: RegionDisabledException: STS is not activated in this region for \
             account:111111111111. (enable the function's Region in the management account too: \
             aws account enable-region)"
        );
    }
}
