//! A Lambda function that panics when it is asked to.
//!
//! The release profile, and everything the packaging tool adds to it, decides whether a panic
//! is answered or ends the process without a word. This function is built by the same command
//! as the shipped ones, and `tests/packages` runs it. It panics in both places where one of ours
//! could: in the handler of a custom resource, and outside it.

use cfn_custom_resource::{
    Answering, Failure, Handlers, Request, ResponseUrlPolicy, Success, serve,
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let origin = std::env::var("CUSTOM_RESOURCE_RESPONSE_ORIGIN").unwrap_or_default();
    let answering = &Answering {
        http: aws_smithy_http_client::Builder::new().build_http(),
        response_url: ResponseUrlPolicy::AlsoOrigin(origin),
        handlers: Handlers::OnThreads,
    };
    run(service_fn(move |event| function(event, answering))).await
}

async fn function(event: LambdaEvent<Value>, answering: &Answering) -> Result<Value, Error> {
    let payload = event.payload;
    if payload.get("RequestType").is_some() {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        serve(payload, deadline, answering, custom_resource).await?;
    } else if payload.get("panic") == Some(&json!(true)) {
        panic();
    }
    Ok(json!({ "alive": true }))
}

async fn custom_resource(request: Request) -> Result<(Success, ()), Failure> {
    if request.resource_properties.get("Panic") == Some(&json!("true")) {
        panic();
    }
    let success = Success {
        physical_resource_id: "calm".to_owned(),
        ..Success::default()
    };
    Ok((success, ()))
}

#[expect(clippy::panic, reason = "what a panic does is the question")]
fn panic() {
    panic!("as the event asked");
}
