//! The Lambda function behind `Custom::BackupOrgPolicy`: the process around
//! [`org_policy_manager::answer`].

use std::sync::Arc;
use std::time::SystemTime;

use cfn_custom_resource::Payload;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use org_policy_manager::{App, Config, Invocation, answer};
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_log::start();
    let config = Config::from_env()?;
    let app = Arc::new(App::new(config, aws_client::http_client()?).on_threads());
    run(service_fn(|event: LambdaEvent<Payload>| {
        let app = Arc::clone(&app);
        async move {
            let now = SystemTime::now();
            let left = event.context.deadline().duration_since(now);
            let invocation = Invocation {
                function_arn: event.context.invoked_function_arn.clone(),
                deadline: Instant::now() + left.unwrap_or_default(),
                now,
            };
            answer(app, event.payload.0, invocation)
                .await
                .map_err(|error| Diagnostic {
                    error_type: error.kind().to_string(),
                    error_message: error.to_string(),
                })
        }
    }))
    .await
}
