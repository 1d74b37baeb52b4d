//! What `doctor` looks at in one account: its roles, and in each Region vault, key and backups.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use aws_sdk_backup::types::RecoveryPointByBackupVault;
use aws_smithy_types::DateTime;
use aws_types::SdkConfig;
use aws_types::region::Region;
use backup_policy::Instant;
use backup_reading::failure::Failure;
use backup_reading::instant;
use backup_status::Seen;
use serde_json::Value;

use super::retries_without_quota;
use crate::doctor::facts::{Last, Vault};

mod functions;
mod regions;
mod tables;

/// How far back the newest backup or copy is looked for first, and then. AWS Backup lists them in
/// no documented order, so all of a span have to be read, and most accounts need the first alone.
pub(super) const SPANS: [u32; 2] = [2, 35];

/// One account, as somebody sees it.
#[derive(Debug, Clone)]
pub struct Account {
    pub(super) sdk: SdkConfig,
    principal: String,
}

impl Account {
    /// An account as these credentials see it.
    pub fn new(sdk: SdkConfig, principal: &str) -> Self {
        Account {
            sdk,
            principal: principal.to_owned(),
        }
    }

    fn in_region(&self, region: &str) -> SdkConfig {
        let builder = self.sdk.clone().into_builder();
        builder.region(Region::new(region.to_owned())).build()
    }

    pub(super) fn unknown<T>(&self, failure: Failure) -> Seen<T> {
        Seen::Unknown(failure.of(&self.principal).to_string())
    }

    /// An answer from which nothing follows.
    pub(super) fn odd<T>(
        &self,
        service: &'static str,
        operation: &'static str,
        why: &str,
    ) -> Seen<T> {
        self.unknown(Failure::odd(service, operation, why))
    }

    /// The trust policy of a role.
    pub async fn role(&self, name: &str) -> Seen<Value> {
        let config = aws_sdk_iam::config::Builder::from(&self.sdk)
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_iam::Client::from_conf(config);
        match client.get_role().role_name(name).send().await {
            Ok(output) => {
                let document = output
                    .role
                    .and_then(|role| role.assume_role_policy_document);
                let text = percent_decoded(&document.unwrap_or_default());
                match serde_json::from_str(&text) {
                    Ok(trust) => Seen::There(trust),
                    Err(_) => self.odd("iam", "GetRole", "the answer has no trust policy"),
                }
            }
            Err(error) => {
                let failure = Failure::new("iam", "GetRole", error);
                match failure.is("NoSuchEntity") {
                    true => Seen::Missing,
                    false => self.unknown(failure),
                }
            }
        }
    }

    /// The names of the managed policies that are attached to a role.
    pub async fn managed(&self, role: &str) -> Seen<BTreeSet<String>> {
        let config = aws_sdk_iam::config::Builder::from(&self.sdk)
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_iam::Client::from_conf(config);
        let mut names = BTreeSet::new();
        let mut marker = None;
        loop {
            let request = client.list_attached_role_policies().role_name(role);
            let page = match request.set_marker(marker).send().await {
                Ok(page) => page,
                Err(error) => {
                    let failure = Failure::new("iam", "ListAttachedRolePolicies", error);
                    return match failure.is("NoSuchEntity") {
                        true => Seen::Missing,
                        false => self.unknown(failure),
                    };
                }
            };
            let attached = page.attached_policies.unwrap_or_default();
            names.extend(attached.into_iter().filter_map(|it| it.policy_name));
            marker = page.marker;
            if marker.is_none() {
                return Seen::There(names);
            }
        }
    }

    /// A vault.
    pub async fn vault(&self, region: &str, name: &str) -> Seen<Vault> {
        let operation = "DescribeBackupVault";
        let described = self.backup(region).describe_backup_vault();
        match described.backup_vault_name(name).send().await {
            Ok(output) => match output.encryption_key_arn {
                Some(key) => Seen::There(Vault {
                    key,
                    created: output.creation_date.and_then(instant),
                    holds_any: output.number_of_recovery_points > 0,
                }),
                None => self.odd("backup", operation, "the answer names no key"),
            },
            Err(error) => {
                let failure = Failure::new("backup", operation, error);
                // Where the caller may not look, AWS Backup says AccessDenied for a vault that is
                // not there, too; it does not say which.
                match failure.is("ResourceNotFoundException") {
                    true => Seen::Missing,
                    false => self.unknown(failure),
                }
            }
        }
    }

    /// A key's state.
    pub async fn key(&self, region: &str, key: &str) -> Seen<String> {
        let config = aws_sdk_kms::config::Builder::from(&self.in_region(region))
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_kms::Client::from_conf(config);
        match client.describe_key().key_id(key).send().await {
            Ok(output) => match output.key_metadata.and_then(|key| key.key_state) {
                Some(state) => Seen::There(state.as_str().to_owned()),
                None => self.odd("kms", "DescribeKey", "the answer has no state"),
            },
            Err(error) => {
                let failure = Failure::new("kms", "DescribeKey", error);
                match failure.is("NotFoundException") {
                    true => Seen::Missing,
                    false => self.unknown(failure),
                }
            }
        }
    }

