//! Calls that CloudTrail recorded.

use super::*;

fn call(detail: Value) -> Report {
    let event = event("aws.backup", "AWS API Call via CloudTrail", detail);
    report(read(&event, now()))
}

#[test]
fn a_call_is_told_with_what_it_was_about_from_where_and_why_it_was_refused() {
    let told = call(json!({
        "eventSource": "backup.amazonaws.com", "eventName": "DeleteBackupVault",
        "userIdentity": {"principalId": "AIDA"}, "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli",
        "errorCode": "AccessDenied", "errorMessage": "an explicit deny",
        "requestParameters": {"backupVaultName": "V", "policyId": ""},
    }));
    assert_eq!(
        told.what,
        "DeleteBackupVault by AIDA was refused: AccessDenied"
    );
    let facts = [
        ("On", "backupVaultName V"),
        ("From", "192.0.2.1"),
        ("With", "aws-cli"),
        ("Refused", "an explicit deny"),
    ];
    assert_eq!(
        told.facts,
        facts.map(|(name, fact)| (name, fact.to_string()))
    );
    assert!(
        told.remedy.contains("who holds this role"),
        "{}",
        told.remedy
    );
}

#[test]
fn a_call_without_any_of_this_is_by_aws_and_about_nothing() {
    let told = call(
        json!({"eventSource": "organizations.amazonaws.com", "eventName": "LeaveOrganization"}),
    );
    assert_eq!(told.what, "LeaveOrganization by AWS");
    assert_eq!(told.facts, []);
    assert!(
        told.remedy.contains("backupctl in-force"),
        "{}",
        told.remedy
    );
}

#[test]
fn what_was_done_by_another_to_another_or_in_vain_is_another_reason() {
    let base = json!({"eventName": "DetachPolicy", "userIdentity": {"arn": "arn:ana"},
                      "requestParameters": {"targetId": "ou-1"}});
    for (field, other) in [
        ("eventName", json!("DeletePolicy")),
        ("userIdentity", json!({"arn": "arn:ben"})),
        ("requestParameters", json!({"targetId": "ou-2"})),
        ("errorCode", json!("AccessDenied")),
    ] {
        let mut changed = base.clone();
        changed[field] = other;
        assert_ne!(call(changed).reason, call(base.clone()).reason, "{field}");
    }
}
