//! The Lambda function `BackupWatch`: the process around the library.

use backup_watch::{Config, payload};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_log::start();
    let _config = Config::read(|name| std::env::var(name).ok())?;
    run(service_fn(|event: LambdaEvent<Value>| async move {
        match payload::read(&event.payload) {
            Ok(_) => Err::<Value, _>(Diagnostic {
                error_type: "NotReported".to_string(),
                error_message: "reporting is not built yet".to_string(),
            }),
            Err(unknown) => Err(Diagnostic {
                error_type: "NotReported".to_string(),
                error_message: unknown.to_string(),
            }),
        }
    }))
    .await
}
