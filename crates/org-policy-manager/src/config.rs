//! The function's settings, from its environment variables.

use aws_client::{ConfigError, Environment};

/// The role that the function assumes in the management account, unless
/// [`ORG_ADMIN_ROLE_NAME`] names another.
pub const DEFAULT_ORG_ADMIN_ROLE_NAME: &str = "BackupOrgPolicyManagerOrgAdmin";

/// `true` when the function's own account may manage backup policies (the management account
/// delegated it by an Organizations resource policy): no role is assumed then. Default `false`.
pub const DELEGATED_ADMINISTRATOR: &str = "DELEGATED_ADMINISTRATOR";

/// Name, with its path if it has one, of the role to assume in the management account.
pub const ORG_ADMIN_ROLE_NAME: &str = "ORG_ADMIN_ROLE_NAME";

/// Name of the event bus in the function's own account and Region to which it reports policies that are not as
/// they were deployed. Empty: it only logs them.
pub const EVENT_BUS_NAME: &str = "EVENT_BUS_NAME";

/// For tests only: one origin, such as `http://127.0.0.1:4566`, that may receive answers although
/// it is not an AWS host. Not set in production: without it only AWS's hosts are answered.
pub const CUSTOM_RESOURCE_RESPONSE_ORIGIN: &str = "CUSTOM_RESOURCE_RESPONSE_ORIGIN";

/// The services that the function calls, by their names in `AWS_ENDPOINT_URL_<name>`.
const SERVICES: [&str; 6] = [
    "CLOUDFORMATION",
    "EVENTBRIDGE",
    "ORGANIZATIONS",
    "S3",
    "SSM",
    "STS",
];

/// The function's configuration. A template that deploys the function sets exactly the variables
/// named in this module.
#[derive(Debug, Clone)]
pub struct Config {
    /// What Lambda and AWS's own variables pass. SSM parameters are read in the function's Region.
    pub environment: Environment,
    /// See [`ORG_ADMIN_ROLE_NAME`].
    pub org_admin_role_name: String,
    /// See [`DELEGATED_ADMINISTRATOR`].
    pub delegated_administrator: bool,
    /// See [`EVENT_BUS_NAME`].
    pub event_bus_name: Option<String>,
    /// See [`CUSTOM_RESOURCE_RESPONSE_ORIGIN`].
    pub response_origin: Option<String>,
}

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
    /// # Ok::<(), aws_client::ConfigError>(())
    /// ```
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut problems = Vec::new();

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
        match Environment::read(&variable, SERVICES) {
            Ok(environment) if problems.is_empty() => Ok(Self {
                environment,
                org_admin_role_name,
                delegated_administrator,
                event_bus_name: get(EVENT_BUS_NAME),
                response_origin: get(CUSTOM_RESOURCE_RESPONSE_ORIGIN),
            }),
            Ok(_) => Err(ConfigError(problems)),
            Err(ConfigError(missing)) => Err(ConfigError([missing, problems].concat())),
        }
    }
}

/// IAM's characters for role names and paths (IAM API reference, CreateRole).
fn is_role_name(name: &str) -> bool {
    name.len() <= 576
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
    fn one_wrong_variable_is_enough() {
        let error = read(&[
            ("AWS_REGION", "eu-west-1"),
            ("DELEGATED_ADMINISTRATOR", "1"),
        ]);
        assert_eq!(
            error.unwrap_err().0,
            ["`DELEGATED_ADMINISTRATOR` is `1`: expected `true` or `false`"]
        );
    }

    #[test]
    fn a_role_has_iams_characters_and_perhaps_a_path() {
        let role = |name: &str| {
            let given = [("AWS_REGION", "eu-west-1"), ("ORG_ADMIN_ROLE_NAME", name)];
            read(&given).map(|config| config.org_admin_role_name)
        };
        let longest = "x".repeat(576);
        for name in ["Admin", "a/path/Admin", "+=,.@_-1", &longest] {
            assert_eq!(role(name).unwrap(), name);
        }
        for name in [
            "/Admin",
            "a/path/",
            "a b",
            "é",
            "a:b",
            &format!("{longest}x"),
        ] {
            assert!(role(name).is_err(), "{name}");
        }
    }

    #[test]
    fn the_functions_own_role_is_used_only_when_that_is_asked_for() {
        let delegated = |value: &str| {
            let given = [
                ("AWS_REGION", "eu-west-1"),
                ("DELEGATED_ADMINISTRATOR", value),
            ];
            read(&given).unwrap().delegated_administrator
        };
        assert_eq!(["true", "false", ""].map(delegated), [true, false, false]);
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let config = read(&[("AWS_REGION", "eu-west-1"), ("ORG_ADMIN_ROLE_NAME", "")]).unwrap();
        assert_eq!(config.org_admin_role_name, DEFAULT_ORG_ADMIN_ROLE_NAME);
        assert_eq!(config.response_origin, None);
    }
}
