//! Calls that CloudTrail recorded: who did what, from where.

use serde_json::Value;

use super::{Told, first, text};

pub(super) fn call(detail: &Value) -> Told {
    let name = text(detail, "eventName");
    let identity = detail.get("userIdentity").unwrap_or(&Value::Null);
    let by = match first(identity, &["arn", "principalId", "invokedBy", "type"]) {
        by if by.is_empty() => "AWS".to_string(),
        by => by,
    };
    let given = detail.get("requestParameters").unwrap_or(&Value::Null);
    let refused = text(detail, "errorCode");
    // Never the whole parameters: they may hold a policy.
    let ids: Vec<String> = [
        "policyId",
        "targetId",
        "accountId",
        "sourceParentId",
        "destinationParentId",
        "rootId",
        "policyType",
        "backupVaultName",
        "recoveryPointArn",
    ]
    .iter()
    .map(|field| (field, text(given, field)))
    .filter(|(_, value)| !value.is_empty())
    .map(|(field, value)| format!("{field} {value}"))
    .collect();
    let about = ids.join(", ");
    let what = match refused.is_empty() {
        true => format!("{name} by {by}"),
        false => format!("{name} by {by} was refused: {refused}"),
    };
    let mut facts = Vec::new();
    if !about.is_empty() {
        facts.push(("On", about.clone()));
    }
    for (fact, field) in [
        ("From", "sourceIPAddress"),
        ("With", "userAgent"),
        ("Refused", "errorMessage"),
    ] {
        let value = text(detail, field);
        if !value.is_empty() {
            facts.push((fact, value));
        }
    }
    let is_policy = text(detail, "eventSource").starts_with("organizations");
    Told {
        what,
        // Each call is its own reason: what was done twice was done twice.
        same: format!("{name}|{by}|{about}|{refused}"),
        facts,
        remedy: match is_policy {
            true => "if it was not meant: `backupctl in-force` shows which accounts lost plans, and an update of the \
                     policy stack puts its policies back",
            false => "if it was not meant: see who holds this role, and look for copies in the central vault",
        }
        .to_string(),
    }
}
