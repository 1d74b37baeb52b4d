//! Jobs of AWS Backup that ended, and how.

use serde_json::Value;

use super::{Told, alike, facts, first, text};

/// What a backup has where the air-gapped vault does not take the resource's type: it is in the other vault, and
/// nothing is missing.
const NOT_AIR_GAPPED: &str = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT_NOT_SUPPORTED";

pub(super) fn backup(detail: &Value) -> Option<Told> {
    job(
        detail,
        "backup",
        "see the message; the next run of the plan tries again, and `aws backup start-backup-job` makes one now",
    )
}

pub(super) fn copy(detail: &Value) -> Option<Told> {
    job(
        detail,
        "copy",
        "see the message; `aws backup start-copy-job` copies the recovery point again",
    )
}

pub(super) fn restore(detail: &Value) -> Option<Told> {
    job(
        detail,
        "restore",
        "see the message, and start the restore again with other metadata",
    )
}

/// Restore events have `status` where the others have `state`.
fn job(detail: &Value, kind: &'static str, remedy: &str) -> Option<Told> {
    let state = first(detail, &["state", "status"]).to_ascii_uppercase();
    let category = text(detail, "messageCategory");
    let message = text(detail, "statusMessage");
    let has_failed = matches!(state.as_str(), "FAILED" | "ABORTED" | "EXPIRED" | "PARTIAL");
    let warns = state == "COMPLETED" && !message.is_empty();
    let is_harmless = category == NOT_AIR_GAPPED || message.contains(NOT_AIR_GAPPED);
    if !has_failed && (!warns || is_harmless) {
        return None;
    }
    let resource_type = match text(detail, "resourceType") {
        unknown if unknown.is_empty() => "a resource".to_string(),
        known => known,
    };
    let ended = match state.as_str() {
        "COMPLETED" => "completed with a warning",
        "EXPIRED" => "was not begun in its window",
        "ABORTED" => "was stopped",
        "PARTIAL" => "is incomplete",
        _ => "failed",
    };
    let what = match (message.is_empty(), category.is_empty()) {
        (false, _) => format!("{kind} of {resource_type} {ended}: {message}"),
        (true, false) => format!("{kind} of {resource_type} {ended}: {category}"),
        (true, true) => format!("{kind} of {resource_type} {ended}"),
    };
    Some(Told {
        same: format!("{state}|{resource_type}|{category}|{}", alike(&message)),
        what,
        facts: facts(
            detail,
            &[
                ("Resource", "resourceArn"),
                ("Vault", "backupVaultName"),
                ("From vault", "sourceBackupVaultArn"),
                ("To vault", "destinationBackupVaultArn"),
                ("Backup job", "backupJobId"),
                ("Copy job", "copyJobId"),
                ("Restore job", "restoreJobId"),
                ("AWS's category", "messageCategory"),
            ],
        ),
        remedy: remedy.to_string(),
    })
}

/// Malware scans (AWS Backup's guide, "Malware scan job events").
pub(super) fn scan(detail: &Value) -> Option<Told> {
    let state = first(detail, &["state", "status"]).to_ascii_uppercase();
    let result = detail.get("scanResult").unwrap_or(&Value::Null);
    let status = match text(result, "scanResultStatus") {
        other if other.is_empty() => first(detail, &["scanResultStatus", "scanResult"]),
        found => found,
    };
    let has_found = status.contains("THREATS_FOUND") && !status.starts_with("NO_");
    // As the templates' rules: any end but a good one, also one that nobody knows yet.
    let end = match (state.as_str(), status.as_str()) {
        ("COMPLETED", "" | "NO_THREATS_FOUND") | ("CREATED" | "RUNNING", _) => return None,
        ("COMPLETED", unsure) => format!("without a result ({unsure})"),
        _ => format!("as {state}"),
    };
    let resource_type = text(detail, "resourceType");
    let (what, remedy) = match has_found {
        true => (
            format!("a malware scan found threats in a backup of {resource_type}"),
            "do not restore this recovery point; look at GuardDuty's findings, find the newest clean one, and look \
             at the resource itself",
        ),
        false => (
            format!("a malware scan of a backup of {resource_type} ended {end}"),
            "the backup is unscanned or only partly scanned: see the message, and start the scan again with \
             `aws backup start-scan-job`",
        ),
    };
    let recovery_point = text(detail, "recoveryPointArn");
    // Each threat is news; scans that fail for one reason are one.
    let same = match has_found {
        true => format!("threats|{recovery_point}"),
        false => format!(
            "{end}|{resource_type}|{}",
            alike(&text(detail, "statusMessage"))
        ),
    };
    Some(Told {
        what,
        same,
        facts: facts(
            detail,
            &[
                ("Recovery point", "recoveryPointArn"),
                ("Resource", "resourceArn"),
                ("Vault", "backupVaultName"),
                ("Scan job", "scanJobId"),
                ("Message", "statusMessage"),
            ],
        ),
        remedy: remedy.to_string(),
    })
}
