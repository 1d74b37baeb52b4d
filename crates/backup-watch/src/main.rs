//! The Lambda function `BackupWatch`: the process around [`backup_watch::handle`].

use std::sync::Arc;
use std::time::SystemTime;

use aws_client::Environment;
use backup_watch::{App, Config, Invocation, aws, handle};
use chrono::Utc;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_log::start();
    let variable = |name: &str| std::env::var(name).ok();
    let config = Config::read(variable)?;
    let environment = Environment::read(variable, aws::services())?;
    let http = aws_client::http_client()?;
    let app = App::new(config, &environment, &http, Arc::new(lambda_log::print)).await;
    run(service_fn(|event: LambdaEvent<Value>| {
        let app = &app;
        async move {
            let left = event.context.deadline().duration_since(SystemTime::now());
            let invocation = Invocation {
                request: event.context.request_id.clone(),
                function_arn: event.context.invoked_function_arn.clone(),
                deadline: Instant::now() + left.unwrap_or_default(),
                now: Utc::now(),
            };
            handle(app, &event.payload, &invocation)
                .await
                .map_err(|failure| Diagnostic {
                    error_type: "NotReported".to_string(),
                    error_message: failure.to_string(),
                })
        }
    }))
    .await
}
