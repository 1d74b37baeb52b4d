//! The function's settings, from its environment variables.

use std::time::Duration;

use aws_client::ConfigError;

use crate::keys::{DEFAULT_EXCLUDED, Globs};

/// Comma-separated globs of keys that are not copied. They replace [`DEFAULT_EXCLUDED`]; `-` alone
/// excludes nothing.
pub const EXCLUDE_KEYS: &str = "EXCLUDE_KEYS";

/// Comma-separated globs of keys that may be copied. Default `*`.
pub const INCLUDE_KEYS: &str = "INCLUDE_KEYS";

/// Whose value counts when the recovery point and the live source differ: `recovery-point` (the
/// default) or `source`.
pub const PREFER: &str = "PREFER";

/// `true`: tag what restore tests make, too. Default `false`.
pub const TAG_RESTORE_TESTS: &str = "TAG_RESTORE_TESTS";

/// What to do with a restore into something that existed before: `never` tag it (the default) or
/// `fill-missing` keys.
pub const TAG_EXISTING: &str = "TAG_EXISTING";

/// `false`: leave the volumes of restored instances alone. Default `true`.
pub const TAG_VOLUMES: &str = "TAG_VOLUMES";

/// `false`: leave the network interfaces of restored instances alone. Default `true`.
pub const TAG_NETWORK_INTERFACES: &str = "TAG_NETWORK_INTERFACES";

/// `true`: tag SAP HANA databases, which restores always overwrite. Default `false`.
pub const TAG_SAP_HANA: &str = "TAG_SAP_HANA";

/// `true`: add [`PROVENANCE_KEYS`](crate::keys::PROVENANCE_KEYS). Default `false`.
pub const PROVENANCE_TAGS: &str = "PROVENANCE_TAGS";

/// `true`: read, plan and report, but write nothing. Default `false`.
pub const DRY_RUN: &str = "DRY_RUN";

/// How many hours reconciliation looks back, 1 to 720. Default 24.
pub const RECONCILE_HOURS: &str = "RECONCILE_HOURS";

/// The address of the queue of restore events. With it the function looks at its own state before each
/// reconciliation and reports what is wrong. The queues of dead letters have the same address with
/// [`DEAD_LETTERS`] or [`RECONCILE_DEAD_LETTERS`] behind it. Without it, nothing is looked at.
pub const QUEUE_URL: &str = "QUEUE_URL";

/// What follows the queue's name in the name of its dead-letter queue.
pub const DEAD_LETTERS: &str = "-DeadLetters";

/// What follows it in the name of the queue of reconciliations that could not be started.
pub const RECONCILE_DEAD_LETTERS: &str = "-ReconcileDeadLetters";

/// Every variable that [`Config::read`] asks for: a template that deploys the function sets these.
pub const VARIABLES: [&str; 12] = [
    EXCLUDE_KEYS,
    INCLUDE_KEYS,
    PREFER,
    TAG_RESTORE_TESTS,
    TAG_EXISTING,
    TAG_VOLUMES,
    TAG_NETWORK_INTERFACES,
    TAG_SAP_HANA,
    PROVENANCE_TAGS,
    DRY_RUN,
    RECONCILE_HOURS,
    QUEUE_URL,
];

/// The function's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// See [`EXCLUDE_KEYS`].
    pub exclude: Globs,
    /// See [`INCLUDE_KEYS`].
    pub include: Globs,
    /// See [`PREFER`].
    pub prefer: Prefer,
    /// See [`TAG_RESTORE_TESTS`].
    pub tag_restore_tests: bool,
    /// See [`TAG_EXISTING`]; `true` is `fill-missing`.
    pub fill_existing: bool,
    /// See [`TAG_VOLUMES`].
    pub tag_volumes: bool,
    /// See [`TAG_NETWORK_INTERFACES`].
    pub tag_network_interfaces: bool,
    /// See [`TAG_SAP_HANA`].
    pub tag_sap_hana: bool,
    /// See [`PROVENANCE_TAGS`].
    pub provenance_tags: bool,
    /// See [`DRY_RUN`].
    pub dry_run: bool,
    /// See [`RECONCILE_HOURS`].
    pub look_back: Duration,
    /// See [`QUEUE_URL`].
    pub queues: Option<Queues>,
}

/// The function's queues, by the address of the one with restore events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queues(String);