    /// When the newest recovery point in a vault was made; `holds_any` is what the vault itself says.
    pub async fn last_backup(
        &self,
        region: &str,
        vault: &str,
        holds_any: bool,
        now: Instant,
    ) -> Seen<Last> {
        for days in SPANS {
            let mut newest = None;
            let read = self
                .recovery_points(region, vault, None, days_before(now, days), |points| {
                    newest = newest.max(points.iter().filter_map(|it| it.creation_date).max());
                    ControlFlow::Continue(())
                })
                .await;
            if let Err(failure) = read {
                return self.unknown(failure);
            }
            if let Some(time) = newest.and_then(instant) {
                return Seen::There(Last::At(time));
            }
        }
        Seen::There(match SPANS.last() {
            Some(days) if holds_any => Last::Before(*days),
            _ => Last::Never,
        })
    }

    /// Whether any backup in a vault was made between two moments.
    pub async fn was_backed_up(
        &self,
        region: &str,
        vault: &str,
        from: Instant,
        to: Instant,
    ) -> Seen<bool> {
        let mut found = false;
        let end = DateTime::from(std::time::SystemTime::from(to));
        let begin = DateTime::from(std::time::SystemTime::from(from));
        let read = self
            .recovery_points(region, vault, None, begin, |points| {
                let mut times = points.iter().filter_map(|it| it.creation_date);
                found = times.any(|time| time <= end);
                match found {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })
            .await;
        match read {
            Ok(()) => Seen::There(found),
            Err(failure) => self.unknown(failure),
        }
    }

    /// Hands over each page of a vault's recovery points until there are no more, or `each` breaks.
    pub(super) async fn recovery_points(
        &self,
        region: &str,
        vault: &str,
        kind: Option<&str>,
        after: DateTime,
        mut each: impl FnMut(Vec<RecoveryPointByBackupVault>) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let client = self.backup(region);
        let mut token = None;
        loop {
            let request = client
                .list_recovery_points_by_backup_vault()
                .backup_vault_name(vault)
                .set_by_resource_type(kind.map(str::to_owned))
                .by_created_after(after)
                .set_next_token(token);
            let page = request.send().await.map_err(|error| {
                Failure::new("backup", "ListRecoveryPointsByBackupVault", error)
            })?;
            token = page.next_token;
            let points = page.recovery_points.unwrap_or_default();
            if each(points).is_break() || token.is_none() {
                return Ok(());
            }
        }
    }

    /// Whether copies between accounts are allowed. Only the management account may ask.
    pub async fn cross_account(&self) -> Seen<bool> {
        let client = aws_sdk_backup::Client::new(&self.sdk);
        match client.describe_global_settings().send().await {
            Ok(output) => {
                let settings = output.global_settings.unwrap_or_default();
                match settings.get("isCrossAccountBackupEnabled") {
                    Some(on) => Seen::There(on == "true"),
                    None => self.odd(
                        "backup",
                        "DescribeGlobalSettings",
                        "the answer says nothing of copies between accounts",
                    ),
                }
            }
            Err(error) => self.unknown(Failure::new("backup", "DescribeGlobalSettings", error)),
        }
    }

    /// The resource types that are not opted in to, by their names.
    pub async fn opted_out(&self, region: &str) -> Seen<Vec<String>> {
        match self.backup(region).describe_region_settings().send().await {
            Ok(output) => {
                let preferences = output.resource_type_opt_in_preference.unwrap_or_default();
                if preferences.is_empty() {
                    return self.odd(
                        "backup",
                        "DescribeRegionSettings",
                        "the answer names no resource type",
                    );
                }
                let off = preferences.into_iter().filter(|(_, chosen)| !chosen);
                let mut off: Vec<String> = off.map(|(name, _)| name).collect();
                off.sort();
                Seen::There(off)
            }
            Err(error) => self.unknown(Failure::new("backup", "DescribeRegionSettings", error)),
        }
    }

    pub(super) fn backup(&self, region: &str) -> aws_sdk_backup::Client {
        let config = aws_sdk_backup::config::Builder::from(&self.in_region(region))
            .retry_partition(retries_without_quota());
        aws_sdk_backup::Client::from_conf(config.build())
    }
}

pub(super) fn days_before(now: Instant, days: u32) -> DateTime {
    let span = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    let time = std::time::SystemTime::from(now) - span;
    DateTime::from(time)
}
/// IAM answers with policies in percent encoding (RFC 3986).
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_taken_back_and_nothing_else() {
        for (encoded, decoded) in [
            ("%7B%22a%22%3A%20%22b+c%22%7D", "{\"a\": \"b+c\"}"),
            ("{\"a\": 1}", "{\"a\": 1}"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%C3%A4", "ä"),
        ] {
            assert_eq!(percent_decoded(encoded), decoded);
        }
    }

    #[test]
    fn spans_go_back_in_time() {
        let now: Instant = "2026-01-31T12:00:00Z".parse().unwrap();
        let before = instant(days_before(now, 2)).unwrap();
        assert_eq!(before.to_rfc3339(), "2026-01-29T12:00:00+00:00");
    }
}
