//! Who calls AWS, where: the options of every command that does, and what they give.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use aws_config::BehaviorVersion;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use backup_reading::Caller;
use backup_reading::failure::Failure;
use backup_reading::jobs::Backup;
use backup_reading::organizations::Organizations;
use clap::Args;

use super::patience::{self, Patient};
use super::{PROGRAM, credentials};

/// Attempts of one call: with their back-off about 20 s of trying. `AWS_MAX_ATTEMPTS` says
/// otherwise.
const MAX_ATTEMPTS: u32 = 10;

/// Where AWS Organizations has its address in the `aws` partition. Used when nothing names a
/// Region; China and GovCloud need one.
const DEFAULT_REGION: &str = "us-east-1";

/// How long finding credentials may take: a program that a profile names may ask its user something.
/// Our choice.
const CREDENTIALS: Duration = Duration::from_secs(300);

/// The name under which CloudTrail shows the calls of an assumed role.
pub const SESSION_NAME: &str = "backupctl";

/// Credentials, Region and address.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "AWS")]
pub struct Access {
    /// Profile of ~/.aws/config, whose credentials are used and no others [env: AWS_PROFILE]
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

impl Access {
    /// Finds credentials (`credentials.rs` has the places), assumes the role if one is given, asks
    /// AWS who it is, and reports that on standard error.
    ///
    /// # Errors
    /// There is no such profile, there are no credentials, they cannot be used, or the role cannot
    /// be assumed.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let named = self.profile.clone().or_else(credentials::from_environment);
        if let Some(name) = &named {
            credentials::exists(name).await?;
        }
        let tell = patience::on_standard_error();
        let http = aws_client::http_client()
            .map_err(|error| anyhow!("the root certificates cannot be used: {error}"))?;
        let http = Patient::over(http, Arc::clone(&tell));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .no_credentials()
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
        let loaded = loader.load().await;
        let region = loaded.region().cloned();
        let region = region.unwrap_or(Region::from_static(DEFAULT_REGION));
        let config = ProviderConfig::without_region()
            .with_http_client(http)
            .with_region(Some(region.clone()));
        // Exported keys win over AWS_PROFILE, as in AWS's own tools, and never over `--profile`.
        let provider = match &named {
            Some(profile) if self.profile.is_some() || !credentials::are_exported() => {
                credentials::of_profile(profile, &config)
            }
            _ => credentials::of_surroundings(&config),
        };
        let found = provider.provide_credentials();
        match patience::wait("credentials", CREDENTIALS, &tell, found).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(credentials::missing(named.as_deref(), &error)),
            None => return Err(credentials::too_late(named.as_deref())),
        }
        let mut sdk = loaded
            .into_builder()
            .region(region)
            .credentials_provider(provider)
            .build();
        if let Some(role) = &self.role_arn {
            sdk = assume(&sdk, role).await?;
        }
        let caller = caller(&sdk).await?;
        let connection = Connection { sdk, caller };
        let organization = connection.organizations().describe().await;
        // Who is asking must be seen before what is found; that it cannot be written stops nothing.
        let line = introduction(&connection.caller, organization);
        let _ = writeln!(std::io::stderr(), "{line}");
        Ok(connection)
    }
}

/// Whose credentials are used, and which organization they see.
fn introduction(caller: &Caller, organization: Result<(String, bool), Failure>) -> String {
    let seen = match organization {
        Ok((id, _)) => format!("organization {id}"),
        Err(failure) if failure.is("AWSOrganizationsNotInUseException") => {
            "in no organization".to_owned()
        }
        Err(failure) => format!("organization unknown: {failure}"),
    };
    format!("{}, account {}, {seen}", caller.arn, caller.account)
}

impl Connection {
    /// AWS Organizations, with these credentials.
    pub fn organizations(&self) -> Organizations {
        Organizations::new(&self.sdk, PROGRAM, self.caller.clone(), None)
    }

    /// AWS Backup, with these credentials.
    pub fn backup(&self) -> Backup {
        Backup::new(self.sdk.clone(), PROGRAM, None)
    }

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
