//! What lives as long as the process: clients and assumed roles.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_client::{CallError, time_limits};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use cfn_custom_resource::{Answering, Handlers, ResponseUrlPolicy};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::aws::{failed, retries_without_quota, sdk_config};
use crate::cloudformation::CloudFormation;
use crate::config::Config;
use crate::drift::bus::Bus;
use crate::drift::store::Store;
use crate::organizations::Organizations;
use crate::sources::Sources;

/// A session is used again only when it outlives the longest possible invocation (15 minutes,
/// Lambda quotas).
const SESSION_RESERVE: Duration = Duration::from_secs(16 * 60);

/// The name under which the management account's CloudTrail shows the function's calls.
const SESSION_NAME: &str = "BackupOrgPolicyManager";

/// The function's long-lived part: made once, used by every invocation.
#[derive(Debug)]
pub struct App {
    config: Config,
    http: SharedHttpClient,
    sdk: SdkConfig,
    sources: Sources,
    cloudformation: CloudFormation,
    store: Store,
    bus: Bus,
    answering: Answering,
    sessions: Mutex<HashMap<String, Session>>,
}

#[derive(Debug)]
struct Session {
    organizations: Organizations,
    expires: SystemTime,
}

/// What Lambda passes about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The ARN under which the function was invoked: it names the account and the partition.
    pub function_arn: String,
    /// When Lambda ends the invocation.
    pub deadline: Instant,
    /// The time of day at its begin.
    pub now: SystemTime,
}

/// Where the function runs, read from its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub partition: String,
    pub region: String,
    pub account: String,
}

impl Place {
    /// Reads `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`.
    pub(crate) fn of(function_arn: &str) -> Option<Self> {
        let parts: Vec<&str> = function_arn.split(':').collect();
        match parts.as_slice() {
            ["arn", partition, "lambda", region, account, "function", ..] => Some(Self {
                partition: (*partition).to_string(),
                region: (*region).to_string(),
                account: (*account).to_string(),
            }),
            _ => None,
        }
    }

    /// Whether a stack is in the function's own account and Region. CloudFormation describes
    /// another account's stacks to nobody, and a function serves stacks of its own Region only.
    pub(crate) fn has(&self, stack_id: &str) -> bool {
        let Self {
            partition,
            region,
            account,
        } = self;
        stack_id.starts_with(&format!(
            "arn:{partition}:cloudformation:{region}:{account}:stack/"
        ))
    }
}

impl App {
    /// The function with this configuration; all its calls, the answers included, go through
    /// `http`.
    pub fn new(config: Config, http: SharedHttpClient) -> Self {
        let environment = &config.environment;
        let sdk = sdk_config(&http, &environment.region, environment.credentials.clone());
        let response_url = match &config.response_origin {
            Some(origin) => ResponseUrlPolicy::AlsoOrigin(origin.clone()),
            None => ResponseUrlPolicy::AwsOnly,
        };
        Self {
            sources: Sources::new(&sdk, environment),
            cloudformation: CloudFormation::new(&sdk, environment.endpoint("CLOUDFORMATION")),
            store: Store::new(&sdk, environment),
            bus: Bus::new(&sdk, environment, config.event_bus_name.as_deref()),
            answering: Answering {
                http: http.clone(),
                response_url,
                handlers: Handlers::AsTasks,
            },
            sessions: Mutex::default(),
            config,
            http,
            sdk,
        }
    }

    /// The function with each request handled on a thread of its own, so that one that computes for
    /// long is answered all the same. Not in virtual time.
    #[must_use]
    pub fn on_threads(mut self) -> Self {
        self.answering.handlers = Handlers::OnThreads;
        self
    }

    pub(crate) fn answering(&self) -> &Answering {
        &self.answering
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn cloudformation(&self) -> &CloudFormation {
        &self.cloudformation
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Organizations as the management account's role sees it, or as the function's own role when
    /// that is in the management account or is a delegated administrator.
    pub(crate) async fn organizations(
        &self,
        place: &Place,
        management_account: &str,
        until: Instant,
    ) -> Result<Organizations, CallError> {
        let environment = &self.config.environment;
        let endpoint = environment.endpoint("ORGANIZATIONS");
        if self.config.delegated_administrator || place.account == management_account {
            return Ok(Organizations::new(&self.sdk, endpoint, until));
        }
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.get(management_account)
            && session.expires > SystemTime::now() + SESSION_RESERVE
        {
            return Ok(session.organizations.until(until));
        }
        let credentials = self.assume(place, management_account, until).await?;
        let expires = credentials.expiry().unwrap_or(SystemTime::UNIX_EPOCH);
        let sdk = sdk_config(&self.http, &environment.region, credentials);
        let organizations = Organizations::new(&sdk, endpoint, until);
        let session = Session {
            organizations: organizations.clone(),
            expires,
        };
        sessions.insert(management_account.to_string(), session);
        Ok(organizations)
    }

    async fn assume(
        &self,
        place: &Place,
        account: &str,
        until: Instant,
    ) -> Result<Credentials, CallError> {
        let role = format!(
            "arn:{}:iam::{account}:role/{}",
            place.partition, self.config.org_admin_role_name
        );
        let mut config = aws_sdk_sts::config::Builder::from(&self.sdk)
            .retry_partition(retries_without_quota())
            .timeout_config(time_limits(until));
        let endpoint = self.config.environment.endpoint("STS");
        config.set_endpoint_url(endpoint.map(str::to_string));
        let output = aws_sdk_sts::Client::from_conf(config.build())
            .assume_role()
            .role_arn(&role)
            .role_session_name(SESSION_NAME)
            .send()
            .await
            .map_err(|error| failed("AssumeRole", &error))?;
        let credentials = output.credentials.ok_or_else(|| {
            let why = format!("the answer for `{role}` has no credentials");
            CallError::other("AssumeRole", why)
        })?;
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            SystemTime::try_from(credentials.expiration).ok(),
            "the management account's role",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_arn_tells_its_partition_and_account() {
        let place = Place::of("arn:aws-us-gov:lambda:us-gov-west-1:222222222222:function:X:live");
        let expected = Place {
            partition: "aws-us-gov".into(),
            region: "us-gov-west-1".into(),
            account: "222222222222".into(),
        };
        assert_eq!(place, Some(expected));
        assert_eq!(Place::of("BackupOrgPolicyManager"), None);
    }

    #[test]
    fn stacks_of_another_account_or_region_are_not_its_own() {
        let arn = "arn:aws:lambda:eu-west-1:222222222222:function:X";
        let place = Place::of(arn).unwrap();
        let has = |place_of_stack: &str| {
            place.has(&format!(
                "arn:aws:cloudformation:{place_of_stack}:stack/backup/5f0c"
            ))
        };
        assert!(has("eu-west-1:222222222222"));
        assert!(!has("eu-west-1:333333333333"));
        assert!(!has("us-east-1:222222222222"));
    }
}
