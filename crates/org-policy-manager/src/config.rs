//! What the function is told by its environment variables.

use std::fmt;

use aws_credential_types::Credentials;

/// The role that the function assumes in the management account, unless
/// [`ORG_ADMIN_ROLE_NAME`] names another.
pub const DEFAULT_ORG_ADMIN_ROLE_NAME: &str = "BackupOrgPolicyManagerOrgAdmin";

/// `true` when the function's own account may manage backup policies (the management account
/// delegated it by an Organizations resource policy): no role is assumed then. Default `false`.
pub const DELEGATED_ADMINISTRATOR: &str = "DELEGATED_ADMINISTRATOR";

/// Name, with its path if it has one, of the role to assume in the management account.
pub const ORG_ADMIN_ROLE_NAME: &str = "ORG_ADMIN_ROLE_NAME";

/// For tests only: one origin, such as `http://127.0.0.1:4566`, that may receive answers although
/// it is not an AWS host. Not set in production: without it only AWS's hosts are answered.
pub const CUSTOM_RESOURCE_RESPONSE_ORIGIN: &str = "CUSTOM_RESOURCE_RESPONSE_ORIGIN";

/// The Region of the function, set by Lambda.
pub const AWS_REGION: &str = "AWS_REGION";

/// The function's configuration. A template that deploys the function sets exactly the variables
/// named in this module.
#[derive(Debug, Clone)]
pub struct Config {
    /// The Region in which the function runs; SSM parameters are read there.
    pub region: String,
    /// See [`ORG_ADMIN_ROLE_NAME`].
    pub org_admin_role_name: String,
    /// See [`DELEGATED_ADMINISTRATOR`].
    pub delegated_administrator: bool,
    /// See [`CUSTOM_RESOURCE_RESPONSE_ORIGIN`].
    pub response_origin: Option<String>,
    /// The credentials of the function's role, which Lambda passes in `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Their `Debug` output has no secret.
    pub credentials: Credentials,
    /// Other addresses for AWS's services, as the SDKs' own variables `AWS_ENDPOINT_URL` and
    /// `AWS_ENDPOINT_URL_<SERVICE>` give them.
    pub endpoints: Endpoints,
}

/// Addresses that replace AWS's own, a service each. `None` is AWS's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// AWS Organizations.
    pub organizations: Option<String>,
    /// AWS Security Token Service.
    pub sts: Option<String>,
    /// AWS Systems Manager (Parameter Store).
    pub ssm: Option<String>,
    /// Amazon S3. Buckets are then addressed by path.
    pub s3: Option<String>,
    /// AWS CloudFormation.
    pub cloudformation: Option<String>,
}

/// Every environment variable that is wrong, in one error.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the function's environment is wrong: {}",
            self.0.join("; ")
        )
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the configuration from the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or has a value that cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the configuration from any source of variables. An empty value counts as not set.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    ///
    /// ```
    /// use org_policy_manager::config::Config;
    /// let config = Config::read(|name| match name {
    ///     "AWS_REGION" => Some("eu-west-1".to_string()),
    ///     "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("example".to_string()),
    ///     _ => None,
    /// })?;
    /// assert_eq!(config.org_admin_role_name, "BackupOrgPolicyManagerOrgAdmin");
    /// # Ok::<(), org_policy_manager::config::ConfigError>(())
    /// ```
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut problems = Vec::new();

        let mut required = |name: &str| {
            get(name).unwrap_or_else(|| {
                problems.push(format!("`{name}` is not set: Lambda sets it, a test must"));
                String::new()
            })
        };
        let region = required(AWS_REGION);
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID"),
            required("AWS_SECRET_ACCESS_KEY"),
            get("AWS_SESSION_TOKEN"),
            None,
            "the function's environment",
        );
        let delegated_administrator = match get(DELEGATED_ADMINISTRATOR).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                problems.push(format!(
                    "`{DELEGATED_ADMINISTRATOR}` is `{other}`: expected `true` or `false`"
                ));
                false
            }
        };
        let org_admin_role_name =
            get(ORG_ADMIN_ROLE_NAME).unwrap_or_else(|| DEFAULT_ORG_ADMIN_ROLE_NAME.to_string());
        if !is_role_name(&org_admin_role_name) {
            problems.push(format!(
                "`{ORG_ADMIN_ROLE_NAME}` is `{org_admin_role_name}`: expected a role name of \
                 letters, digits and `+=,.@_-`, with its path if it has one"
            ));
        }
        let endpoint = |service: &str| {
            get(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| get("AWS_ENDPOINT_URL"))
        };

        if problems.is_empty() {
            Ok(Self {
                region,
                org_admin_role_name,
                delegated_administrator,
                credentials,
                response_origin: get(CUSTOM_RESOURCE_RESPONSE_ORIGIN),
                endpoints: Endpoints {
                    organizations: endpoint("ORGANIZATIONS"),
                    sts: endpoint("STS"),
                    ssm: endpoint("SSM"),
                    s3: endpoint("S3"),
                    cloudformation: endpoint("CLOUDFORMATION"),
                },
            })
        } else {
            Err(ConfigError(problems))
        }
    }
}

/// IAM's characters for role names and paths (IAM API reference, CreateRole).
fn is_role_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 576
        && !name.starts_with('/')
        && !name.ends_with('/')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        let all = variables.iter().chain(&keys);
        Config::read(|name| {
            all.clone()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_string())
        })
    }

    #[test]
    fn every_wrong_variable_is_reported_at_once() {
        let error = read(&[
            ("DELEGATED_ADMINISTRATOR", "yes"),
            ("ORG_ADMIN_ROLE_NAME", "a b"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "AWS_REGION",
            "DELEGATED_ADMINISTRATOR",
            "ORG_ADMIN_ROLE_NAME",
        ] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let config = read(&[("AWS_REGION", "eu-west-1"), ("ORG_ADMIN_ROLE_NAME", "")]).unwrap();
        assert_eq!(config.org_admin_role_name, DEFAULT_ORG_ADMIN_ROLE_NAME);
        assert_eq!(config.response_origin, None);
    }

    #[test]
    fn a_services_own_endpoint_wins_over_the_common_one() {
        let config = read(&[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://all"),
            ("AWS_ENDPOINT_URL_STS", "http://sts"),
        ])
        .unwrap();
        assert_eq!(config.endpoints.sts.as_deref(), Some("http://sts"));
        assert_eq!(
            config.endpoints.organizations.as_deref(),
            Some("http://all")
        );
    }
}
