//! What Lambda and AWS's own variables pass to a function.

use std::collections::BTreeMap;
use std::fmt;

use aws_credential_types::Credentials;

/// A function's Region and credentials, and other addresses for AWS's services.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The function's Region.
    pub region: String,
    /// The credentials of the function's role, which Lambda passes in `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Their `Debug` output has no secret.
    pub credentials: Credentials,
    /// Addresses that replace AWS's own, by a service's name in `AWS_ENDPOINT_URL_<name>`.
    pub endpoints: BTreeMap<&'static str, String>,
}

impl Environment {
    /// Reads the environment from any source of variables, with the addresses of these services.
    /// An empty value counts as not set.
    ///
    /// # Errors
    /// Names every variable that Lambda sets and that is missing.
    ///
    /// ```
    /// use aws_client::Environment;
    /// let variable = |name: &str| match name {
    ///     "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("x".to_string()),
    ///     "AWS_ENDPOINT_URL_STS" => Some("http://127.0.0.1:4566".to_string()),
    ///     _ => None,
    /// };
    /// let environment = Environment::read(variable, ["STS", "S3"])?;
    /// assert_eq!(environment.endpoint("STS"), Some("http://127.0.0.1:4566"));
    /// assert_eq!(environment.endpoint("S3"), None);
    /// # Ok::<(), aws_client::ConfigError>(())
    /// ```
    pub fn read(
        variable: impl Fn(&str) -> Option<String>,
        services: impl IntoIterator<Item = &'static str>,
    ) -> Result<Self, ConfigError> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut problems = Vec::new();
        let mut required = |name: &str| {
            get(name).unwrap_or_else(|| {
                problems.push(format!("`{name}` is not set: Lambda sets it, a test must"));
                String::new()
            })
        };
        let region = required("AWS_REGION");
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID"),
            required("AWS_SECRET_ACCESS_KEY"),
            get("AWS_SESSION_TOKEN"),
            None,
            "the function's environment",
        );
        let endpoint = |name: &'static str| {
            let own = get(&format!("AWS_ENDPOINT_URL_{name}"));
            Some((name, own.or_else(|| get("AWS_ENDPOINT_URL"))?))
        };
        let environment = Self {
            region,
            credentials,
            endpoints: services.into_iter().filter_map(endpoint).collect(),
        };
        match problems.is_empty() {
            true => Ok(environment),
            false => Err(ConfigError(problems)),
        }
    }

    /// The address that replaces AWS's own for a service, by its name in `AWS_ENDPOINT_URL_<name>`.
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        self.endpoints.get(service).map(String::as_str)
    }
}

/// Every environment variable that is wrong, in one error.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(
    /// One sentence a variable.
    pub Vec<String>,
);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems = self.0.join("; ");
        write!(f, "the function's environment is wrong: {problems}")
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, ConfigError> {
        let value = |name: &str| variables.iter().find(|(n, _)| *n == name);
        let value = |name: &str| value(name).map(|(_, value)| (*value).to_string());
        Environment::read(value, ["STS", "ORGANIZATIONS"])
    }

    const GIVEN: [(&str, &str); 3] = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    #[test]
    fn every_missing_variable_is_named() {
        let problems = read(&[("AWS_REGION", "")]).unwrap_err().to_string();
        for (name, _) in GIVEN {
            assert!(problems.contains(name), "{problems}");
        }
    }

    #[test]
    fn a_services_own_endpoint_wins_over_the_common_one() {
        let endpoints = [
            ("AWS_ENDPOINT_URL", "http://all"),
            ("AWS_ENDPOINT_URL_STS", "http://sts"),
        ];
        let environment = read(&[GIVEN.as_slice(), &endpoints].concat()).unwrap();
        assert_eq!(environment.endpoint("STS"), Some("http://sts"));
        assert_eq!(environment.endpoint("ORGANIZATIONS"), Some("http://all"));
    }
}
