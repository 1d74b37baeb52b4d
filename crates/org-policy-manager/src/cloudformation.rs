//! The only module that calls AWS CloudFormation: the state of the resource of a request.

use aws_client::{CallError, time_limits};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::Builder;
use aws_types::SdkConfig;
use tokio::time::Instant;

use crate::aws::{failed, retries_without_quota};

/// A stack's resource as CloudFormation shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// `CREATE_IN_PROGRESS`, `UPDATE_COMPLETE`, ...
    pub status: String,
    /// The physical id, which a resource that is being created does not have yet.
    pub physical_id: Option<String>,
}

/// A client for CloudFormation in the function's own account and Region.
#[derive(Debug)]
pub struct CloudFormation(Client);

impl CloudFormation {
    /// A client from the shared configuration, at AWS's address or another.
    pub fn new(sdk: &SdkConfig, endpoint: Option<&str>) -> Self {
        let mut config = Builder::from(sdk).retry_partition(retries_without_quota());
        config.set_endpoint_url(endpoint.map(str::to_string));
        Self(Client::from_conf(config.build()))
    }

    /// A resource of a stack, by the stack's id: a deleted stack is known for 90 days. `None` when
    /// CloudFormation knows no such stack or no such resource in it.
    ///
    /// # Errors
    /// When CloudFormation does not answer, or forbids the question.
    pub async fn resource(
        &self,
        stack_id: &str,
        logical_id: &str,
        until: Instant,
    ) -> Result<Option<Resource>, CallError> {
        let output = self
            .0
            .describe_stack_resource()
            .stack_name(stack_id)
            .logical_resource_id(logical_id)
            .customize()
            .config_override(Builder::new().timeout_config(time_limits(until)))
            .send()
            .await
            .map_err(|error| failed("DescribeStackResource", &error));
        match output {
            Ok(output) => Ok(output.stack_resource_detail.map(|detail| Resource {
                status: detail
                    .resource_status
                    .map(|status| status.as_str().to_string())
                    .unwrap_or_default(),
                physical_id: detail.physical_resource_id.filter(|id| !id.is_empty()),
            })),
            Err(error) if error.is("ValidationError") => Ok(None),
            Err(error) => Err(error),
        }
    }
}
