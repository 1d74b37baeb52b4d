//! Reads what a template leaves to be read: SSM parameters and policies in S3.

use aws_client::{CallError, Environment, time_limits};
use aws_types::SdkConfig;
use policy_resource::properties::{S3Object, split_list};
use tokio::time::Instant;

use crate::aws::{failed, retries_without_quota};
use crate::s3::S3;

/// Clients for SSM and S3.
#[derive(Debug)]
pub struct Sources {
    ssm: aws_sdk_ssm::Client,
    s3: S3,
}

impl Sources {
    /// Clients from the shared configuration, at AWS's addresses or others.
    pub fn new(sdk: &SdkConfig, environment: &Environment) -> Self {
        let mut ssm =
            aws_sdk_ssm::config::Builder::from(sdk).retry_partition(retries_without_quota());
        ssm.set_endpoint_url(environment.endpoint("SSM").map(str::to_string));
        Self {
            ssm: aws_sdk_ssm::Client::from_conf(ssm.build()),
            s3: S3::new(sdk, environment),
        }
    }

    /// A parameter with a comma-separated list.
    ///
    /// # Errors
    /// `ParameterNotFound` when there is none.
    pub async fn list(&self, name: &str, until: Instant) -> Result<Vec<String>, CallError> {
        let output = self
            .ssm
            .get_parameter()
            .name(name)
            .customize()
            .config_override(aws_sdk_ssm::config::Builder::new().timeout_config(time_limits(until)))
            .send()
            .await
            .map_err(|error| {
                let mut error = failed("GetParameter", &error);
                error.message = format!("`{name}`: {}", error.message);
                error
            })?;
        let value = output.parameter.and_then(|parameter| parameter.value);
        Ok(split_list(&value.unwrap_or_default()))
    }

    /// The text of an object, or of one version of it, in whatever Region its bucket is.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `AccessDenied`, or an object that is no text or too large.
    pub async fn object(&self, object: &S3Object, until: Instant) -> Result<String, CallError> {
        self.s3.object(object, until).await
    }
}
