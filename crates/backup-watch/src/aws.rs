//! How this function calls AWS: AWS Backup and Organizations through `backup-reading`; DynamoDB, SNS and STS through
//! the SDK's own machinery without a crate for each, which would make the package half a megabyte larger.

use aws_client::request::{Input, Request};
use aws_client::send::{Answer, Call};
use aws_client::service::{Protocol, Service};
use aws_client::{CallError, Environment, time_limits};
use aws_sdk_backup::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use serde_json::Value;
use tokio::time::Instant;

pub mod role;
pub mod table;
pub mod topic;

/// The name of this function in requests.
pub(crate) const PROGRAM: &str = "backup-watch";

/// Attempts of one call: about eight seconds of trying.
const ATTEMPTS: u32 = 5;

/// The largest answer that is read: DynamoDB's items have 400 KB at most.
const LARGEST_ANSWER: usize = 1024 * 1024;

static DYNAMODB: Service = Service {
    name: "DYNAMODB",
    host: "dynamodb.{region}.{suffix}",
    signing_name: "dynamodb",
    protocol: Protocol::Json {
        version: "1.0",
        target: "DynamoDB_20120810",
    },
};

static SNS: Service = Service {
    name: "SNS",
    host: "sns.{region}.{suffix}",
    signing_name: "sns",
    protocol: Protocol::Query("2010-03-31"),
};

static STS: Service = Service {
    name: "STS",
    host: "sts.{region}.{suffix}",
    signing_name: "sts",
    protocol: Protocol::Query("2011-06-15"),
};

/// Every service that is called, by its name in `AWS_ENDPOINT_URL_<name>`.
pub fn services() -> impl Iterator<Item = &'static str> {
    ["BACKUP", "DYNAMODB", "ORGANIZATIONS", "SNS", "STS"].into_iter()
}

/// AWS as the function's own role sees it. Calls end by `until`.
#[derive(Debug, Clone)]
pub struct Aws {
    pub(crate) sdk: SdkConfig,
    pub(crate) http: SharedHttpClient,
    pub(crate) environment: Environment,
    suffix: String,
    until: Instant,
}

impl Aws {
    /// AWS over an HTTP client. Calls of this value have no time: see [`Aws::until`].
    pub async fn new(environment: &Environment, http: &SharedHttpClient) -> Self {
        let region = environment.region.as_str();
        let credentials = environment.credentials.clone();
        Self {
            sdk: aws_client::sdk_config(http, region, credentials, ATTEMPTS),
            http: http.clone(),
            environment: environment.clone(),
            suffix: suffix(region).await.unwrap_or("amazonaws.com".to_string()),
            until: Instant::now(),
        }
    }

    /// The same with calls that have all ended by `until`.
    #[must_use]
    pub fn until(&self, until: Instant) -> Self {
        Self {
            until,
            ..self.clone()
        }
    }

    /// When all calls have ended.
    pub fn ends(&self) -> Instant {
        self.until
    }

    /// The same with calls that have ended by `until`, if theirs do not end before.
    #[must_use]
    pub fn no_longer_than(&self, until: Instant) -> Self {
        self.until(self.until.min(until))
    }

    async fn call(
        &self,
        service: &'static Service,
        operation: &'static str,
        input: Input,
    ) -> Result<String, CallError> {
        let region = self.environment.region.as_str();
        let endpoint = match self.environment.endpoint(service.name) {
            Some(own) => own.to_string(),
            None => service.url(&[("region", region), ("suffix", &self.suffix)]),
        };
        let call = Call {
            program: PROGRAM,
            service,
            operation,
            endpoint: &endpoint,
            region,
            limits: time_limits(self.until),
            largest: LARGEST_ANSWER,
            sdk: &self.sdk,
        };
        let request = Request::write(service, operation, input);
        // Boxed: a call of the SDK's machinery is a large future.
        match Box::pin(call.send(request)).await {
            Ok(Answer::Body(body)) => Ok(String::from_utf8_lossy(&body).into_owned()),
            Ok(Answer::TooLarge) => {
                Err(CallError::unreadable(operation, "it is larger than 1 MiB"))
            }
            Err(error) => Err(CallError::new(operation, &error)),
        }
    }

    async fn json(&self, operation: &'static str, input: Value) -> Result<Value, CallError> {
        let answer = self.call(&DYNAMODB, operation, Input::Json(input)).await?;
        serde_json::from_str(&answer).map_err(|error| CallError::unreadable(operation, error))
    }
}

/// What host names end with in a Region's partition, as the SDK knows it of another service.
async fn suffix(region: &str) -> Option<String> {
    let params = Params::builder().region(region).build().ok()?;
    let endpoint = DefaultResolver::new()
        .resolve_endpoint(&params)
        .await
        .ok()?;
    let suffix = endpoint
        .url()
        .strip_prefix(&format!("https://backup.{region}."))?;
    Some(suffix.to_string())
}
