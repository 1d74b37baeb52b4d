//! The role in the management account.

use std::time::{Duration, SystemTime};

use aws_client::request::Input;
use aws_client::{CallError, time_limits};
use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::{Aws, PROGRAM, STS};

/// Attempts of one call of a look: with their back-off about 20 s of trying.
const ATTEMPTS: u32 = 10;

/// The longest that one call of a look takes, with its attempts: all of them when it is refused for a while, two when
/// nothing answers. Our choice: what never answers must leave time to ask others.
const CALL: Duration = Duration::from_secs(45);

/// The name under which the management account's CloudTrail shows the function's calls.
const SESSION_NAME: &str = "BackupWatch";

impl Aws {
    /// What the clients of a look are made from: with the role's credentials if there is one, else with the
    /// function's own.
    ///
    /// # Errors
    /// The role cannot be assumed.
    pub async fn asking_as(&self, role: Option<&str>) -> Result<SdkConfig, CallError> {
        let credentials = match role {
            Some(role) => self.assume(role).await?,
            None => self.environment.credentials.clone(),
        };
        let region = self.environment.region.as_str();
        let sdk = aws_client::sdk_config(&self.http, region, credentials, ATTEMPTS);
        let limits = time_limits(Instant::now() + CALL);
        Ok(sdk.into_builder().timeout_config(limits).build())
    }

    async fn assume(&self, role: &str) -> Result<Credentials, CallError> {
        let form = [("RoleArn", role), ("RoleSessionName", SESSION_NAME)];
        let form = form.map(|(name, value)| (name.to_string(), value.to_string()));
        let sent = self
            .call(&STS, "AssumeRole", Input::Form(form.to_vec()))
            .await;
        let answer = sent.map_err(|error| CallError {
            remedy: Some(
                "check that the role exists in the management account, trusts the function's role and that the \
                 function's role may assume it",
            ),
            ..error
        })?;
        let unreadable = |why: &str| CallError::unreadable("AssumeRole", why);
        let xml = roxmltree::Document::parse(&answer).map_err(|_| unreadable("it is no XML"))?;
        let field = |name: &str| {
            let mut nodes = xml.descendants();
            let node = nodes.find(|node| node.tag_name().name() == name)?;
            node.text().map(str::to_string)
        };
        let (Some(key), Some(secret)) = (field("AccessKeyId"), field("SecretAccessKey")) else {
            return Err(unreadable("it has no credentials"));
        };
        let expires = field("Expiration").and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let expires = expires.map(SystemTime::from);
        Ok(Credentials::new(
            key,
            secret,
            field("SessionToken"),
            expires,
            PROGRAM,
        ))
    }
}
