//! The HTTP client: hear a request, fail as told or have the effect, answer.

use std::collections::BTreeMap;
use std::future::pending;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};

use super::{Fault, Published, State, World};

pub(super) fn client(world: World) -> SharedHttpClient {
    SharedHttpClient::new(Wire(world))
}

#[derive(Clone)]
struct Wire(World);

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

/// A request, as the services read it.
struct Asked {
    service: &'static str,
    operation: String,
    host: String,
    region: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Value,
}

impl Wire {
    async fn answer(self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        // Read as a connection does, or the SDK takes it for a stalled upload.
        let body = std::mem::replace(request.body_mut(), SdkBody::taken());
        let bytes = ByteStream::new(body).collect().await.unwrap().into_bytes();
        let asked = read(&request, &bytes);
        if self.0.lock().dead {
            return pending().await;
        }
        let fault = {
            let mut state = self.0.lock();
            state.hosts.insert(asked.host.clone());
            state
                .calls
                .push(format!("{}:{}", asked.service, asked.operation));
            state.fault(&asked)
        };
        let conflict = self.0.lock().begin(&asked.operation, &asked.body);
        // Others come in between.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        if conflict.is_none() {
            self.0.lock().end(&asked.operation, &asked.body);
        }
        if self.0.lock().dead {
            return pending().await;
        }
        if let Some((code, message)) = conflict {
            return Ok(refusal(&asked, code, &message));
        }
        match fault {
            Some(Fault::Code(code)) => {
                let message = "Transaction cancelled, please refer cancellation reasons for specific reasons \
                               [None, TransactionConflict]";
                return Ok(refusal(&asked, code, message));
            }
            Some(Fault::LostBefore) => return Err(ConnectorError::io("connection reset".into())),
            Some(Fault::Hang) => return pending().await,
            Some(Fault::CrashBefore) => {
                self.0.lock().dead = true;
                return pending().await;
            }
            _ => {}
        }
        let answer = self.0.lock().perform(&asked);
        match fault {
            Some(Fault::LostAfter) => Err(ConnectorError::io("connection reset".into())),
            Some(Fault::CrashAfter) => {
                self.0.lock().dead = true;
                pending().await
            }
            _ => Ok(answer),
        }
    }
}

fn read(request: &HttpRequest, body: &[u8]) -> Asked {
    let authorization = request.headers().get("authorization").unwrap();
    let mut scope = authorization.split('/').skip(2);
    let region = scope.next().unwrap().to_string();
    let service = match scope.next().unwrap() {
        "dynamodb" => "dynamodb",
        "sns" => "sns",
        "sts" => "sts",
        "organizations" => "organizations",
        "backup" => "backup",
        other => panic!("the model has no {other}"),
    };
    let uri: url::Url = request.uri().parse().unwrap();
    let pairs = |it: &[u8]| url::form_urlencoded::parse(it).into_owned().collect();
    let mut query: BTreeMap<String, String> = pairs(uri.query().unwrap_or_default().as_bytes());
    let path = uri.path().trim_matches('/').to_string();
    let operation = match service {
        "dynamodb" | "organizations" => {
            let target = request.headers().get("x-amz-target").unwrap();
            target.rsplit('.').next().unwrap().to_string()
        }
        "sns" | "sts" => {
            query = pairs(body);
            query["Action"].clone()
        }
        _ => match path.as_str() {
            "backup-jobs" => "ListBackupJobs",
            "copy-jobs" => "ListCopyJobs",
            "audit/backup-job-summaries" => "ListBackupJobSummaries",
            "audit/copy-job-summaries" => "ListCopyJobSummaries",
            "audit/restore-job-summaries" => "ListRestoreJobSummaries",
            other => panic!("the model has no {other}"),
        }
        .to_string(),
    };
    Asked {
        service,
        operation,
        host: uri.host_str().unwrap().to_string(),
        region,
        path,
        query,
        body: serde_json::from_slice(body).unwrap_or_default(),
    }
}

impl State {
    fn fault(&mut self, asked: &Asked) -> Option<Fault> {
        let operation = asked.operation.as_str();
        if let Some((at, fault)) = self.nth
            && at == self.calls.len()
        {
            self.nth = None;
            return Some(fault);
        }
        for plan in &mut self.plans {
            let elsewhere = plan.region.is_some_and(|it| it != asked.region);
            if plan.operation != operation || elsewhere {
                continue;
            }
            if plan.after > 0 {
                plan.after -= 1;
                continue;
            }
            if plan.times > 0 {
                plan.times -= 1;
                return Some(plan.fault);
            }
        }
        let (rng, percent) = self.storm.as_mut()?;
        if rng.u8(0..100) >= *percent {
            return None;
        }
        // An answer of SNS's that is lost is told twice, by SNS's own nature: not in storms.
        let lost = match operation {
            "Publish" => Fault::LostBefore,
            _ => Fault::LostAfter,
        };
        let ways = [Fault::Code("ThrottlingException"), Fault::LostBefore, lost];
        rng.choice(ways)
    }

    fn perform(&mut self, asked: &Asked) -> HttpResponse {
        let answer = match asked.service {
            "dynamodb" => match self.dynamodb(&asked.operation, &asked.body) {
                Ok(answer) => answer.to_string(),
                Err((code, message)) => return refusal(asked, code, &message),
            },
            "organizations" => {
                let organization = &self.organization;
                let answer = organization.organizations(&asked.operation, &asked.body);
                answer.to_string()
            }
            "backup" => {
                let organization = &self.organization;
                let answer = organization.backup(&asked.region, &asked.path, &asked.query);
                answer.to_string()
            }
            "sts" => "<AssumeRoleResponse xmlns=\"x\"><AssumeRoleResult><Credentials>\
                      <AccessKeyId>key</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
                      <SessionToken>token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>\
                      </Credentials></AssumeRoleResult></AssumeRoleResponse>"
                .to_string(),
            _ => {
                let subject = &asked.query["Subject"];
                assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
                let message: Value = serde_json::from_str(&asked.query["Message"]).unwrap();
                self.published.push(Published {
                    subject: subject.clone(),
                    email: message["email"].as_str().unwrap().to_string(),
                    raw: serde_json::from_str(message["default"].as_str().unwrap()).unwrap(),
                });
                "<PublishResponse/>".to_string()
            }
        };
        response(200, answer)
    }
}

fn refusal(asked: &Asked, code: &str, message: &str) -> HttpResponse {
    let body = match asked.service {
        "sns" | "sts" => format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
        _ => json!({"__type": code, "message": message}).to_string(),
    };
    let mut answer = response(400, body);
    if asked.service == "backup" {
        answer
            .headers_mut()
            .insert("x-amzn-errortype", code.to_string());
    }
    answer
}

fn response(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap();
    HttpResponse::new(status, SdkBody::from(body))
}
