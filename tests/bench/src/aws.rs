//! AWS's part: a stub that keeps state, a service an address, over TLS.

use crate::certificates::Certificates;
use crate::organizations::Organizations;
use crate::restores::{Answer, Restores};
use crate::server::{self, Reply, reply};
use anyhow::Result;
use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const JSON: &str = "application/x-amz-json-1.1";
const ANSWER_PATH: &str = "/arn%3Aaws%3Acloudformation%3Astack/answer?X-Amz-Signature=example";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Service {
    Sts,
    CloudFormation,
    Ssm,
    S3,
    Organizations,
    Backup,
    Tagging,
    Ec2,
    DynamoDb,
    S3Control,
    /// Where CloudFormation wants its answers.
    Answers,
}

/// Every service, with the variable that leads a function to it.
const SERVICES: [(Service, &str); 11] = [
    (Service::Sts, "AWS_ENDPOINT_URL_STS"),
    (Service::CloudFormation, "AWS_ENDPOINT_URL_CLOUDFORMATION"),
    (Service::Ssm, "AWS_ENDPOINT_URL_SSM"),
    (Service::S3, "AWS_ENDPOINT_URL_S3"),
    (Service::Organizations, "AWS_ENDPOINT_URL_ORGANIZATIONS"),
    (Service::Backup, "AWS_ENDPOINT_URL_BACKUP"),
    (
        Service::Tagging,
        "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API",
    ),
    (Service::Ec2, "AWS_ENDPOINT_URL_EC2"),
    (Service::DynamoDb, "AWS_ENDPOINT_URL_DYNAMODB"),
    (Service::S3Control, "AWS_ENDPOINT_URL_S3_CONTROL"),
    (Service::Answers, "CUSTOM_RESOURCE_RESPONSE_ORIGIN"),
];

#[derive(Default)]
struct State {
    organizations: Organizations,
    restores: Restores,
    calls: Vec<String>,
    answers: Vec<Value>,
}

/// The running stub.
pub struct Aws {
    state: Arc<Mutex<State>>,
    addresses: Vec<(Service, String)>,
}

impl Aws {
    pub async fn start(certificates: &Certificates) -> Result<Aws> {
        let state = Arc::new(Mutex::new(State::default()));
        let mut addresses = Vec::new();
        for (service, _) in SERVICES {
            let state = state.clone();
            let handle = move |parts: Parts, body: Bytes| {
                let reply = answer(service, &parts, &body, &mut lock(&state));
                async { reply }
            };
            let address = server::listen(Some(certificates.acceptor.clone()), handle).await?;
            addresses.push((service, format!("https://{address}")));
        }
        Ok(Aws { state, addresses })
    }

    /// An organization as it was at first, and nothing heard yet.
    pub fn reset(&self) {
        *lock(&self.state) = State::default();
    }

    /// The calls and answers since the last time, and since `reset`.
    pub fn take(&self) -> (Vec<String>, Vec<Value>) {
        let mut state = lock(&self.state);
        (
            std::mem::take(&mut state.calls),
            std::mem::take(&mut state.answers),
        )
    }

    /// The URL that CloudFormation would have signed.
    pub fn answer_url(&self) -> String {
        format!("{}{ANSWER_PATH}", self.address(Service::Answers))
    }

    /// The environment variables that lead a function here.
    pub fn endpoints(&self) -> Vec<(String, String)> {
        SERVICES
            .map(|(service, name)| (name.to_owned(), self.address(service).to_owned()))
            .into()
    }

