//! How this function calls AWS: AWS Backup and the Resource Groups Tagging API through their SDK
//! crates, the two dozen operations of all other services through the SDK's own machinery without
//! one (`docs/evidence/restore-tagging-costs.md` has the reasons).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_client::request::{Input, Request};
use aws_client::send::{Answer, Call};
use aws_client::service::Service;
use aws_client::{CallError, Environment, retries_without_quota, time_limits};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::Arn;
use crate::failure::Fault;

mod answers;
mod health;
mod host;
mod jobs;
pub mod operations;
mod read;
pub mod service;
mod write;

pub use health::Metric;
use host::Hosts;
pub use read::Instance;

/// Attempts of one call: about eight seconds of trying when AWS answers, and when it does not, as long
/// as the job may take. After that the queue delivers the message again, minutes later.
const ATTEMPTS: u32 = 5;

/// The name of this function in requests.
const PROGRAM: &str = "tag-on-restore";

/// The largest answer that is read: a hundred times what a thousand tags are. Our choice.
const LARGEST_ANSWER: usize = 16_777_216;

/// Every service that is called, by its name in `AWS_ENDPOINT_URL_<name>`.
pub fn services() -> impl Iterator<Item = &'static str> {
    let names = service::ALL.iter().map(|service| service.name);
    names.chain([BACKUP, TAGGING])
}

const BACKUP: &str = "BACKUP";
const TAGGING: &str = "RESOURCE_GROUPS_TAGGING_API";

/// AWS, as one invocation may use it: every call ends in time.
#[derive(Debug, Clone)]
pub struct Aws {
    clients: Arc<Clients>,
    account: String,
    until: Instant,
    /// Timestream's address, which is valid for a day or so: discovered once an invocation.
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
        let sdk = aws_client::sdk_config(http, region, credentials, ATTEMPTS);
        let mut backup = aws_sdk_backup::config::Builder::from(&sdk)
            .retry_partition(retries_without_quota(PROGRAM));
        backup.set_endpoint_url(environment.endpoints.get(BACKUP).cloned());
        let mut tagging = aws_sdk_resourcegroupstagging::config::Builder::from(&sdk)
            .retry_partition(retries_without_quota(PROGRAM));
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

    /// The same for one job of an invocation: its calls have ended by `until`, too.
    #[must_use]
    pub fn no_longer_than(&self, until: Instant) -> Self {
        Self {
            until: self.until.min(until),
            ..self.clone()
        }
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
        // They spoke another protocol once, and are told by this to name errors as they did then.
        if [service::SQS.name, service::CLOUDWATCH.name].contains(&service.name) {
            request.headers.push(("x-amzn-query-mode", "true".into()));
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
        let call = Call {
            program: PROGRAM,
            service: operation.service,
            operation: operation.name,
            endpoint,
            region,
            limits: self.limits(),
            largest: LARGEST_ANSWER,
            sdk: &self.clients.sdk,
        };
        // Boxed, here and elsewhere: the compiler gives up on futures nested too deep.
        let sent = Box::pin(call.send(request)).await;
        match sent.map_err(|error| CallError::new(operation.action, &error))? {
            Answer::Body(body) => Ok(String::from_utf8_lossy(&body).into_owned()),
            Answer::TooLarge => Err(operation.unreadable("it is larger than 16 MiB")),
        }
    }

    fn endpoint(&self, service: &Service, region: &str, account: &str) -> String {
        match self.clients.endpoints.get(service.name) {
            Some(own) => own.clone(),
            None => self.clients.hosts.url(service, region, account),
        }
    }

    /// Timestream's address: it is discovered at an address that serves nothing else. Not
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

impl<'f> From<&'f CallError> for Fault<'f> {
    fn from(error: &'f CallError) -> Self {
        Self {
            code: error.code.as_deref(),
            status: error.status,
            message: Some(&error.message),
        }
    }
}
