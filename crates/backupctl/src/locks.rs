//! How long a locked vault lets backups be kept: what a policy asks is held against it.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use anyhow::Context as _;
use backup_policy::{Code, Document, Effective, Finding, Lifecycle, Spot, UNKNOWN};
use serde_json::Value;

use crate::input::read;
use crate::parameters::Parameters;

/// The vault of every member account, by the solution's templates.
const MEMBER_VAULT: &str = "AWSBackupSolutionVault";
/// The air-gapped vault beside the central one, by its template.
const AIR_GAPPED_VAULT: &str = "AWSBackupSolutionAirGappedVault";

/// A vault's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The vault's name, or its ARN if it is another account's.
    vault: String,
    /// The fewest days.
    shortest: Option<u64>,
    /// The most days.
    longest: Option<u64>,
}

/// The locks that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locks(Vec<Lock>);

impl FromStr for Lock {
    type Err = String;

    fn from_str(text: &str) -> Result<Lock, String> {
        let form = || {
            "write the vault's name or ARN, `=`, and the days it takes, such as `Vault=7-3660` or \
             `Vault=7-`"
                .to_owned()
        };
        let (vault, days) = text.rsplit_once('=').ok_or_else(form)?;
        let (shortest, longest) = days.split_once('-').ok_or_else(form)?;
        let days = |text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| form()),
        };
        Ok(Lock {
            vault: vault.to_owned(),
            shortest: days(shortest)?,
            longest: days(longest)?,
        })
    }
}

impl Locks {
    /// The locks of the solution's stacks, by the parameter files beside that of the targets; with
    /// the files that are not there.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn beside(targets: &Path, central_vault: &str) -> anyhow::Result<(Locks, Vec<String>)> {
        let air_gapped = match central_vault.rsplit_once(':') {
            Some((account, _)) => format!("{account}:{AIR_GAPPED_VAULT}"),
            None => AIR_GAPPED_VAULT.to_owned(),
        };
        let locked = ("VaultLockMinRetentionDays", "VaultLockMaxRetentionDays");
        let files = [
            (
                "aws-backup-solution-central-account",
                central_vault,
                "VaultLockMode",
                locked,
            ),
            (
                "stackset-aws-backup-member-accounts",
                MEMBER_VAULT,
                "VaultLock",
                locked,
            ),
            (
                "aws-backup-solution-central-air-gapped-vault",
                &air_gapped,
                "",
                ("MinRetentionDays", "MaxRetentionDays"),
            ),
        ];
        let (mut locks, mut missing) = (Locks::default(), Vec::new());
        for (file, vault, mode, (shortest, longest)) in files {
            let path = targets.with_file_name(format!("{file}.json"));
            if !path.exists() {
                missing.push(format!("{file}.json"));
                continue;
            }
            let values = Parameters::parse(&read(&path)?)
                .with_context(|| format!("cannot use `{}`", path.display()))?;
            let days = |name: &str| values.get(name).and_then(|text| text.parse().ok());
            if values.get(mode) != Some("none") {
                locks.0.push(Lock {
                    vault: vault.to_owned(),
                    shortest: days(shortest),
                    longest: days(longest),
                });
            }
        }
        Ok((locks, missing))
    }

    /// Adds locks, which count more than those that are there.
    pub fn first(mut self, others: &[Lock]) -> Locks {
        self.0.splice(0..0, others.iter().cloned());
        self
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why a vault would refuse what is kept for so many days, or for ever.
    fn problem(&self, vault: &str, days: Option<u64>) -> Option<String> {
        // A vault of the account itself may be written with its name only.
        let own = vault
            .contains(":$account:")
            .then(|| vault.rsplit(':').next());
        let is_it = |lock: &&Lock| lock.vault == vault || own.flatten() == Some(&lock.vault);
        let lock = self.0.iter().find(is_it)?;
        let is_too_few = days
            .zip(lock.shortest)
            .is_some_and(|(days, least)| days < least);
        let is_too_many = lock
            .longest
            .is_some_and(|most| days.is_none_or(|days| days > most));
        let kept = match days {
            Some(1) => "1 day".to_owned(),
            Some(days) => format!("{days} days"),
            None => "for ever".to_owned(),
        };
        let takes = match (lock.shortest, lock.longest) {
            (Some(least), Some(most)) => format!("from {least} to {most} days"),
            (Some(least), None) => format!("{least} days or more"),
            (None, Some(most)) => format!("{most} days or less"),
            (None, None) => return None,
        };
        let name = &lock.vault;
        (is_too_few || is_too_many).then(|| {
            format!("what is kept {kept} does not fit the lock of `{name}`, which takes {takes}")
        })
    }

    /// What of a policy's own document does not fit. A rule without days of its own may get them
    /// from another policy.
    pub(crate) fn findings(&self, document: &Document) -> Vec<Finding> {
        let mut found = Vec::new();
        let root = At {
            value: document.value(),
            spot: document.spot(),
            path: String::new(),
        };
        for rule in root
            .members("plans")
            .iter()
            .flat_map(|plan| plan.members("rules"))
        {
            if let Some(vault) = rule.assigned("target_backup_vault_name") {
                self.find(vault.value, &rule, &mut found);
            }
            for copy in rule.members("copy_actions") {
                let target = copy.assigned("target_backup_vault_arn");
                if let Some(target) = target {
                    self.find(target.value, &copy, &mut found);
                }
            }
        }
        found
    }

    fn find(&self, vault: &Value, kept: &At<'_>, found: &mut Vec<Finding>) {
        let days = kept
            .get("lifecycle")
            .and_then(|lifecycle| lifecycle.assigned("delete_after_days"));
        let (Some(vault), Some(days)) = (vault.as_str(), days) else {
            return;
        };
        let number = match days.value {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        if let Some(message) = number.and_then(|number| self.problem(vault, Some(number))) {
            found.push(Finding {
                severity: Code::RetentionOutsideLock.severity(),
                code: Code::RetentionOutsideLock,
                path: days.path,
                message,
                help: Some("change the days, or the lock: every job would fail".to_owned()),
                position: days.spot.map(|spot| spot.value),
            });
        }
    }

    /// What of an account's merged policy does not fit, one line each. `spelling` is how rules are
    /// written in the policies, by their names in lower case.
    pub fn violations(
        &self,
        effective: &Effective,
        spelling: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        for plan in effective.plans() {
            for rule in plan.rules() {
                let mut judge = |vault: &str, lifecycle: Lifecycle<'_>, what: &str| {
                    if let Some(problem) = self.problem(vault, lifecycle.delete_after_days()) {
                        let (plan, rule) = (plan.name(), rule.name());
                        let rule = spelling.get(rule).map_or(rule, String::as_str);
                        found.push(format!("{what} of rule {rule} of plan {plan}: {problem}"));
                    }
                };
                if let Some(vault) = rule.vault() {
                    judge(&vault.text, rule.lifecycle(), "backups");
                }
                for copy in rule.copies() {
                    judge(copy.target(), copy.lifecycle(), "copies");
                }
            }
        }
        found
    }
}