    fn address(&self, service: Service) -> &str {
        let found = self.addresses.iter().find(|(known, _)| *known == service);
        found.map_or("", |(_, address)| address)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(service: Service, parts: &Parts, body: &Bytes, state: &mut State) -> Reply {
    let header = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let operation = header("x-amz-target").and_then(|target| target.split('.').next_back());
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    if service == Service::Answers {
        // A content type would not match the signature: S3 answers 403.
        let signed = header("content-type").unwrap_or_default().is_empty()
            && parts.method == "PUT"
            && parts
                .uri
                .path_and_query()
                .is_some_and(|path| path == ANSWER_PATH);
        state.answers.push(input);
        return reply(if signed { 200 } else { 403 }, "", "");
    }
    if let Some((operation, body)) = restores(service, parts, body, state) {
        state.calls.push(operation);
        return match body {
            Ok(body) if body.starts_with('{') => reply(200, JSON, body),
            Ok(body) => reply(200, "text/xml", body),
            Err(code) => error(code),
        };
    }
    let operation = match service {
        Service::Sts => "AssumeRole",
        Service::CloudFormation => "DescribeStackResource",
        Service::S3 => "GetObject",
        _ => operation.unwrap_or("unknown operation"),
    };
    state.calls.push(operation.to_owned());
    match service {
        Service::Sts => reply(200, "text/xml", SESSION),
        Service::CloudFormation => reply(200, "text/xml", resource(&state.answers)),
        Service::S3 => reply(
            200,
            "application/json",
            crate::story::policy(35).to_string(),
        ),
        Service::Ssm => parameter(&input),
        _ => match state.organizations.call(operation, &input) {
            Ok(output) => reply(200, JSON, output.to_string()),
            Err(code) => error(code),
        },
    }
}

/// The services that only restores need.
fn restores(service: Service, parts: &Parts, body: &Bytes, state: &mut State) -> Option<Answer> {
    let target = parts.headers.get("x-amz-target");
    let target = target.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let operation = target.split('.').next_back().unwrap_or_default();
    let input = || serde_json::from_slice(body).unwrap_or_default();
    let (path, restores) = (parts.uri.path(), &mut state.restores);
    Some(match service {
        Service::Backup => restores.backup(path),
        Service::Tagging => restores.tagging(operation, &input()),
        Service::DynamoDb => restores.dynamodb(operation, &input()),
        Service::S3Control => restores.s3_control(parts.method.as_str(), path),
        Service::Ec2 => restores.ec2(&String::from_utf8_lossy(body)),
        _ => return None,
    })
}

fn parameter(input: &Value) -> Reply {
    let value = match input["Name"].as_str() {
        Some("/backup/target/organizational-units") => "ou-reh1-workloads, ou-reh1-sandboxes",
        Some("/backup/target/regions") => "eu-west-1, eu-central-1",
        _ => return error("ParameterNotFound"),
    };
    let parameter = json!({"Name": input["Name"], "Type": "StringList", "Value": value});
    reply(200, JSON, json!({"Parameter": parameter}).to_string())
}

fn error(code: &str) -> Reply {
    reply(
        400,
        JSON,
        json!({"__type": code, "Message": code}).to_string(),
    )
}

/// CloudFormation waits for the answer, and then shows the id in it.
fn resource(answers: &[Value]) -> String {
    let id = answers
        .last()
        .and_then(|answer| answer["PhysicalResourceId"].as_str());
    let id = id.map(|id| format!("<PhysicalResourceId>{id}</PhysicalResourceId>"));
    format!(
        "<DescribeStackResourceResponse \
         xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStackResourceResult>\
         <StackResourceDetail><LogicalResourceId>Policy</LogicalResourceId>{}\
         <ResourceType>Custom::BackupOrgPolicy</ResourceType>\
         <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp>\
         <ResourceStatus>UPDATE_IN_PROGRESS</ResourceStatus></StackResourceDetail>\
         </DescribeStackResourceResult></DescribeStackResourceResponse>",
        id.unwrap_or_default()
    )
}

const SESSION: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
<AssumeRoleResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>\
<SecretAccessKey>example</SecretAccessKey><SessionToken>example</SessionToken>\
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:bench</AssumedRoleId>\
<Arn>arn:aws:sts::111111111111:assumed-role/BackupOrgPolicyManagerOrgAdmin/bench</Arn>\
</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>";
