//! What an effective policy asks beyond backups and copies.

use serde_json::Value;

use super::facts::Asked;

/// What is asked of an account by the plans that use this role.
///
/// Only indexes of EBS volumes need more than the role has anyhow: AWS's policy for indexes
/// (AWSBackupServiceRolePolicyForIndexing, version 3 of 2026-02-12) names nothing for S3.
pub fn asked(effective: &Value, role: &str, account: &str) -> Asked {
    let mut asked = Asked::default();
    for plan in members(effective, "plans") {
        if !texts(plan, "iam_role_arn")
            .into_iter()
            .any(|arn| name_of(arn) == role)
        {
            continue;
        }
        let indexes = || members(plan, "rules").flat_map(|rule| named(rule, "index_actions"));
        asked.indexes_volumes |= indexes().any(|it| texts(it, "resource_types").contains(&"EBS"));
        let scans = members(plan, "rules").any(|rule| named(rule, "scan_actions").next().is_some());
        if scans {
            asked.scanner_roles.extend(scanner_roles(plan, account));
        }
    }
    asked
}

/// The scanner roles that a plan names. One of another account is not looked at here.
fn scanner_roles<'v>(plan: &'v Value, account: &str) -> impl Iterator<Item = String> + use<'v> {
    let own = format!("::{account}:");
    let settings = named(plan, "scan_settings");
    settings
        .flat_map(|it| texts(it, "scanner_role_arn"))
        .filter(move |arn| arn.contains("::$account:") || arn.contains(&own))
        .map(|arn| name_of(arn).to_owned())
}

/// What stands under this key, in whatever case it is written.
fn named<'v>(value: &'v Value, key: &'static str) -> impl Iterator<Item = &'v Value> + use<'v> {
    let members = value.as_object().into_iter().flatten();
    members.filter_map(move |(name, member)| name.eq_ignore_ascii_case(key).then_some(member))
}

/// The members of what stands under this key, their names aside.
fn members<'v>(value: &'v Value, key: &'static str) -> impl Iterator<Item = &'v Value> + use<'v> {
    named(value, key).flat_map(|it| it.as_object().into_iter().flatten().map(|(_, each)| each))
}

/// Every text that stands under this key, at any depth, alone or in a list.
fn texts<'v>(value: &'v Value, key: &'static str) -> Vec<&'v str> {
    let mut found: Vec<&str> = Vec::new();
    for (name, member) in value.as_object().into_iter().flatten() {
        match member {
            Value::String(text) if name.eq_ignore_ascii_case(key) => found.push(text),
            Value::Array(all) if name.eq_ignore_ascii_case(key) => {
                found.extend(all.iter().filter_map(Value::as_str));
            }
            below => found.extend(texts(below, key)),
        }
    }
    found
}

/// A role's name, without its path.
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(role: &str, rule: &Value) -> Value {
        json!({"plans": {"daily": {
            "rules": {"nightly": rule},
            "scan_settings": {"GUARDDUTY": {
                "resource_types": ["EBS"],
                "scanner_role_arn": "arn:aws:iam::$account:role/service/Scanner"}},
            "selections": {"tags": {"daily": {"iam_role_arn": format!("arn:aws:iam::$account:role/{role}")}}}}}})
    }

    fn of(role: &str, rule: &Value) -> Asked {
        asked(&plan(role, rule), "AWSBackupSolutionRole", "444444444441")
    }

    #[test]
    fn only_indexes_of_volumes_need_more_than_the_role_has() {
        let rule = |types: &[&str]| json!({"index_actions": {"resource_types": types}});
        let solution = "AWSBackupSolutionRole";
        assert!(of(solution, &rule(&["S3", "EBS"])).indexes_volumes);
        assert!(!of(solution, &rule(&["S3"])).indexes_volumes);
        assert!(!of(solution, &json!({})).indexes_volumes);
        assert!(!of("Other", &rule(&["EBS"])).indexes_volumes);
    }

    #[test]
    fn scanner_roles_count_where_something_is_scanned() {
        let scans = json!({"scan_actions": {"GUARDDUTY": {"scan_mode": "FULL_SCAN"}}});
        let found = of("AWSBackupSolutionRole", &scans).scanner_roles;
        assert_eq!(found, ["Scanner".to_owned()].into());
        assert_eq!(of("AWSBackupSolutionRole", &json!({})), Asked::default());
        assert_eq!(of("Other", &scans), Asked::default());
    }

    #[test]
    fn an_account_without_plans_is_asked_nothing() {
        assert_eq!(asked(&json!({}), "Any", "4"), Asked::default());
    }
}
