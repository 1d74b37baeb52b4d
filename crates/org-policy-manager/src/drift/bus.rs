//! Puts events on the bus of notifications.

use aws_client::{CallError, Environment};
use aws_types::SdkConfig;
use policy_resource::drift::Report;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::warn;

use crate::json::{EVENTBRIDGE, Json};

/// The source of this solution's own events.
const SOURCE: &str = "aws-backup-solution";

/// What this function reports.
const DETAIL_TYPE: &str = "Backup Policy Drift";

/// The bus, if there is one.
#[derive(Debug)]
pub(crate) struct Bus {
    events: Json,
    name: Option<String>,
}

impl Bus {
    /// The bus of this name from the shared configuration, at AWS's address or another.
    pub(crate) fn new(sdk: &SdkConfig, environment: &Environment, name: Option<&str>) -> Self {
        Self {
            events: Json::new(&EVENTBRIDGE, sdk, environment),
            name: name.map(str::to_string),
        }
    }

    /// Reports: in the log, and on the bus if there is one.
    ///
    /// # Errors
    /// When EventBridge did not take the event.
    pub(crate) async fn report(
        &self,
        report: &Report<'_>,
        until: Instant,
    ) -> Result<(), CallError> {
        let detail = report.detail();
        let text = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
        warn!(
            policy.id = text("policyId"),
            state = text("state"),
            key = text("key"),
            "{}",
            text("summary")
        );
        let Some(bus) = &self.name else {
            return Ok(());
        };
        let entry = json!({
            "EventBusName": bus,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": detail.to_string(),
            "Resources": [report.policy.arn],
        });
        let input = json!({ "Entries": [entry] });
        let answer = self.events.call("PutEvents", input, until).await?;
        // A single entry that fails is answered with 200.
        let refused = answer.pointer("/Entries/0/ErrorCode");
        match refused.and_then(Value::as_str) {
            Some(code) => {
                let message = answer.pointer("/Entries/0/ErrorMessage");
                let message = message.and_then(Value::as_str).unwrap_or_default();
                Err(CallError::other("PutEvents", format!("{code}: {message}")))
            }
            None => Ok(()),
        }
    }
}
