//! Reads one object of Amazon S3, the only call of S3 that is made: its SDK crate would be a quarter
//! of the function's package. Addresses are as the SDK writes them (`tests/aws/objects.json` was
//! recorded from it).

use aws_client::refusal::Refusal;
use aws_client::request::{Input, Request, encode};
use aws_client::send::{Answer, Call};
use aws_client::service::{Protocol, Service};
use aws_client::{CallError, Environment, time_limits};
use aws_sdk_ssm::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use policy_resource::properties::S3Object;
use tokio::time::Instant;

use crate::aws::{PROGRAM, failed};

/// The largest object that is read: a policy has at most 10,000 characters once it is minified,
/// so this leaves room for white space and multi-byte characters. Our choice.
const MAX_OBJECT_BYTES: usize = 1_000_000;

const OPERATION: &str = "GetObject";

static SERVICE: Service = Service {
    name: "S3",
    host: "s3.{region}.{suffix}",
    signing_name: "s3",
    protocol: Protocol::RestXml,
};

type Got = Result<Answer, SdkError<Refusal, HttpResponse>>;

/// Amazon S3 as the function's role sees it.
#[derive(Debug)]
pub(crate) struct S3 {
    sdk: SdkConfig,
    region: String,
    endpoint: Option<String>,
}

impl S3 {
    /// S3 from the shared configuration, at AWS's addresses or another.
    pub(crate) fn new(sdk: &SdkConfig, environment: &Environment) -> Self {
        Self {
            sdk: sdk.clone(),
            region: environment.region.clone(),
            endpoint: environment.endpoint(SERVICE.name).map(str::to_string),
        }
    }

    /// The text of an object, or of one version of it. A bucket in another Region is read there:
    /// S3 names the Region when it is asked in the wrong one.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `AccessDenied`, or an object that is no text or too large.
    pub(crate) async fn object(
        &self,
        object: &S3Object,
        until: Instant,
    ) -> Result<String, CallError> {
        let mut got = self.get(object, &self.region, until).await;
        if let Err(error) = &got
            && let Some(region) = bucket_region(error)
        {
            got = self.get(object, &region, until).await;
        }
        let place = format!("s3://{}/{}", object.bucket, object.key);
        let refuse = |why: &str| CallError::other(OPERATION, format!("`{place}`: {why}"));
        match got {
            Ok(Answer::Body(bytes)) => {
                String::from_utf8(bytes).map_err(|_| refuse("not UTF-8 text"))
            }
            Ok(Answer::TooLarge) => Err(refuse(
                "larger than 1,000,000 bytes, which no backup policy is",
            )),
            Err(SdkError::ResponseError(_)) => Err(refuse("the answer broke off")),
            Err(error) => {
                let error = failed(OPERATION, &error);
                let message = format!("`{place}`: {}", error.message);
                Err(CallError { message, ..error })
            }
        }
    }

    async fn get(&self, object: &S3Object, region: &str, until: Instant) -> Got {
        let (endpoint, path) = match &self.endpoint {
            Some(own) => (own.clone(), by_path(object)),
            None => {
                let suffix = suffix(region).await;
                let regional = SERVICE.url(&[("region", region), ("suffix", &suffix)]);
                match is_host_label(&object.bucket) {
                    true => {
                        let host = format!("https://{}.", object.bucket);
                        (regional.replacen("https://", &host, 1), key(object))
                    }
                    false => (regional, by_path(object)),
                }
            }
        };
        let version = object.version_id.as_deref();
        let query = version.map(|version| format!("?versionId={}", encode(version)));
        let path = path + &query.unwrap_or_default();
        let call = Call {
            program: PROGRAM,
            service: &SERVICE,
            operation: OPERATION,
            endpoint: &endpoint,
            region,
            limits: time_limits(until),
            largest: MAX_OBJECT_BYTES,
            sdk: &self.sdk,
        };
        let request = Request::write(&SERVICE, OPERATION, Input::Get(path));
        // Boxed: a call of the SDK's machinery is a large future.
        Box::pin(call.send(request)).await
    }
}

/// The path of an object at an address that serves all buckets.
fn by_path(object: &S3Object) -> String {
    format!("/{}{}", encode(&object.bucket), key(object))
}

/// The path of an object at its bucket's own address.
fn key(object: &S3Object) -> String {
    let parts = object.key.split('/').map(encode);
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

/// Whether a bucket's name can be in a host's. One with dots would fit no certificate.
fn is_host_label(bucket: &str) -> bool {
    let of_label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (3..=63).contains(&bucket.len())
        && bucket.chars().all(of_label)
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
}

/// What host names end with in a Region's partition, as the SDK knows it of another service.
pub(crate) async fn suffix(region: &str) -> String {
    let known = async {
        let params = Params::builder().region(region).build().ok()?;
        let endpoint = DefaultResolver::new()
            .resolve_endpoint(&params)
            .await
            .ok()?;
        let host = endpoint
            .url()
            .strip_prefix(&format!("https://ssm.{region}."))?;
        Some(host.to_string())
    };
    known.await.unwrap_or("amazonaws.com".to_string())
}

/// The bucket's Region, which S3 returns to a request in another one.
fn bucket_region(error: &SdkError<Refusal, HttpResponse>) -> Option<String> {
    let moved = ["PermanentRedirect", "AuthorizationHeaderMalformed"];
    let response = error.raw_response()?;
    let redirected = response.status().as_u16() == 301;
    (redirected || error.code().is_some_and(|code| moved.contains(&code)))
        .then(|| {
            let region = response.headers().get("x-amz-bucket-region");
            region.map(str::to_string)
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_buckets_that_are_labels_of_a_host() {
        let longest = "x".repeat(63);
        for name in ["abc", "123", "1a-b", &longest] {
            assert!(is_host_label(name), "{name}");
        }
        for name in [
            "ab",
            "-ab",
            "ab-",
            "a.b",
            "Abc",
            "a_b",
            &format!("{longest}x"),
        ] {
            assert!(!is_host_label(name), "{name}");
        }
    }
}
