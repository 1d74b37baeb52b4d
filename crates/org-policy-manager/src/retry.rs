//! Which of Organizations' errors are worth another attempt, beside those that the SDK knows.

use aws_sdk_organizations::operation::{
    attach_policy::AttachPolicyError, create_policy::CreatePolicyError,
    delete_policy::DeletePolicyError, describe_policy::DescribePolicyError,
    detach_policy::DetachPolicyError, enable_policy_type::EnablePolicyTypeError,
    list_policies::ListPoliciesError, list_roots::ListRootsError,
    list_tags_for_resource::ListTagsForResourceError,
    list_targets_for_policy::ListTargetsForPolicyError, tag_resource::TagResourceError,
    untag_resource::UntagResourceError, update_policy::UpdatePolicyError,
};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Another change of the organization is under way, or there were too many calls. The SDK retries
/// only the last of these by itself.
const BUSY: [&str; 3] = [
    "ConcurrentModificationException",
    "PolicyChangesInProgressException",
    "TooManyRequestsException",
];

/// Retries every operation that answers with one of Organizations' "busy" errors.
#[derive(Debug)]
pub struct OrganizationsBusy;

impl ClassifyRetry for OrganizationsBusy {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let Some(error) = error.as_operation_error() else {
            return RetryAction::NoActionIndicated;
        };
        macro_rules! code_of {
            ($($error:ty),* $(,)?) => {
                None$(.or_else(|| error.downcast_ref::<$error>().and_then(|e| e.code())))*
            };
        }
        let code: Option<&str> = code_of!(
            AttachPolicyError,
            CreatePolicyError,
            DeletePolicyError,
            DescribePolicyError,
            DetachPolicyError,
            EnablePolicyTypeError,
            ListPoliciesError,
            ListRootsError,
            ListTagsForResourceError,
            ListTargetsForPolicyError,
            TagResourceError,
            UntagResourceError,
            UpdatePolicyError,
        );
        match code {
            Some(code) if BUSY.contains(&code) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Organizations is busy"
    }
}
