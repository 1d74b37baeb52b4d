//! Calls of services that speak JSON, without their SDK crates: parameters of Systems Manager, events of
//! EventBridge.

use aws_client::request::{Input, Request};
use aws_client::send::{Answer, Call};
use aws_client::service::{Protocol, Service};
use aws_client::{CallError, Environment, time_limits};
use aws_types::SdkConfig;
use serde_json::Value;
use tokio::time::Instant;

use crate::aws::{PROGRAM, failed};
use crate::s3::suffix;

/// The largest answer that is read: ten parameters of 4 KB and their names. Our choice.
const LARGEST: usize = 1_000_000;

/// Names, hosts and prefixes are those of AWS's published models (botocore: `ssm/2014-11-06`,
/// `events/2015-10-07`).
pub(crate) static SSM: Service = Service {
    name: "SSM",
    host: "ssm.{region}.{suffix}",
    signing_name: "ssm",
    protocol: Protocol::Json {
        version: "1.1",
        target: "AmazonSSM",
    },
};

/// See [`SSM`].
pub(crate) static EVENTBRIDGE: Service = Service {
    name: "EVENTBRIDGE",
    host: "events.{region}.{suffix}",
    signing_name: "events",
    protocol: Protocol::Json {
        version: "1.1",
        target: "AWSEvents",
    },
};

/// A service in the function's own account and Region.
#[derive(Debug)]
pub(crate) struct Json {
    service: &'static Service,
    sdk: SdkConfig,
    region: String,
    endpoint: Option<String>,
}

impl Json {
    /// The service from the shared configuration, at AWS's address or another.
    pub(crate) fn new(
        service: &'static Service,
        sdk: &SdkConfig,
        environment: &Environment,
    ) -> Self {
        Self {
            service,
            sdk: sdk.clone(),
            region: environment.region.clone(),
            endpoint: environment.endpoint(service.name).map(str::to_string),
        }
    }

    /// Calls an operation: one whose answer has members (botocore's models), so that it is JSON.
    ///
    /// # Errors
    /// As AWS answers, once all attempts failed.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        input: Value,
        until: Instant,
    ) -> Result<Value, CallError> {
        let endpoint = match &self.endpoint {
            Some(own) => own.clone(),
            None => {
                let suffix = suffix(&self.region).await;
                let values = [("region", self.region.as_str()), ("suffix", &suffix)];
                self.service.url(&values)
            }
        };
        let call = Call {
            program: PROGRAM,
            service: self.service,
            operation,
            endpoint: &endpoint,
            region: &self.region,
            limits: time_limits(until),
            largest: LARGEST,
            sdk: &self.sdk,
        };
        let request = Request::write(self.service, operation, Input::Json(input));
        // Boxed: a call of the SDK's machinery is a large future.
        match Box::pin(call.send(request)).await {
            Ok(Answer::Body(bytes)) => serde_json::from_slice(&bytes)
                .map_err(|error| CallError::other(operation, format!("no JSON: {error}"))),
            Ok(Answer::TooLarge) => Err(CallError::other(operation, "the answer is too large")),
            Err(error) => Err(failed(operation, &error)),
        }
    }
}
