//! The samples are AWS's own, from "Monitoring AWS Backup events using Amazon EventBridge", with
//! their oddities: account ids of 13 digits, ids that are not hexadecimal, sizes as text.

use serde_json::json;

use super::*;

/// An event of AWS Backup with a `detail-type`, the recovery point and the detail.
fn event(detail_type: &str, resource: &str, detail: Value) -> Value {
    json!({
        "version": "0",
        "id": "ab32977c-378d-2122-e985-fgh4596f0709",
        "detail-type": detail_type,
        "source": "aws.backup",
        "account": "1112233445566",
        "time": "2020-07-15T03:14:58Z",
        "region": "us-west-2",
        "resources": [resource],
        "detail": detail,
    })
}

pub(super) fn restore(detail: Value) -> Value {
    let snapshot = "arn:aws:rds:us-west-2:1112233445566:snapshot:awsbackup:job-1a2bcd34";
    event("Restore Job State Change", snapshot, detail)
}

/// A restore job that has completed.
pub(super) fn completed() -> Value {
    restore(json!({
        "restoreJobId": "AB123456-78C9-0123-456D-789012E34567",
        "backupVaultArn": "arn:aws:backup:us-west-2:1112233445566:backup-vault:ExampleVault",
        "recoveryPointArn": "arn:aws:backup:us-west-2:1112233445566:recovery-point:6f7fc1f8",
        "sourceResourceArn": "arn:aws:rds:us-west-2:1112233445566:db:example-database",
        "backupSizeInBytes": "0",
        "creationDate": "2020-07-15T03:10:01.742Z",
        "iamRoleArn": "arn:aws:iam::1112233445566:role/RestoreTestRole",
        "percentDone": 0,
        "resourceType": "RDS",
        "status": "COMPLETED",
        "createdResourceArn": "arn:aws:rds:us-west-2:1112233445566:db:testinginstance1a2b",
        "completionDate": "2020-07-15T03:14:53.128Z",
    }))
}

fn ignored(event: &Value) -> String {
    match read_event(event) {
        Ok(Notice::Ignored(reason)) => reason,
        other => panic!("expected an ignored event, got {other:?}"),
    }
}

fn job(event: &Value) -> Job {
    match read_event(event) {
        Ok(Notice::Completed(completed)) => completed.job,
        other => panic!("expected a completed job, got {other:?}"),
    }
}

#[test]
fn a_completed_restore_is_read_whole() {
    let Ok(Notice::Completed(read)) = read_event(&completed()) else {
        panic!("the sample of a completed restore is not read as one");
    };
    let job = &read.job;
    assert_eq!(
        read.event_id.as_deref(),
        Some("ab32977c-378d-2122-e985-fgh4596f0709")
    );
    assert_eq!(read.region.as_deref(), Some("us-west-2"));
    assert_eq!(read.time.unwrap().timestamp(), 1_594_782_898);
    assert_eq!(job.id, "AB123456-78C9-0123-456D-789012E34567");
    assert_eq!(job.account.as_deref(), Some("1112233445566"));
    assert_eq!(job.status.as_deref(), Some("COMPLETED"));
    assert_eq!(job.resource_type.as_deref(), Some("RDS"));
    let arn = |rest: &str| Some(format!("arn:aws:{rest}"));
    assert_eq!(
        job.created_resource_arn,
        arn("rds:us-west-2:1112233445566:db:testinginstance1a2b")
    );
    assert_eq!(
        job.source_resource_arn,
        arn("rds:us-west-2:1112233445566:db:example-database")
    );
    assert_eq!(
        job.recovery_point_arn,
        arn("backup:us-west-2:1112233445566:recovery-point:6f7fc1f8")
    );
    assert_eq!(
        job.backup_vault_arn,
        arn("backup:us-west-2:1112233445566:backup-vault:ExampleVault")
    );
    assert_eq!(
        job.completion_date.unwrap().timestamp_millis(),
        1_594_782_893_128
    );
    assert_eq!(job.restore_testing_plan_arn, None);
}

#[test]
fn jobs_that_have_not_completed_are_ignored() {
    let created = restore(json!({
        "restoreJobId": "123EA45F-C678-EFE9-0123-4D56FC0E789A",
        "creationDate": "2020-06-22T18:50:46.407Z",
        "state": "CREATED",
    }));
    let id = "restore job `123EA45F-C678-EFE9-0123-4D56FC0E789A`";
    assert_eq!(ignored(&created), format!("{id} is CREATED, not COMPLETED"));
    for status in ["PENDING", "RUNNING", "FAILED", "ABORTED", "COMPLET"] {
        let other = restore(json!({
            "restoreJobId": "123EA45F-C678-EFE9-0123-4D56FC0E789A",
            "backupSizeInBytes": "36048",
            "percentDone": 0,
            "resourceType": "EC2",
            "status": status,
            "statusMessage": "AWS Backup does not permit attaching a new instance profile.",
        }));
        assert_eq!(ignored(&other), format!("{id} is {status}, not COMPLETED"));
    }
}

