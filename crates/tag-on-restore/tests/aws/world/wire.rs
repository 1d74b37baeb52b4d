//! The HTTP client: hear a request, fail as told or have the effect, answer.

use std::future::pending;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::json;

use super::fault::{self, Way};
use super::request::Asked;
use super::services::{Body, Refusal};
use super::{Call, Exchange, Process, World};

pub(super) fn client(world: World, process: Process) -> SharedHttpClient {
    SharedHttpClient::new(Wire { world, process })
}

#[derive(Clone, Debug)]
struct Wire {
    world: World,
    process: Process,
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

/// Reads the request's body as a connection does. The SDK takes one that nobody reads for a stalled
/// upload, and ends the call after a time that it takes from the real clock.
async fn send(request: &mut HttpRequest) {
    let body = std::mem::replace(request.body_mut(), SdkBody::taken());
    let bytes = ByteStream::new(body).collect().await.unwrap();
    *request.body_mut() = SdkBody::from(bytes.into_bytes());
}

impl Wire {
    async fn answer(self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        send(&mut request).await;
        if self.process.is_dead() {
            return pending().await;
        }
        let asked = Asked::read(&request);
        let (number, way, latency) = {
            let mut state = self.world.lock();
            let name = format!("{}:{}", asked.service, asked.operation);
            let way = fault::next(&mut state.faults, &name);
            let way = way.or_else(|| state.storm.as_mut().and_then(|storm| storm.next()));
            // A failure for one resource is the tagging API's own.
            let way = way
                .filter(|way| !matches!(way, Way::PerArn(_)) || asked.operation == "TagResources");
            if let Some(way) = way {
                *state.failed.entry(way).or_default() += 1;
            }
            let at = state.began.elapsed();
            let lasts = state.behaviour.credentials_last;
            let way = match lasts.is_some_and(|lasts| at > self.process.0.began + lasts) {
                true => Some(Way::Expire),
                false => way,
            };
            state.calls.push(Call {
                at,
                process: self.process.number(),
                service: asked.service,
                operation: asked.operation.clone(),
                about: asked.about(),
                keys: asked.tags().into_keys().collect(),
                outcome: "under way".to_owned(),
            });
            (state.calls.len() - 1, way, state.behaviour.latency)
        };
        tokio::time::sleep(latency).await;
        if self.process.is_dead() {
            return pending().await;
        }
        if let Some(refusal) = way.and_then(|way| before(way, &asked)) {
            self.note(number, refusal.code);
            return Ok(asked.respond(Err(refusal)));
        }
        match way {
            Some(Way::LostBefore) => {
                self.note(number, "lost");
                return Err(ConnectorError::io("connection reset by peer".into()));
            }
            Some(Way::Hang) => {
                self.note(number, "no answer");
                return pending().await;
            }
            Some(Way::CrashBefore) => {
                self.note(number, "process dead");
                self.process.kill();
                return pending().await;
            }
            Some(Way::PerArn(code)) => {
                self.note(number, code);
                let failure =
                    json!({ "StatusCode": 400, "ErrorCode": code, "ErrorMessage": "as told" });
                let failures = json!({ "FailedResourcesMap": { asked.about(): failure } });
                return Ok(asked.respond(Ok(Body::Json(failures))));
            }
            _ => {}
        }
        let reply = self.world.lock().perform(&asked, self.process.number());
        let outcome = match (&reply, way) {
            (_, Some(Way::LostAfter)) => "lost after the effect",
            (_, Some(Way::ErrorAfter)) => "error after the effect",
            (_, Some(Way::CrashAfter)) => "process dead after the effect",
            (Ok(_), Some(Way::CutOff)) => "half an answer",
            (Ok(_), _) => "ok",
            (Err(refusal), _) => refusal.code,
        };
        self.note(number, outcome);
        match way {
            Some(Way::LostAfter) => Err(ConnectorError::io("connection reset by peer".into())),
            Some(Way::ErrorAfter) => Ok(asked.respond(Err(Refusal {
                status: 500,
                code: "InternalServerError",
                message: "after the effect".into(),
            }))),
            Some(Way::CrashAfter) => {
                self.process.kill();
                pending().await
            }
            _ => {
                let mut response = asked.respond(reply);
                if way == Some(Way::CutOff) {
                    let body = response.body().bytes().unwrap_or_default();
                    let half = body[..body.len() / 2].to_vec();
                    *response.body_mut() = SdkBody::from(half);
                }
                if outcome == "ok" {
                    self.world
                        .lock()
                        .received
                        .push(exchange(&asked, &request, &response));
                }
                Ok(response)
            }
        }
    }

    fn note(&self, number: usize, outcome: &str) {
        // A test may have forgotten the calls meanwhile.
        if let Some(call) = self.world.lock().calls.get_mut(number) {
            call.outcome = outcome.to_owned();
        }
    }
}

/// A call with its answer, byte by byte but for the signature.
fn exchange(asked: &Asked, request: &HttpRequest, response: &HttpResponse) -> Exchange {
    const TOLD: [&str; 4] = [
        "content-type",
        "x-amz-target",
        "x-amz-account-id",
        "x-amzn-query-mode",
    ];
    let headers = TOLD
        .iter()
        .filter_map(|name| Some((*name, request.headers().get(name)?)));
    let text = |body: Option<&[u8]>| String::from_utf8(body.unwrap_or_default().to_vec()).unwrap();
    Exchange {
        call: format!("{}:{}", asked.service, asked.operation),
        document: json!({
            "method": request.method(),
            "uri": request.uri(),
            "scope": request.headers().get("authorization").unwrap().split('/').nth(3),
            "headers": headers.collect::<std::collections::BTreeMap<_, _>>(),
            "body": text(request.body().bytes()),
            "status": response.status().as_u16(),
            "answer": text(response.body().bytes()),
        }),
    }
}

/// The refusal with which a call fails before it has an effect.
fn before(way: Way, asked: &Asked) -> Option<Refusal> {
    let refusal = |status, code, message: &str| {
        Some(Refusal {
            status,
            code,
            message: message.to_owned(),
        })
    };
    match way {
        Way::Throttle => {
            let (status, code) = throttling(asked.service);
            refusal(status, code, "Rate exceeded")
        }
        Way::ServerError(status) => refusal(status, "InternalFailure", "We had an error."),
        Way::Expire => {
            let (status, code) = expiry(asked.service);
            refusal(
                status,
                code,
                "The security token included in the request is expired",
            )
        }
        Way::Code(code) => refusal(400, code, "as told"),
        _ => None,
    }
}

/// How a service says that the credentials have expired.
fn expiry(service: &str) -> (u16, &'static str) {
    match service {
        "ec2" => (400, "RequestExpired"),
        "rds" | "redshift" => (403, "ExpiredToken"),
        "s3" | "s3control" => (400, "ExpiredToken"),
        _ => (400, "ExpiredTokenException"),
    }
}

/// How a service says that there are too many calls.
fn throttling(service: &str) -> (u16, &'static str) {
    match service {
        "ec2" => (503, "RequestLimitExceeded"),
        "rds" | "redshift" => (400, "Throttling"),
        "s3" | "s3control" => (503, "SlowDown"),
        "tagging" => (400, "ThrottledException"),
        "dsql" | "backup-gateway" | "ssm-sap" => (429, "ThrottlingException"),
        _ => (400, "ThrottlingException"),
    }
}
