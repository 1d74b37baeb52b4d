//! The least that a Lambda function in Rust can be: what `make bench` compares ours with.
//!
//! A package of its own, so that no other package's dependencies and features get into it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    run(service_fn(handle)).await
}

async fn handle(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}
