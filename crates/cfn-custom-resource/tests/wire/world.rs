//! CloudFormation's end of the wire, in memory: replies as scripted, and remembers every request.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use cfn_custom_resource::{
    Answering, Failure, Handlers, Outcome, Request, ResponseUrlPolicy, ServeError, Success,
};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

pub const PATH: &str = "/arn%3Aaws%3Acloudformation%3Aeu-west-1%7CPolicy?X-Amz-Signature=sealed";
pub const HOST: &str = "https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com";

#[derive(Clone, Copy)]
pub enum Reply {
    Status(u16),
    /// The answer arrives after this long.
    Slow(Duration),
    /// The answer has arrived, its acknowledgement has not.
    Lost,
    /// Nobody listens.
    Unreachable,
    /// The HTTP client itself finds the request wrong.
    Unsendable,
    /// Neither reply nor error, ever.
    Silence,
}

pub struct Put {
    pub at: Instant,
    pub method: String,
    pub uri: String,
    pub content_type: Option<String>,
    pub content_length: Option<String>,
    pub text: String,
}

impl Put {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).expect("the answer is JSON")
    }
}

#[derive(Clone, Default)]
pub struct World(Arc<Mutex<(VecDeque<Reply>, Vec<Put>)>>);

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// Replies in this order; the last reply is repeated for ever.
    pub fn replying(replies: &[Reply]) -> World {
        let world = World::default();
        world.0.lock().unwrap().0 = replies.iter().copied().collect();
        world
    }

    pub fn answering(&self) -> Answering {
        let connector = SharedHttpConnector::new(self.clone());
        let http: SharedHttpClient = http_client_fn(move |_, _| connector.clone());
        Answering {
            http,
            response_url: ResponseUrlPolicy::AwsOnly,
            handlers: Handlers::AsTasks,
        }
    }

    pub fn puts(&self) -> Vec<Put> {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }

    /// The answer, asserting that there was one and no other.
    pub fn only_answer(&self) -> Value {
        let puts = self.puts();
        assert_eq!(puts.len(), 1, "one PUT");
        puts[0].body()
    }
}

impl HttpConnector for World {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        state.1.push(Put {
            at: Instant::now(),
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            content_type: header("content-type"),
            content_length: header("content-length"),
            text: String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap(),
        });
        let reply = match state.0.len() {
            0 => Reply::Status(200),
            1 => state.0[0],
            _ => state.0.pop_front().unwrap(),
        };
        HttpConnectorFuture::new(async move {
            match reply {
                Reply::Status(status) => Ok(response(status)),
                Reply::Slow(time) => {
                    tokio::time::sleep(time).await;
                    Ok(response(200))
                }
                Reply::Lost => Err(ConnectorError::io("connection reset".into())),
                Reply::Unreachable => Err(ConnectorError::io("connection refused".into())),
                Reply::Unsendable => Err(ConnectorError::user("no such scheme".into())),
                Reply::Silence => std::future::pending().await,
            }
        })
    }
}

fn response(status: u16) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::empty())
}

pub fn request(request_type: &str) -> Value {
    let mut request = json!({
        "RequestType": request_type,
        "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:f",
        "ResponseURL": format!("{HOST}{PATH}"),
        "StackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1",
        "RequestId": "request-1",
        "LogicalResourceId": "Policy",
        "ResourceType": "Custom::Thing",
        "ResourceProperties": {"Secret": "hush"},
    });
    if request_type != "Create" {
        request["PhysicalResourceId"] = json!("p-1");
    }
    request
}

/// Serves a request with a handler that returns nothing beside its success.
pub async fn serve<H, F>(
    payload: Value,
    deadline: Instant,
    answering: &Answering,
    handler: H,
) -> Result<Outcome, ServeError>
where
    H: FnOnce(Request) -> F + Send + 'static,
    F: Future<Output = Result<Success, Failure>> + Send + 'static,
{
    let handler = async |request| handler(request).await.map(|success| (success, ()));
    let served = cfn_custom_resource::serve(payload, deadline, answering, handler).await;
    served.map(|(outcome, _)| outcome)
}
