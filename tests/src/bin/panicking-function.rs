//! A Lambda function that panics when its event says so.
//!
//! The release profile, and everything the packaging tool adds to it, decides whether a panic
//! is answered or ends the process without a word. This function is built by the same command
//! as the shipped ones, and `tests/packages` runs it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

#[expect(clippy::panic, reason = "what a panic does is the question")]
async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if event.payload.get("panic") == Some(&json!(true)) {
        panic!("as the event asked");
    }
    Ok(json!({ "alive": true }))
}
