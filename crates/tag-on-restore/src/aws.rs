//! How this function calls AWS: AWS Backup and the Resource Groups Tagging API through their SDK
//! crates, the two dozen operations of all other services through the SDK's own machinery without
//! one (`docs/evidence/restore-tagging-costs.md` says why).

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use lambda_aws::{code_and_words, retries_without_quota, time_limits};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::Arn;
use crate::failure::Fault;

mod answers;
mod host;
mod jobs;
pub mod operations;
mod read;
mod send;
pub mod service;
mod write;

use host::Hosts;
pub use read::Instance;
use send::{Input, encode};
use send::{Request, Way};
use service::Service;

/// Attempts of one call: about eight seconds of trying. After that the queue delivers the message
/// again, minutes later.
const ATTEMPTS: u32 = 5;

/// What Lambda and AWS's own variables tell the function.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The function's Region.
    pub region: String,
    /// The credentials of the function's role. Their `Debug` output has no secret.
    pub credentials: Credentials,
    /// Addresses that replace AWS's own, by a service's name in `AWS_ENDPOINT_URL_<name>`.
    pub endpoints: BTreeMap<&'static str, String>,
}

impl Environment {
    /// Reads the environment from any source of variables. An empty value counts as not set.
    ///
    /// # Errors
    /// Names every variable that Lambda sets and that is missing.
    ///
    /// ```
    /// use tag_on_restore::Environment;
    /// let environment = Environment::read(|name| match name {
    ///     "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("x".to_string()),
    ///     "AWS_ENDPOINT_URL_EC2" => Some("http://127.0.0.1:4566".to_string()),
    ///     _ => None,
    /// })?;
    /// assert_eq!(environment.endpoints.len(), 1);
    /// # Ok::<(), tag_on_restore::config::ConfigError>(())
    /// ```
    pub fn read(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, crate::config::ConfigError> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut problems = Vec::new();
        let mut required = |name: &str| {
            get(name).unwrap_or_else(|| {
                problems.push(format!("`{name}` is not set: Lambda sets it, a test must"));
                String::new()
            })
        };
        let region = required("AWS_REGION");
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID"),
            required("AWS_SECRET_ACCESS_KEY"),
            get("AWS_SESSION_TOKEN"),
            None,
            "the function's environment",
        );
        let endpoint = |name: &'static str| {
            let own = get(&format!("AWS_ENDPOINT_URL_{name}"));
            Some((name, own.or_else(|| get("AWS_ENDPOINT_URL"))?))
        };
        let names = service::ALL.iter().map(|service| service.name);
        let endpoints = names.chain([BACKUP, TAGGING]).filter_map(endpoint);
        let environment = Self {
            region,
            credentials,
            endpoints: endpoints.collect(),
        };
        match problems.is_empty() {
            true => Ok(environment),
            false => Err(crate::config::ConfigError(problems)),
        }
    }
}

const BACKUP: &str = "BACKUP";
const TAGGING: &str = "RESOURCE_GROUPS_TAGGING_API";

/// AWS, as one invocation may use it: every call ends in time.
#[derive(Debug, Clone)]
pub struct Aws {
    clients: Arc<Clients>,
    account: String,
    until: Instant,
    /// Where Timestream wants to be asked, for a day or so: asked once an invocation.
    timestream: Arc<OnceCell<String>>,
}

#[derive(Debug)]
struct Clients {
    sdk: SdkConfig,
    region: String,
    hosts: Hosts,
    endpoints: BTreeMap<&'static str, String>,
    backup: aws_sdk_backup::Client,
    tagging: aws_sdk_resourcegroupstagging::Client,
}

impl Aws {
    /// AWS over an HTTP client. Calls of this value have no time: see [`Aws::invocation`].
    pub async fn new(environment: &Environment, http: &SharedHttpClient) -> Self {
        let region = environment.region.as_str();
        let credentials = environment.credentials.clone();
        let sdk = lambda_aws::sdk_config(http, region, credentials, ATTEMPTS);
        let mut backup = aws_sdk_backup::config::Builder::from(&sdk)
            .retry_partition(retries_without_quota("tag-on-restore"));
        backup.set_endpoint_url(environment.endpoints.get(BACKUP).cloned());
        let mut tagging = aws_sdk_resourcegroupstagging::config::Builder::from(&sdk)
            .retry_partition(retries_without_quota("tag-on-restore"));
        tagging.set_endpoint_url(environment.endpoints.get(TAGGING).cloned());
        let clients = Clients {
            region: region.to_string(),
            hosts: Hosts::of(region).await,
            endpoints: environment.endpoints.clone(),
            backup: aws_sdk_backup::Client::from_conf(backup.build()),
            tagging: aws_sdk_resourcegroupstagging::Client::from_conf(tagging.build()),
            sdk,
        };
        Self {
            clients: Arc::new(clients),
            account: String::new(),
            until: Instant::now(),
            timestream: Arc::default(),
        }
    }

    /// The same for one invocation: in an account, with calls that have all ended by `until`.
    #[must_use]
    pub fn invocation(&self, account: &str, until: Instant) -> Self {
        Self {
            clients: Arc::clone(&self.clients),
            account: account.to_string(),
            until,
            timestream: Arc::default(),
        }
    }

    /// The account in which the function runs.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The time at which the last call has ended.
    pub fn ends(&self) -> Instant {
        self.until
    }

    pub(crate) fn backup(&self) -> &aws_sdk_backup::Client {
        &self.clients.backup
    }

