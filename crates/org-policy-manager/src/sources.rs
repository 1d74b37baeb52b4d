//! Reads what a template leaves to be read: SSM parameters and policies in S3.

use aws_client::{CallError, Environment, time_limits};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_types::SdkConfig;
use aws_types::region::Region;
use policy_resource::properties::{S3Object, split_list};
use tokio::time::Instant;

use crate::aws::{failed, retries_without_quota};

/// The largest object that is read: a policy has at most 10,000 characters once it is minified,
/// so this leaves room for white space and multi-byte characters. Our choice.
const MAX_OBJECT_BYTES: i64 = 1_000_000;

/// Clients for SSM and S3.
#[derive(Debug)]
pub struct Sources {
    ssm: aws_sdk_ssm::Client,
    s3: aws_sdk_s3::config::Builder,
}

impl Sources {
    /// Clients from the shared configuration, at AWS's addresses or others.
    pub fn new(sdk: &SdkConfig, environment: &Environment) -> Self {
        let mut ssm =
            aws_sdk_ssm::config::Builder::from(sdk).retry_partition(retries_without_quota());
        ssm.set_endpoint_url(environment.endpoint("SSM").map(str::to_string));
        let mut s3 =
            aws_sdk_s3::config::Builder::from(sdk).retry_partition(retries_without_quota());
        let endpoint = environment.endpoint("S3");
        s3.set_force_path_style(endpoint.is_some().then_some(true));
        s3.set_endpoint_url(endpoint.map(str::to_string));
        Self {
            ssm: aws_sdk_ssm::Client::from_conf(ssm.build()),
            s3,
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

    /// The text of an object, or of one version of it. A bucket in another Region is read there:
    /// S3 names the Region when it is asked in the wrong one.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `AccessDenied`, or an object that is no text or too large.
    pub async fn object(&self, object: &S3Object, until: Instant) -> Result<String, CallError> {
        let config = self.s3.clone().timeout_config(time_limits(until));
        let place = format!("s3://{}/{}", object.bucket, object.key);
        let output = match get(config.clone(), object).await {
            Err(error) => match bucket_region(&error) {
                Some(region) => get(config.region(Region::new(region)), object).await,
                None => Err(error),
            },
            output => output,
        };
        let output = output.map_err(|error| {
            let mut error = failed("GetObject", &error);
            error.message = format!("`{place}`: {}", error.message);
            error
        })?;
        let refuse = |why: &str| CallError::other("GetObject", format!("`{place}`: {why}"));
        if output
            .content_length
            .is_some_and(|bytes| bytes > MAX_OBJECT_BYTES)
        {
            return Err(refuse(
                "larger than 1,000,000 bytes, which no backup policy is",
            ));
        }
        let bytes = tokio::time::timeout_at(until, output.body.collect())
            .await
            .map_err(|_| refuse("no answer in the time left"))?
            .map_err(|_| refuse("the answer broke off"))?;
        String::from_utf8(bytes.to_vec()).map_err(|_| refuse("not UTF-8 text"))
    }
}

type GetObjectError =
    aws_sdk_s3::error::SdkError<aws_sdk_s3::operation::get_object::GetObjectError>;

async fn get(
    config: aws_sdk_s3::config::Builder,
    object: &S3Object,
) -> Result<aws_sdk_s3::operation::get_object::GetObjectOutput, GetObjectError> {
    aws_sdk_s3::Client::from_conf(config.build())
        .get_object()
        .bucket(&object.bucket)
        .key(&object.key)
        .set_version_id(object.version_id.clone())
        .send()
        .await
}

/// Where S3 says that the bucket is, when it was asked in another Region.
fn bucket_region(error: &GetObjectError) -> Option<String> {
    let moved = ["PermanentRedirect", "AuthorizationHeaderMalformed"];
    let response = error.raw_response()?;
    let redirected = response.status().as_u16() == 301;
    (redirected || error.code().is_some_and(|code| moved.contains(&code)))
        .then(|| {
            response
                .headers()
                .get("x-amz-bucket-region")
                .map(str::to_string)
        })
        .flatten()
}
