//! Recovery points, vaults, settings, alarms, the pipeline, the solution's own events, and what nobody knows yet.

use serde_json::Value;

use super::{Told, alike, facts, first, text};

/// A recovery point that AWS Backup could not delete, or that somebody else than AWS Backup deleted or changed.
/// AWS Backup's own deletions and transitions at the end of a lifecycle are no news.
pub(super) fn recovery_point(detail: &Value) -> Option<Told> {
    let status = first(detail, &["status", "state"]).to_ascii_uppercase();
    let by = by(detail);
    let is_own = by.is_empty() || by.contains("backup.amazonaws.com") || by.contains("AWSBackup");
    let vault = first(detail, &["backupVaultName", "backupVaultArn"]);
    let (what, remedy) = match status.as_str() {
        "EXPIRED" => (
            format!(
                "recovery points in vault {vault} should be deleted and cannot be: they cost on"
            ),
            "let the role that made the backup delete it again, or delete it by hand with `aws backup \
             delete-recovery-point`",
        ),
        "STOPPED" => (
            format!("continuous backup in vault {vault} was stopped"),
            "if nobody stopped it on purpose, see who changed the resource or disassociated its recovery point",
        ),
        "DELETED" | "DELETING" if !is_own => (
            format!("a recovery point in vault {vault} was deleted by {by}"),
            "if it was not meant: revoke the session, and look for copies in the central vault",
        ),
        "MODIFIED" if !is_own => (
            format!("a recovery point in vault {vault} was changed by {by}"),
            "if it was not meant, set its lifecycle back with `aws backup update-recovery-point-lifecycle`",
        ),
        _ => return None,
    };
    Some(Told {
        same: format!(
            "{status}|{vault}|{by}|{}",
            alike(&text(detail, "statusMessage"))
        ),
        what,
        facts: facts(
            detail,
            &[
                ("Recovery point", "recoveryPointArn"),
                ("Resource", "resourceArn"),
                ("Resource type", "resourceType"),
                ("Message", "statusMessage"),
            ],
        ),
        remedy: remedy.to_string(),
    })
}

/// Who did it, as far as an event of AWS Backup says.
fn by(detail: &Value) -> String {
    first(
        detail,
        &["deletedBy", "modifiedBy", "changedBy", "initiatedBy"],
    )
}

pub(super) fn vault(detail: &Value) -> Told {
    let state = first(detail, &["state", "status"]);
    let vault = first(detail, &["backupVaultName", "backupVaultArn"]);
    Told {
        what: format!("backup vault {vault}: {}", state.to_lowercase()),
        same: format!("{vault}|{state}|{}", text(detail, "isLocked")),
        facts: facts(
            detail,
            &[
                ("Vault", "backupVaultArn"),
                ("Locked", "isLocked"),
                ("Shortest retention in days", "minRetentionDays"),
                ("Longest retention in days", "maxRetentionDays"),
                ("Message", "statusMessage"),
            ],
        ),
        remedy: "if nobody meant to change the vault, deploy its stack again and see who did it in CloudTrail"
            .to_string(),
    }
}

pub(super) fn region_setting(detail: &Value) -> Told {
    let brief: String = detail.to_string().chars().take(500).collect();
    Told {
        what: "AWS Backup's settings of a Region were changed: types that are switched off are not backed up"
            .to_string(),
        same: brief.clone(),
        facts: vec![("Settings", brief)],
        remedy: "see `aws backup describe-region-settings` in this Region; `backupctl doctor` names the types that \
                 plans need and that are switched off"
            .to_string(),
    }
}

/// An alarm that is on, or over. One that has no data yet is no news.
pub(super) fn alarm(detail: &Value) -> Option<Told> {
    let name = text(detail, "alarmName");
    let state = detail.get("state").unwrap_or(&Value::Null);
    let value = text(state, "value");
    let (what, remedy) = match value.as_str() {
        "INSUFFICIENT_DATA" => return None,
        "OK" => (format!("alarm {name} is over"), "nothing has to be done"),
        _ => (
            format!("alarm {name}"),
            "see the alarm's description and its metric in CloudWatch",
        ),
    };
    let configuration = detail.get("configuration").unwrap_or(&Value::Null);
    let mut facts = facts(configuration, &[("Means", "description")]);
    facts.extend(super::facts(state, &[("Reason", "reason")]));
    Some(Told {
        what,
        same: format!("{name}|{value}"),
        facts,
        remedy: remedy.to_string(),
    })
}

/// A run of the pipeline that did not get to its end.
pub(super) fn pipeline(detail: &Value) -> Option<Told> {
    let state = text(detail, "state");
    if matches!(
        state.as_str(),
        "STARTED" | "SUCCEEDED" | "RESUMED" | "SUPERSEDED"
    ) {
        return None;
    }
    let name = text(detail, "pipeline");
    let execution = text(detail, "execution-id");
    Some(Told {
        what: format!("the pipeline {name} ended as {state}"),
        same: format!("{name}|{execution}|{state}"),
        facts: facts(
            detail,
            &[
                ("Execution", "execution-id"),
                ("Stage", "stage"),
                ("Action", "action"),
            ],
        ),
        remedy: format!(
            "the organization is as it was: see `aws codepipeline get-pipeline-state --name {name}`, correct what \
             its log names, and push again"
        ),
    })
}

/// Events of the solution itself: they bring their own words.
pub(super) fn own(kind: &str, detail: &Value) -> Told {
    let summary = first(detail, &["summary", "key"]);
    let remedy = text(detail, "remedy");
    let known = ["key", "summary", "remedy"];
    let mut facts = Vec::new();
    if let Value::Object(fields) = detail {
        let others = fields
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()));
        let list: Vec<String> = others
            .map(|(name, _)| format!("{name} {}", text(detail, name)))
            .collect();
        if !list.is_empty() {
            facts.push(("Details", list.join("; ")));
        }
    }
    Told {
        what: match summary.is_empty() {
            true => kind.to_string(),
            false => summary,
        },
        same: match text(detail, "key") {
            key if key.is_empty() => detail.to_string(),
            key => key,
        },
        facts,
        remedy: match remedy.is_empty() {
            true => "see the event".to_string(),
            false => remedy,
        },
    }
}

/// An event that nobody has described here: passed on as it is.
pub(super) fn unknown(source: &str, kind: &str, detail: &Value) -> Told {
    Told {
        what: format!("{kind} ({source})"),
        same: detail.to_string(),
        facts: vec![("Event", detail.to_string().chars().take(4_000).collect())],
        remedy: "this kind of event has no description of its own: read it as it is".to_string(),
    }
}