    pub(crate) fn tagging(&self) -> &aws_sdk_resourcegroupstagging::Client {
        &self.clients.tagging
    }

    pub(crate) fn limits(&self) -> TimeoutConfig {
        time_limits(self.until)
    }

    /// Calls a service in the Region and account of the resource that the call is about, and
    /// returns the answer's body.
    pub(crate) async fn call(
        &self,
        operation: &Operation,
        about: &Arn,
        input: Input,
    ) -> Result<String, CallError> {
        let Operation { service, name, .. } = *operation;
        let region = match about.region.is_empty() {
            true => self.clients.region.as_str(),
            false => &about.region,
        };
        // A bucket's ARN has no account.
        let account = match about.account.is_empty() {
            true => self.account.as_str(),
            false => &about.account,
        };
        let endpoint = match service.name == service::TIMESTREAM.name {
            true => self.timestream(region).await?,
            false => self.endpoint(service, region, account),
        };
        let mut request = Request::write(service, name, input);
        if service.name == service::S3_CONTROL.name {
            request
                .headers
                .push(("x-amz-account-id", account.to_string()));
        }
        self.send(operation, &endpoint, region, request).await
    }

    async fn send(
        &self,
        operation: &Operation,
        endpoint: &str,
        region: &str,
        request: Request,
    ) -> Result<String, CallError> {
        let way = Way {
            service: operation.service,
            operation: operation.name,
            endpoint,
            region,
            limits: self.limits(),
            sdk: &self.clients.sdk,
        };
        // Boxed, here and elsewhere: the compiler gives up on futures nested too deep.
        let sent = Box::pin(send::send(way, request)).await;
        sent.map_err(|error| CallError::new(operation.action, &error))
    }

    fn endpoint(&self, service: &Service, region: &str, account: &str) -> String {
        match self.clients.endpoints.get(service.name) {
            Some(own) => own.clone(),
            None => self.clients.hosts.url(service, region, account),
        }
    }

    /// Where Timestream wants to be asked: it tells at an address that serves nothing else. Not
    /// asked if the address is given.
    async fn timestream(&self, region: &str) -> Result<String, CallError> {
        let service = &service::TIMESTREAM;
        let common = self.endpoint(service, region, "");
        if self.clients.endpoints.contains_key(service.name) {
            return Ok(common);
        }
        let discover = async {
            let operation = &operations::TIMESTREAM_DESCRIBE_ENDPOINTS;
            let input = Input::Json(Value::Object(serde_json::Map::new()));
            let request = Request::write(service, operation.name, input);
            let answer = self.send(operation, &common, region, request).await?;
            let answer = json(operation, &answer)?;
            let address = answer
                .pointer("/Endpoints/0/Address")
                .and_then(Value::as_str);
            let address = address.ok_or_else(|| operation.unreadable("no address"))?;
            Ok(format!("https://{address}"))
        };
        let found = self.timestream.get_or_try_init(|| discover).await?;
        Ok(found.clone())
    }
}

/// An operation of a service without an SDK crate.
#[derive(Debug)]
pub struct Operation {
    /// Its service.
    pub service: &'static Service,
    /// Its name, such as `DescribeTags`.
    pub name: &'static str,
    /// The permission that it needs, such as `ec2:DescribeTags`.
    pub action: &'static str,
}

impl Operation {
    pub(crate) fn unreadable(&self, why: impl fmt::Display) -> CallError {
        CallError::unreadable(self.action, why)
    }
}

/// An answer's JSON.
pub(crate) fn json(operation: &Operation, answer: &str) -> Result<Value, CallError> {
    serde_json::from_str(answer).map_err(|error| operation.unreadable(error))
}

/// An answer's XML.
pub(crate) fn xml<'a>(
    operation: &Operation,
    answer: &'a str,
) -> Result<roxmltree::Document<'a>, CallError> {
    roxmltree::Document::parse(answer).map_err(|error| operation.unreadable(error))
}

/// A call that failed after all its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The permission that the call needs, which names the call: `ec2:DescribeTags`.
    pub action: &'static str,
    /// AWS's error code; `None` when there was no answer.
    pub code: Option<String>,
    /// The HTTP status; `None` when there was no answer, or none that could be read.
    pub status: Option<u16>,
    /// AWS's words, or what went wrong on the way.
    pub message: String,
}

impl CallError {
    /// Reads an error of the SDK.
    pub(crate) fn new<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (code, message) = code_and_words(error);
        let status = error.raw_response().map(HttpResponse::status);
        // An error after a good status is the SDK's own: it could not read the answer.
        if status.is_some_and(|status| status.is_success()) {
            return Self::unreadable(action, message);
        }
        Self {
            action,
            code,
            status: status.map(|status| status.as_u16()),
            message,
        }
    }

    /// An answer that came, and that nobody can read.
    fn unreadable(action: &'static str, why: impl fmt::Display) -> Self {
        Self {
            action,
            code: None,
            status: None,
            message: format!("the answer cannot be read: {why}"),
        }
    }

    /// The failure as [`failure::classify`](crate::failure::classify) reads it.
    pub fn fault(&self) -> Fault<'_> {
        Fault {
            code: self.code.as_deref(),
            status: self.status,
            message: Some(&self.message),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action, message, ..
        } = self;
        match &self.code {
            Some(code) => write!(f, "{action} failed: {code}: {message}"),
            None => write!(f, "{action} failed: {message}"),
        }
    }
}

impl Error for CallError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named() {
        let problems = Environment::read(|_| None).unwrap_err().to_string();
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            assert!(problems.contains(name), "{problems}");
        }
    }
}
