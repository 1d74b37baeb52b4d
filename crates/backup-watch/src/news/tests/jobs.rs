//! Jobs.

use super::*;

#[test]
fn each_end_of_a_job_has_its_words() {
    let ebs = |state: &str| json!({"state": state, "resourceType": "EBS"});
    for (detail, what) in [
        (ebs("FAILED"), "copy of EBS failed"),
        (ebs("EXPIRED"), "copy of EBS was not begun in its window"),
        (ebs("aborted"), "copy of EBS was stopped"),
        (ebs("PARTIAL"), "copy of EBS is incomplete"),
        (json!({"state": "FAILED"}), "copy of a resource failed"),
        (
            json!({"status": "FAILED", "resourceType": "EBS", "messageCategory": "AccessDenied"}),
            "copy of EBS failed: AccessDenied",
        ),
    ] {
        assert_eq!(report(backup("Copy Job State Change", detail)).what, what);
    }
}

#[test]
fn each_kind_of_job_has_its_remedy() {
    for (kind, remedy) in [
        ("Backup Job State Change", "aws backup start-backup-job"),
        ("Copy Job State Change", "aws backup start-copy-job"),
        ("Restore Job State Change", "start the restore again"),
    ] {
        let told = report(backup(kind, json!({"state": "FAILED"}))).remedy;
        assert!(told.contains(remedy), "{told}");
    }
}

#[test]
fn another_end_type_or_category_is_another_reason() {
    let base = json!({"state": "FAILED", "resourceType": "EBS", "messageCategory": "AccessDenied"});
    let reason = |detail: &Value| report(backup("Backup Job State Change", detail.clone())).reason;
    for (field, other) in [
        ("state", "ABORTED"),
        ("resourceType", "RDS"),
        ("messageCategory", "LIMIT_EXCEEDED"),
        ("statusMessage", "no key"),
    ] {
        let mut changed = base.clone();
        changed[field] = json!(other);
        assert_ne!(reason(&changed), reason(&base), "{field}");
    }
}

#[test]
fn a_scan_says_its_result_wherever_the_event_has_it() {
    for (detail, what) in [
        (
            json!({"status": "COMPLETED", "resourceType": "S3",
                   "scanResultStatus": "THREATS_FOUND"}),
            "a malware scan found threats in a backup of S3",
        ),
        (
            json!({"state": "COMPLETED", "resourceType": "S3", "scanResult": "UNSURE"}),
            "a malware scan of a backup of S3 ended without a result (UNSURE)",
        ),
    ] {
        assert_eq!(report(backup("Scan Job State Change", detail)).what, what);
    }
    let clean = json!({"state": "COMPLETED", "scanResultStatus": "NO_THREATS_FOUND"});
    assert_eq!(backup("Scan Job State Change", clean), News::Quiet);
}

#[test]
fn scans_that_fail_for_one_reason_are_one() {
    let failed = |point: &str, message: &str| {
        let detail = json!({
            "state": "FAILED", "resourceType": "S3", "recoveryPointArn": point,
            "statusMessage": message,
        });
        report(backup("Scan Job State Change", detail)).reason
    };
    assert_eq!(failed("p-1", "no role"), failed("p-2", "no role"));
    assert_ne!(failed("p-1", "no role"), failed("p-1", "no key"));
}