/// A place in a document.
#[derive(Debug, Clone)]
struct At<'d> {
    value: &'d Value,
    spot: Option<&'d Spot>,
    path: String,
}

impl<'d> At<'d> {
    fn all(&self) -> Vec<(&'d str, At<'d>)> {
        let members = self.value.as_object().into_iter().flatten();
        let place = |(index, (key, value)): (usize, (&'d String, &'d Value))| {
            let path = match self.path.as_str() {
                "" => key.clone(),
                path => format!("{path}.{key}"),
            };
            let spot = self.spot.and_then(|spot| spot.children.get(index));
            (key.as_str(), At { value, spot, path })
        };
        members.enumerate().map(place).collect()
    }

    /// A member, by its key in whatever letter case.
    fn get(&self, key: &str) -> Option<At<'d>> {
        let mut all = self.all().into_iter();
        all.find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, at)| at)
    }

    /// What stands below a member under names.
    fn members(&self, key: &str) -> Vec<At<'d>> {
        let named = self.get(key).map_or_else(Vec::new, |at| at.all());
        let is_name = |name: &str| !name.starts_with("@@");
        let named = named.into_iter().filter(|(name, _)| is_name(name));
        named.map(|(_, at)| at).collect()
    }

    /// The value that is assigned to a member, as far as it is known.
    fn assigned(&self, key: &str) -> Option<At<'d>> {
        let value = self.get(key)?.get("@@assign")?;
        let is_open = value
            .value
            .as_str()
            .is_some_and(|text| text.contains(UNKNOWN));
        (!is_open).then(|| At {
            path: value.path.trim_end_matches(".@@assign").to_owned(),
            ..value
        })
    }
}

#[cfg(test)]
mod tests;
