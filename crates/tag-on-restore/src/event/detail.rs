//! The fields of an event's detail, each read for what it is worth.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::Job;

/// Characters of a field that is believed: no ARN has more than 2,048 (IAM quotas), ids and times have
/// far fewer. Every call that is made with it costs as much.
const LONGEST: usize = 2_048;

/// The job in an event's detail. `None` if that does not name one.
pub(super) fn job(account: Option<String>, detail: &Value) -> Option<Job> {
    let field = |name: &str| detail.get(name);
    let string = |name: &str| field(name).and_then(text);
    Some(Job {
        id: string("restoreJobId")?,
        account: account.filter(|account| !account.is_empty()),
        // The event of a new job has `state`, all others have `status`.
        status: string("status").or_else(|| string("state")),
        status_message: string("statusMessage"),
        resource_type: string("resourceType"),
        created_resource_arn: string("createdResourceArn"),
        source_resource_arn: string("sourceResourceArn"),
        backup_vault_arn: string("backupVaultArn"),
        recovery_point_arn: string("recoveryPointArn"),
        restore_testing_plan_arn: string("restoreTestingPlanArn"),
        deletion_status: string("deletionStatus"),
        is_parent: field("isParent").and_then(flag),
        parent_job_id: string("parentJobId"),
        creation_date: field("creationDate").and_then(time),
        completion_date: field("completionDate").and_then(time),
    })
}

/// A text that is not empty. Numbers and truth values count as their text; objects, lists (AWS sends
/// `{}` for ARNs that it does not know yet) and what is too long for any field as nothing.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|text| !text.is_empty() && text.len() <= LONGEST)
}

/// A truth value, or its text: AWS's samples have `"isEncrypted": "false"`.
fn flag(value: &Value) -> Option<bool> {
    match text(value)?.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// An ISO 8601 time with an offset, or seconds since 1970.
pub(super) fn time(value: &Value) -> Option<DateTime<Utc>> {
    let text = text(value)?;
    if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
        return Some(time.to_utc());
    }
    // Seconds with a fraction, as the JSON protocol of AWS's APIs has them. `as` saturates.
    let seconds = text
        .parse::<f64>()
        .ok()
        .filter(|seconds| seconds.is_finite())?;
    DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64)
}
