//! What a template says: the properties of the resource, in versions.

use serde_json::{Value, json};

use crate::world::MANAGEMENT;

/// The properties before and after the Update.
pub fn properties(version: usize) -> Value {
    let unit = |n: usize| format!("ou-mod1-{n:08}");
    let (name, targets) = match version {
        1 => ("daily", [unit(1), unit(2), unit(3)]),
        _ => ("nightly", [unit(2), unit(3), unit(4)]),
    };
    json!({
        "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
        "PolicyName": name,
        "PolicyDescription": format!("version {version}"),
        "OrgManagementAccount": MANAGEMENT,
        "PolicyTargets": targets,
        "PolicyRegions": "eu-west-1, eu-central-1",
        "PolicyContent": content(version),
        "Tags": [{ "Key": "version", "Value": version.to_string() }],
    })
}

/// A complete plan that differs by version.
pub fn content(version: usize) -> Value {
    json!({ "plans": { "daily": {
        "rules": { "nightly": {
            "schedule_expression": { "@@assign": format!("cron(0 {version} ? * * *)") },
            "target_backup_vault_name": { "@@assign": "Vault" },
        } },
        "selections": { "tags": { "tagged": {
            "iam_role_arn": { "@@assign": "arn:aws:iam::$account:role/Backup" },
            "tag_key": { "@@assign": "backup" },
            "tag_value": { "@@assign": ["daily"] },
        } } },
    } } })
}

/// The properties of a version, with some of them replaced, or left out for `null`.
pub fn properties_with(version: usize, changes: Value) -> Value {
    let mut properties = properties(version);
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => _ = properties.as_object_mut().unwrap().remove(name),
            _ => properties[name] = value.clone(),
        }
    }
    properties
}
