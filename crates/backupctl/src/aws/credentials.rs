//! Whose credentials a command uses: those of one profile that was named and of nothing else, or
//! the first of the places where somebody put some for this user.

use anyhow::{anyhow, bail};
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use backup_policy::nearest;

/// What switches an instance's own credentials off everywhere, and on here.
const INSTANCE: &str = "AWS_EC2_METADATA_DISABLED";

/// What to do where there are no credentials.
const REMEDY: &str = "sign in (`aws sso login`, `aws login`), choose a `--profile`, or set \
                      AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// The profile that the environment names.
pub(super) fn from_environment() -> Option<String> {
    std::env::var("AWS_PROFILE")
        .ok()
        .filter(|name| !name.is_empty())
}

/// Whether the environment holds keys.
pub(super) fn are_exported() -> bool {
    std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|key| !key.is_empty())
}

/// Makes sure that a profile exists, so that nobody else's credentials are used in its place.
///
/// # Errors
/// There is no such profile, or the files cannot be read.
pub(super) async fn exists(name: &str) -> anyhow::Result<()> {
    let files = EnvConfigFiles::default();
    let loaded = profile::load(&Fs::real(), &Env::real(), &files, None).await;
    let profiles = loaded.map_err(|error| {
        anyhow!(
            "the profiles cannot be read: {}: correct the file",
            one_line(&error)
        )
    })?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let file = match std::env::var("AWS_CONFIG_FILE") {
        Ok(file) if !file.is_empty() => file,
        _ => "~/.aws/config".to_owned(),
    };
    match nearest(name, profiles.profiles()) {
        Some(like) => bail!("there is no profile `{name}` in {file}: did you mean `{like}`?"),
        None => bail!(
            "there is no profile `{name}` in {file}: choose one that `aws configure list-profiles` \
             shows"
        ),
    }
}

/// The profile's credentials, and none but its.
pub(super) fn of_profile(name: &str, config: &ProviderConfig) -> SharedCredentialsProvider {
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(config)
        .profile_name(name)
        .build();
    SharedCredentialsProvider::new(provider)
}

/// Where AWS's own tools look, in their order, but for an instance: whatever runs there gets the
/// instance's credentials without anybody's having chosen them, so somebody has to say so. What a
/// container gets is named by variables that were set for it.
pub(super) fn of_surroundings(config: &ProviderConfig) -> SharedCredentialsProvider {
    let profile = ProfileFileCredentialsProvider::builder().configure(config);
    let token = WebIdentityTokenCredentialsProvider::builder().configure(config);
    let container = EcsCredentialsProvider::builder().configure(config);
    let environment = EnvironmentVariableCredentialsProvider::new();
    let mut chain = CredentialsProviderChain::first_try("Environment", environment)
        .or_else("Profile", profile.build())
        .or_else("WebIdentityToken", token.build())
        .or_else("EcsContainer", container.build());
    if takes_the_instances() {
        let instance = ImdsCredentialsProvider::builder().configure(config);
        chain = chain.or_else("Ec2InstanceMetadata", instance.build());
    }
    SharedCredentialsProvider::new(chain)
}

fn takes_the_instances() -> bool {
    std::env::var(INSTANCE).is_ok_and(|value| value.eq_ignore_ascii_case("false"))
}

/// Why there are no credentials, and what to do.
pub(super) fn missing(profile: Option<&str>, error: &CredentialsError) -> anyhow::Error {
    let none = matches!(error, CredentialsError::CredentialsNotLoaded(_));
    match (profile, none) {
        (Some(profile), true) => anyhow!(
            "the profile `{profile}` has no credentials: {}: {REMEDY}",
            one_line(error)
        ),
        (Some(profile), false) => {
            anyhow!(
                "no credentials of the profile `{profile}`: {}: {REMEDY}",
                one_line(error)
            )
        }
        (None, true) if takes_the_instances() => anyhow!(
            "no credentials for AWS: there are none in the environment, the profile, a container \
             or an instance: {REMEDY}"
        ),
        (None, true) => anyhow!(
            "no credentials for AWS: there are none in the environment, the profile or a \
             container: {REMEDY}; those of an instance are used with {INSTANCE}=false"
        ),
        (None, false) => anyhow!("no credentials for AWS: {}: {REMEDY}", one_line(error)),
    }
}

/// Why there are no credentials when finding them never ended, and what to do.
pub(super) fn too_late(profile: Option<&str>) -> anyhow::Error {
    let of = profile.map(|name| format!(" of the profile `{name}`"));
    anyhow!(
        "no credentials{} after five minutes: what the profile names to find them (a \
         credential_process, a sign-in) does not end: run it by itself, or {REMEDY}",
        of.unwrap_or_default()
    )
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