#[test]
fn other_events_of_aws_backup_are_ignored() {
    let copy = event(
        "Copy Job State Change",
        "arn:aws:ec2:us-west-2::snapshot/snap-03886bc8d6ef3a1f9",
        json!({
            "copyJobId": "0175DE71-5784-589F-D8AC-541ACCB4CAC8",
            "backupSizeInBytes": 3_221_225_472_u64,
            "state": "COMPLETED",
            "destinationRecoveryPointArn": {},
            "createdBy": {"backupPlanId": "b58e3621-1c53-4997-ad8a-afc3347a850e"},
        }),
    );
    assert_eq!(
        ignored(&copy),
        "the event's `detail-type` is `Copy Job State Change`, not `Restore Job State Change`"
    );
    let recovery_point = event(
        "Recovery Point State Change",
        "arn:aws:rds:us-west-2:1112233445566:cluster-snapshot:awsbackup:job-4ece7121",
        json!({"status": "COMPLETED", "isEncrypted": "false", "lifecycle": {"deleteAfterDays": 100}}),
    );
    assert!(ignored(&recovery_point).contains("Recovery Point State Change"));
}

#[test]
fn events_of_others_are_ignored() {
    let mut event = completed();
    event["source"] = "custom.backup".into();
    assert_eq!(
        ignored(&event),
        "the event's `source` is `custom.backup`, not `aws.backup`"
    );
}

#[test]
fn what_an_ignored_event_says_of_itself_is_quoted_up_to_200_characters() {
    for name in ["source", "detail-type"] {
        let mut event = completed();
        event[name] = "ü".repeat(65_000).into();
        let reason = ignored(&event);
        assert!(reason.starts_with(&format!("the event's `{name}` is `üüü")));
        assert_eq!(reason.matches('ü').count(), 200);
    }
}

#[test]
fn the_jobs_id_is_enough() {
    let job = job(&json!({"detail": {"restoreJobId": "job-1"}}));
    let expected = Job {
        id: "job-1".into(),
        ..Job::default()
    };
    assert_eq!(job, expected);
}

#[test]
fn values_of_another_type_are_taken_for_what_they_are_worth() {
    let job = job(&restore(json!({
        "restoreJobId": 17,
        "isParent": "false",
        "parentJobId": null,
        "createdResourceArn": {},
        "sourceResourceArn": "",
        "backupVaultArn": ["arn"],
        "creationDate": 1_594_782_601.742,
        "completionDate": "yesterday",
        "newField": {"of": ["a", "later", "year"]},
    })));
    assert_eq!(job.id, "17");
    assert_eq!(job.is_parent, Some(false));
    assert_eq!(job.parent_job_id, None);
    assert_eq!(job.created_resource_arn, None);
    assert_eq!(job.source_resource_arn, None);
    assert_eq!(job.backup_vault_arn, None);
    assert_eq!(
        job.creation_date.unwrap().timestamp_millis(),
        1_594_782_601_742
    );
    assert_eq!(job.completion_date, None);
    for no_time in [json!("NaN"), json!("inf"), json!(1e300), json!({"at": 1})] {
        assert_eq!(detail::time(&no_time), None, "{no_time}");
    }
}

#[test]
fn a_restore_tests_plan_and_a_childs_parent_are_kept() {
    let job = job(&restore(json!({
        "restoreJobId": "job-1",
        "restoreTestingPlanArn": "arn:aws:backup:us-west-2:1:restore-testing-plan:p",
        "isParent": false,
        "parentJobId": "job-0",
    })));
    assert!(job.restore_testing_plan_arn.is_some());
    assert_eq!(job.parent_job_id.as_deref(), Some("job-0"));
}

#[test]
fn poison_is_told_from_what_is_ignored() {
    assert!(matches!(read_body("{\"detail\""), Err(Poison::NotJson(_))));
    assert!(matches!(read_body(""), Err(Poison::NotJson(_))));
    assert_eq!(read_body("[1]"), Err(Poison::NotAnObject));
    assert_eq!(read_body("{}"), Err(Poison::NoJobId));
    assert_eq!(read_event(&restore(json!({}))), Err(Poison::NoJobId));
    assert_eq!(read_event(&restore(json!("text"))), Err(Poison::NoJobId));
    let nameless = restore(json!({"restoreJobId": "", "status": "COMPLETED"}));
    assert_eq!(read_event(&nameless), Err(Poison::NoJobId));
}

#[test]
fn what_is_wrong_with_an_envelope_is_told_in_short() {
    let mut event = restore(json!({"restoreJobId": "job-1"}));
    event["resources"] = json!("x".repeat(10_000));
    let told = read_event(&event).unwrap_err().to_string();
    assert!(told.contains("(invalid type: string \"xxx"), "{told:.400}");
    assert!(told.len() < 400, "{} bytes", told.len());
}

#[test]
fn a_truth_value_may_be_its_text_in_any_case() {
    for (given, expected) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!("True"), Some(true)),
        (json!(false), Some(false)),
        (json!("FALSE"), Some(false)),
        (json!("yes"), None),
        (json!(1), None),
        (json!({}), None),
        (json!(null), None),
    ] {
        let read = job(&restore(
            json!({"restoreJobId": "job-1", "isParent": given}),
        ));
        assert_eq!(read.is_parent, expected, "{given}");
    }
}
