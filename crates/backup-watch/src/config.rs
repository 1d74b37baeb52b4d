//! The function's settings, from its environment variables.

use aws_client::ConfigError;

/// The topic to which messages are published.
pub const TOPIC_ARN: &str = "TOPIC_ARN";

/// The Regions that are looked at, separated by commas.
pub const TARGET_REGIONS: &str = "TARGET_REGIONS";

/// The table of what was reported. Default [`DEFAULT_TABLE_NAME`].
pub const TABLE_NAME: &str = "TABLE_NAME";

/// See [`TABLE_NAME`].
pub const DEFAULT_TABLE_NAME: &str = "BackupWatch";

/// The ARN of the role in the management account. Not set: the function's own role asks.
pub const MANAGEMENT_ROLE_ARN: &str = "MANAGEMENT_ROLE_ARN";

/// How many days of jobs the first look reads, 1 to 30 (AWS Backup remembers jobs for 30 days).
/// Default 8: a week of daily backups and what a weekly one left.
pub const LOOK_BACK_DAYS: &str = "LOOK_BACK_DAYS";

/// Every variable that [`Config::read`] asks for: a template that deploys the function sets these.
pub const VARIABLES: [&str; 5] = [
    TOPIC_ARN,
    TARGET_REGIONS,
    TABLE_NAME,
    MANAGEMENT_ROLE_ARN,
    LOOK_BACK_DAYS,
];

/// The function's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// See [`TOPIC_ARN`].
    pub topic: String,
    /// See [`TARGET_REGIONS`]; at least one.
    pub regions: Vec<String>,
    /// See [`TABLE_NAME`].
    pub table: String,
    /// See [`MANAGEMENT_ROLE_ARN`].
    pub management_role: Option<String>,
    /// See [`LOOK_BACK_DAYS`].
    pub look_back_days: u8,
}

impl Config {
    /// Reads the settings from any source of variables. An empty value counts as not set.
    ///
    /// # Errors
    /// Names every variable that is missing or has a value that cannot be used.
    ///
    /// ```
    /// use backup_watch::Config;
    /// let config = Config::read(|name| match name {
    ///     "TOPIC_ARN" => Some("arn:aws:sns:eu-west-1:222222222222:topic".to_string()),
    ///     "TARGET_REGIONS" => Some("eu-west-1, us-east-1".to_string()),
    ///     _ => None,
    /// })?;
    /// assert_eq!(config.regions, ["eu-west-1", "us-east-1"]);
    /// assert_eq!(config.table, "BackupWatch");
    /// # Ok::<(), aws_client::ConfigError>(())
    /// ```
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| {
            let value = variable(name).map(|value| value.trim().to_string());
            value.filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let topic = get(TOPIC_ARN).unwrap_or_default();
        if !is_arn(&topic, "sns") {
            problems.push(format!(
                "`{TOPIC_ARN}` is `{topic}`: expected a topic's ARN, `arn:aws:sns:...`"
            ));
        }
        let list = get(TARGET_REGIONS).unwrap_or_default();
        let regions: Vec<String> = list
            .split(',')
            .map(|region| region.trim().to_string())
            .filter(|region| !region.is_empty())
            .collect();
        if regions.is_empty() || !regions.iter().all(|region| is_region(region)) {
            problems.push(format!(
                "`{TARGET_REGIONS}` is `{list}`: expected Regions, separated by commas"
            ));
        }
        let management_role = get(MANAGEMENT_ROLE_ARN);
        if let Some(role) = management_role.as_deref().filter(|it| !is_arn(it, "iam")) {
            problems.push(format!(
                "`{MANAGEMENT_ROLE_ARN}` is `{role}`: expected a role's ARN, `arn:aws:iam:...`, or nothing"
            ));
        }
        let days = get(LOOK_BACK_DAYS).unwrap_or("8".to_string());
        let look_back_days = match days.parse() {
            Ok(days @ 1..=30) => days,
            _ => {
                problems.push(format!(
                    "`{LOOK_BACK_DAYS}` is `{days}`: expected a whole number from 1 to 30"
                ));
                8
            }
        };
        match problems.is_empty() {
            true => Ok(Self {
                topic,
                regions,
                table: get(TABLE_NAME).unwrap_or(DEFAULT_TABLE_NAME.to_string()),
                management_role,
                look_back_days,
            }),
            false => Err(ConfigError(problems)),
        }
    }
}

fn is_arn(text: &str, service: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, of, _, account, _, ..] if *of == service && !account.is_empty())
}

fn is_region(text: &str) -> bool {
    text.contains('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let value = |name: &str| variables.iter().find(|(n, _)| *n == name);
        Config::read(|name| value(name).map(|(_, value)| (*value).to_string()))
    }

    #[test]
    fn every_wrong_variable_is_reported_at_once() {
        let error = read(&[
            (TARGET_REGIONS, "eu-west-1;us-east-1"),
            (MANAGEMENT_ROLE_ARN, "Reader"),
            (LOOK_BACK_DAYS, "31"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            TOPIC_ARN,
            TARGET_REGIONS,
            MANAGEMENT_ROLE_ARN,
            LOOK_BACK_DAYS,
        ] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_topic_is_one_of_an_account_and_days_are_those_that_aws_remembers() {
        const TOPIC: &str = "arn:aws:sns:eu-west-1:222222222222:topic";
        for (topic, days, is_good) in [
            (TOPIC, "1", true),
            (TOPIC, "30", true),
            (TOPIC, "0", false),
            (TOPIC, "31", false),
            ("arn:aws:sqs:eu-west-1:222222222222:queue", "8", false),
            ("arn:aws:sns:eu-west-1::topic", "8", false),
        ] {
            let variables = [
                (TOPIC_ARN, topic),
                (TARGET_REGIONS, "eu-west-1"),
                (LOOK_BACK_DAYS, days),
            ];
            assert_eq!(read(&variables).is_ok(), is_good, "{topic} {days}");
        }
    }

    #[test]
    fn without_a_role_the_function_asks_itself() {
        let config = read(&[
            (TOPIC_ARN, "arn:aws:sns:eu-west-1:222222222222:topic"),
            (TARGET_REGIONS, "eu-west-1"),
            (MANAGEMENT_ROLE_ARN, " "),
        ]);
        assert_eq!(config.unwrap().management_role, None);
    }
}