impl Queues {
    /// The name of the queue of restore events.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The address of its dead-letter queue.
    pub fn dead_letters(&self) -> String {
        format!("{}{DEAD_LETTERS}", self.0)
    }

    /// The address of the queue of reconciliations that could not be started.
    pub fn reconcile_dead_letters(&self) -> String {
        format!("{}{RECONCILE_DEAD_LETTERS}", self.0)
    }
}

/// Whose value counts when two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The recovery point's: the tags as they were when the backup was made.
    RecoveryPoint,
    /// The live source's.
    Source,
}

impl Default for Config {
    /// What holds when no variable is set.
    fn default() -> Self {
        Self {
            exclude: Globs::new(DEFAULT_EXCLUDED),
            include: Globs::new(["*"]),
            prefer: Prefer::RecoveryPoint,
            tag_restore_tests: false,
            fill_existing: false,
            tag_volumes: true,
            tag_network_interfaces: true,
            tag_sap_hana: false,
            provenance_tags: false,
            dry_run: false,
            look_back: hours(24),
            queues: None,
        }
    }
}

impl Config {
    /// Reads the settings from any source of variables. An empty value counts as not set.
    ///
    /// # Errors
    /// Names every variable with a value that cannot be used.
    ///
    /// ```
    /// use tag_on_restore::Config;
    /// let config = Config::read(|name| (name == "DRY_RUN").then(|| "true".to_string()))?;
    /// assert!(config.dry_run);
    /// # Ok::<(), aws_client::ConfigError>(())
    /// ```
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| {
            let value = variable(name).map(|value| value.trim().to_string());
            value.filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let mut choose = |name: &str, choices: [&str; 2], default: bool| match get(name) {
            None => default,
            Some(value) => {
                let [no, yes] = choices;
                if value != no && value != yes {
                    problems.push(format!("`{name}` is `{value}`: expected `{no}` or `{yes}`"));
                }
                value == yes
            }
        };
        let truth = ["false", "true"];
        let default = Self::default();
        let tag_restore_tests = choose(TAG_RESTORE_TESTS, truth, default.tag_restore_tests);
        let fill_existing = choose(
            TAG_EXISTING,
            ["never", "fill-missing"],
            default.fill_existing,
        );
        let tag_volumes = choose(TAG_VOLUMES, truth, default.tag_volumes);
        let tag_network_interfaces = choose(
            TAG_NETWORK_INTERFACES,
            truth,
            default.tag_network_interfaces,
        );
        let tag_sap_hana = choose(TAG_SAP_HANA, truth, default.tag_sap_hana);
        let provenance_tags = choose(PROVENANCE_TAGS, truth, default.provenance_tags);
        let dry_run = choose(DRY_RUN, truth, default.dry_run);
        let prefer = match choose(PREFER, ["recovery-point", "source"], false) {
            true => Prefer::Source,
            false => Prefer::RecoveryPoint,
        };
        let look_back = match get(RECONCILE_HOURS) {
            None => default.look_back,
            Some(value) => match value.parse::<u64>() {
                Ok(given @ 1..=720) => hours(given),
                _ => {
                    problems.push(format!(
                        "`{RECONCILE_HOURS}` is `{value}`: expected a whole number from 1 to 720"
                    ));
                    default.look_back
                }
            },
        };
        let globs = |name: &str, default: Globs| match get(name).as_deref() {
            None => default,
            Some("-") => Globs::default(),
            Some(list) => Globs::new(list.split(',')),
        };
        let include = globs(INCLUDE_KEYS, default.include);
        if include == Globs::default() {
            problems.push(format!(
                "`{INCLUDE_KEYS}` lets no key through: name globs, or `*` for all keys"
            ));
        }
        let queues = get(QUEUE_URL);
        if let Some(given) = &queues
            && !(given.starts_with("http") && given.contains("://") && !given.ends_with('/'))
        {
            problems.push(format!(
                "`{QUEUE_URL}` is `{given}`: expected the address of a queue, https://..."
            ));
        }
        let queues = queues.map(Queues);
        let config = Self {
            exclude: globs(EXCLUDE_KEYS, default.exclude),
            include,
            prefer,
            tag_restore_tests,
            fill_existing,
            tag_volumes,
            tag_network_interfaces,
            tag_sap_hana,
            provenance_tags,
            dry_run,
            look_back,
            queues,
        };
        match problems.is_empty() {
            true => Ok(config),
            false => Err(ConfigError(problems)),
        }
    }
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

#[cfg(test)]
mod tests;
