//! Who calls AWS, where: the options of every command that does, and what they give.

use std::time::SystemTime;

use anyhow::{anyhow, bail};
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use clap::Args;

use super::failure::Failure;

/// Attempts of one call: with their back-off about 20 s of trying. `AWS_MAX_ATTEMPTS` says
/// otherwise.
const MAX_ATTEMPTS: u32 = 10;

/// Where AWS Organizations has its address in the `aws` partition. Used when nothing names a
/// Region; China and GovCloud need one.
const DEFAULT_REGION: &str = "us-east-1";

/// The name under which CloudTrail shows the calls of an assumed role.
pub const SESSION_NAME: &str = "backupctl";

/// Credentials, Region and address.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "AWS")]
pub struct Access {
    /// Profile of ~/.aws/config [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Region; it decides the partition, too [env: AWS_REGION]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Role to assume first, such as one in the management account
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,

    /// Another address than AWS's, such as an emulator's [env: AWS_ENDPOINT_URL]
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// Credentials that AWS knows, and what every client needs.
#[derive(Debug, Clone)]
pub struct Connection {
    /// What clients are made from.
    pub sdk: SdkConfig,
    /// Whose credentials they are.
    pub caller: Caller,
}

/// Who calls, as AWS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// User, role session or root.
    pub arn: String,
}

impl Caller {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

impl Access {
    /// Finds credentials where AWS's own tools do (environment, profile with SSO, `aws login` or
    /// a process, container, instance), assumes the role if one is given, and asks AWS who it is.
    ///
    /// # Errors
    /// There are no credentials, they cannot be used, or the role cannot be assumed.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let http = aws_client::http_client()
            .map_err(|error| anyhow!("the root certificates cannot be used: {error}"))?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(aws_client::ATTEMPT_TIMEOUT)
                    .build(),
            );
        if std::env::var_os("AWS_MAX_ATTEMPTS").is_none() {
            loader = loader.retry_config(aws_client::retries(MAX_ATTEMPTS));
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let mut sdk = loader.load().await;
        if sdk.region().is_none() {
            let region = Some(Region::from_static(DEFAULT_REGION));
            sdk = sdk.into_builder().region(region).build();
        }
        let named = std::env::var("AWS_PROFILE")
            .ok()
            .filter(|name| !name.is_empty());
        if let Err(why) = credentials(&sdk).await {
            match self.profile.as_ref().or(named.as_ref()) {
                Some(profile) => bail!("no credentials for AWS (profile `{profile}`): {why}"),
                None => bail!("no credentials for AWS: {why}"),
            }
        }
        if let Some(role) = &self.role_arn {
            sdk = assume(&sdk, role).await?;
        }
        let caller = caller(&sdk).await?;
        Ok(Connection { sdk, caller })
    }
}

impl Connection {
    /// The same place, as a role that these credentials may assume.
    ///
    /// # Errors
    /// The role cannot be assumed.
    pub async fn with_role(&self, role: &str) -> Result<SdkConfig, Failure> {
        assume(&self.sdk, role)
            .await
            .map_err(|failure| failure.of(&self.caller.arn))
    }
}

/// An hour's credentials of a role: more than reading anything takes.
async fn assume(sdk: &SdkConfig, role: &str) -> Result<SdkConfig, Failure> {
    let client = aws_sdk_sts::Client::new(sdk);
    let output = client
        .assume_role()
        .role_arn(role)
        .role_session_name(SESSION_NAME)
        .send()
        .await
        .map_err(|error| Failure::new("sts", "AssumeRole", error))?;
    let Some(credentials) = output.credentials else {
        return Err(Failure::odd(
            "sts",
            "AssumeRole",
            "the answer has no credentials",
        ));
    };
    let credentials = Credentials::new(
        credentials.access_key_id,
        credentials.secret_access_key,
        Some(credentials.session_token),
        SystemTime::try_from(credentials.expiration).ok(),
        "an assumed role",
    );
    Ok(sdk
        .clone()
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build())
}

/// Why there are no credentials, and what to do, as text.
async fn credentials(sdk: &SdkConfig) -> Result<(), String> {
    let remedy = "sign in (`aws sso login`, `aws login`), choose a `--profile`, or set \
                  AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    let found = match sdk.credentials_provider() {
        Some(provider) => provider.provide_credentials().await,
        None => Err(CredentialsError::not_loaded_no_source()),
    };
    match found {
        Ok(_) => Ok(()),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Err(format!(
            "there are none in the environment, the profile, a container or an instance: {remedy}"
        )),
        Err(error) => Err(format!("{}: {remedy}", one_line(&error))),
    }
}

/// The causes of an error on one line, none of them twice.
fn one_line(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |error| error.source()) {
        let words: Vec<String> = cause
            .to_string()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let text = words.join(" ").trim_end_matches([':', ' ']).to_owned();
        if !texts.iter().any(|before| before.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

async fn caller(sdk: &SdkConfig) -> Result<Caller, Failure> {
    let client = aws_sdk_sts::Client::new(sdk);
    let identity = client
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| Failure::new("sts", "GetCallerIdentity", error))?;
    Ok(Caller {
        account: identity.account.unwrap_or_default(),
        arn: identity.arn.unwrap_or_default(),
    })
}
