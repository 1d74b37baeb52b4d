//! How this function calls AWS, and what can be done about a failed call.

use std::error::Error;

use aws_client::CallError;
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;

/// Attempts of one call: with the SDK's back-off about 20 s of trying, long enough for another
/// change of the organization to end (AWS names no figure; others who manage backup policies wait
/// up to 30 s). Always cut short by the time that the request has left.
const MAX_ATTEMPTS: u32 = 10;

/// The name of this function in requests.
pub(crate) const PROGRAM: &str = "org-policy-manager";

/// What every client is configured with.
pub fn sdk_config(http: &SharedHttpClient, region: &str, credentials: Credentials) -> SdkConfig {
    aws_client::sdk_config(http, region, credentials, MAX_ATTEMPTS)
}

/// Retries without the SDK's quota: one request works at a time, and its attempts are limited by
/// number and by the time it has left.
pub fn retries_without_quota() -> aws_sdk_sts::config::retry::RetryPartition {
    aws_client::retries_without_quota(PROGRAM)
}

/// A failed call, with what a user can do about it.
pub fn failed<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let error = CallError::new(operation, error);
    let remedy = error.code.as_deref();
    let remedy = remedy.and_then(|code| remedy_for(operation, code, &error.message));
    CallError { remedy, ..error }
}

/// What a user can do about an error of AWS.
fn remedy_for(operation: &str, code: &str, message: &str) -> Option<&'static str> {
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
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    #[test]
    fn what_a_user_can_do_is_said_of_each_error_that_somebody_can_mend() {
        let other = "MAX_POLICY_NUMBER";
        for (operation, code, message, remedy) in [
            (
                "AssumeRole",
                "AccessDenied",
                "",
                Some("the role exists in the management account"),
            ),
            (
                "DescribeStackResource",
                "AccessDenied",
                "",
                Some("the permissions of the function's role"),
            ),
            (
                "CreatePolicy",
                "AccessDeniedException",
                "",
                Some("a delegated administrator"),
            ),
            (
                "AttachPolicy",
                "PolicyTypeNotEnabledException",
                "",
                Some("EnablePolicyType: true"),
            ),
            (
                "EnablePolicyType",
                "PolicyTypeNotAvailableForOrganizationException",
                "",
                Some("all features"),
            ),
            (
                "AttachPolicy",
                "TargetNotFoundException",
                "",
                Some("PolicyTargets"),
            ),
            (
                "AttachPolicy",
                "ConstraintViolationException",
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                Some("at most 10"),
            ),
            ("CreatePolicy", "ConstraintViolationException", other, None),
            (
                "AttachPolicy",
                "ConcurrentModificationException",
                "",
                Some("try again later"),
            ),
            (
                "AttachPolicy",
                "TooManyRequestsException",
                "",
                Some("try again later"),
            ),
            (
                "GetParameter",
                "ParameterNotFound",
                "",
                Some("create the parameter"),
            ),
            ("GetObject", "NoSuchKey", "", Some("PolicyContent.S3")),
            ("CreatePolicy", "DuplicatePolicyException", "", None),
        ] {
            let said = remedy_for(operation, code, message);
            let fits = match (said, remedy) {
                (Some(said), Some(remedy)) => said.contains(remedy),
                (said, remedy) => said == remedy,
            };
            assert!(fits, "{operation} {code}: {said:?}");
        }
    }

    #[test]
    fn a_region_that_is_not_enabled_is_reported_with_what_to_do() {
        let refusal = ErrorMetadata::builder()
            .code("RegionDisabledException")
            .message("STS is not activated in this region for account:111111111111.")
            .build();
        let status = StatusCode::try_from(403).unwrap();
        let response = HttpResponse::new(status, SdkBody::empty());
        let error = failed("AssumeRole", &SdkError::service_error(refusal, response));
        assert_eq!(
            error.to_string(),
            "AssumeRole failed: RegionDisabledException: STS is not activated in this region for \
             account:111111111111. (enable the function's Region in the management account too: \
             aws account enable-region)"
        );
    }
}
