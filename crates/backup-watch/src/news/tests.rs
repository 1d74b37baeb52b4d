use serde_json::json;

use super::*;

mod calls;
mod jobs;
mod others;

fn now() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn event(source: &str, kind: &str, detail: Value) -> Value {
    json!({
        "version": "0", "id": "e-1", "source": source, "detail-type": kind,
        "account": "444444444444", "region": "eu-west-1", "time": "2026-01-31T05:10:00Z",
        "resources": [], "detail": detail,
    })
}

fn backup(kind: &str, detail: Value) -> News {
    read(&event("aws.backup", kind, detail), now())
}

fn report(news: News) -> Report {
    match news {
        News::Report(report) => *report,
        News::Quiet => panic!("nobody is told"),
    }
}

#[test]
fn a_failed_job_says_what_failed_where_why_and_what_to_do() {
    let detail = json!({
        "state": "FAILED", "resourceType": "EBS", "statusMessage": "Access Denied",
        "resourceArn": "arn:aws:ec2:eu-west-1:444444444444:volume/vol-1", "backupVaultName": "Vault",
        "backupJobId": "job-1",
    });
    let (subject, text) = report(backup("Backup Job State Change", detail)).written(Some("shop"));
    assert_eq!(subject, "shop: backup of EBS failed: Access Denied");
    expect_test::expect![[r#"
        backup of EBS failed: Access Denied

        Where: account 444444444444 (shop), Region eu-west-1
        When: 2026-01-31 05:10 UTC
        Resource: arn:aws:ec2:eu-west-1:444444444444:volume/vol-1
        Vault: Vault
        Backup job: job-1
        What to do: see the message; the next run of the plan tries again, and `aws backup start-backup-job` makes one now

        For the same reason in this account no other message is sent on this day; repeats are counted and reported the day after.
    "#]]
    .assert_eq(&text);
}

#[test]
fn what_has_no_consequence_wakes_nobody() {
    let category = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT_NOT_SUPPORTED";
    for detail in [
        json!({"state": "COMPLETED"}),
        json!({"state": "RUNNING", "statusMessage": "under way"}),
        json!({"state": "COMPLETED", "messageCategory": category, "statusMessage": "not supported"}),
        json!({"state": "COMPLETED", "statusMessage": format!("{category}: this type")}),
    ] {
        assert_eq!(
            backup("Backup Job State Change", detail.clone()),
            News::Quiet,
            "{detail}"
        );
    }
    // The same in a job that failed has one.
    let failed = json!({"state": "FAILED", "messageCategory": category});
    report(backup("Copy Job State Change", failed));
    for status in ["COMPLETED", "DELETED", "MODIFIED"] {
        let by_lifecycle = json!({"status": status, "backupVaultName": "V"});
        assert_eq!(
            backup("Recovery Point State Change", by_lifecycle),
            News::Quiet
        );
    }
    let clean =
        json!({"state": "COMPLETED", "scanResult": {"scanResultStatus": "NO_THREATS_FOUND"}});
    assert_eq!(backup("Scan Job State Change", clean), News::Quiet);
    let young = event(
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        json!({"alarmName": "a", "state": {"value": "INSUFFICIENT_DATA"}}),
    );
    assert_eq!(read(&young, now()), News::Quiet);
}

#[test]
fn a_warning_of_a_completed_job_is_told() {
    let warned = json!({"status": "COMPLETED", "resourceType": "EC2", "statusMessage": "no VSS"});
    let told = report(backup("Restore Job State Change", warned));
    assert_eq!(told.what, "restore of EC2 completed with a warning: no VSS");
}

#[test]
fn one_reason_is_one_reason_whichever_resource_and_region_it_is() {
    let of = |volume: &str, region: &str| {
        let mut one = event(
            "aws.backup",
            "Backup Job State Change",
            json!({
                "state": "FAILED", "resourceType": "EBS",
                "resourceArn": format!("arn:aws:ec2:eu-west-1:4:volume/{volume}"),
                "statusMessage": format!("no key for volume {volume}1"),
            }),
        );
        one["region"] = json!(region);
        report(read(&one, now())).reason
    };
    assert_eq!(of("vol-1", "eu-west-1"), of("vol-2", "us-east-1"));
    let mut other = event(
        "aws.backup",
        "Backup Job State Change",
        json!({"state": "FAILED", "resourceType": "EBS", "statusMessage": "no role"}),
    );
    let reason = report(read(&other, now())).reason;
    assert_ne!(reason, of("vol-1", "eu-west-1"));
    other["account"] = json!("555555555555");
    assert_ne!(report(read(&other, now())).reason, reason);
}

#[test]
fn threats_that_scans_find_are_told_one_by_one() {
    let found = |point: &str| {
        let detail = json!({
            "state": "COMPLETED", "resourceType": "EBS", "recoveryPointArn": point,
            "scanResult": {"scanResultStatus": "THREATS_FOUND"},
        });
        report(backup("Scan Job State Change", detail))
    };
    assert_eq!(
        found("p-1").what,
        "a malware scan found threats in a backup of EBS"
    );
    assert_ne!(found("p-1").reason, found("p-2").reason);
}

#[test]
fn every_end_of_a_scan_but_a_clean_one_is_told() {
    for state in ["COMPLETED_WITH_ISSUES", "FAILED", "CANCELED", "A_NEW_END"] {
        let ended = json!({"state": state, "resourceType": "S3"});
        let told = report(backup("Scan Job State Change", ended)).what;
        assert!(told.ends_with(&format!("ended as {state}")), "{told}");
    }
    let unsure = json!({
        "state": "COMPLETED", "resourceType": "S3", "scanResult": {"scanResultStatus": "UNKNOWN"},
    });
    assert_eq!(
        report(backup("Scan Job State Change", unsure)).what,
        "a malware scan of a backup of S3 ended without a result (UNKNOWN)"
    );
    for state in ["CREATED", "RUNNING", "COMPLETED"] {
        let well = json!({"state": state, "resourceType": "S3"});
        assert_eq!(
            backup("Scan Job State Change", well),
            News::Quiet,
            "{state}"
        );
    }
}

#[test]
fn a_deletion_by_a_person_names_the_person() {
    let deletion = json!({
        "eventSource": "backup.amazonaws.com", "eventName": "DeleteRecoveryPoint",
        "userIdentity": {"arn": "arn:aws:sts::444444444444:assumed-role/BreakGlass/ana"},
        "sourceIPAddress": "192.0.2.1",
        "requestParameters": {"backupVaultName": "V", "recoveryPointArn": "arn:p"},
    });
    let told = report(read(
        &event("aws.backup", "AWS API Call via CloudTrail", deletion),
        now(),
    ));
    assert_eq!(
        told.what,
        "DeleteRecoveryPoint by arn:aws:sts::444444444444:assumed-role/BreakGlass/ana"
    );
    assert!(told.facts.contains(&(
        "On",
        "backupVaultName V, recoveryPointArn arn:p".to_string()
    )));
}

#[test]
fn the_words_about_a_call_have_no_policy() {
    let update = json!({
        "eventSource": "organizations.amazonaws.com", "eventName": "UpdatePolicy",
        "userIdentity": {"arn": "arn:aws:iam::111111111111:user/ana"},
        "requestParameters": {"policyId": "p-1", "content": "{\"plans\": \"SECRET\"}"},
    });
    let told = report(read(
        &event("aws.organizations", "AWS API Call via CloudTrail", update),
        now(),
    ));
    let (subject, text) = told.written(None);
    assert!(!format!("{subject}{text}").contains("SECRET"), "{text}");
    assert!(text.contains("On: policyId p-1"), "{text}");
}

#[test]
fn the_solutions_own_events_bring_their_words_and_their_key() {
    let drift = json!({
        "key": "policy-drift/p-1/DRIFTED/abc", "state": "DRIFTED",
        "summary": "the backup policy `daily` (p-1) is not as the stack backup deployed it",
        "remedy": "update the stack", "policyId": "p-1",
    });
    let told = report(read(
        &event("aws-backup-solution", "Backup Policy Drift", drift),
        now(),
    ));
    assert_eq!(
        told.what,
        "the backup policy `daily` (p-1) is not as the stack backup deployed it"
    );
    assert_eq!(told.remedy, "update the stack");
    assert!(told.reason.ends_with("policy-drift/p-1/DRIFTED/abc"));
}

#[test]
fn an_alarm_a_pipeline_a_vault_and_a_setting_are_told() {
    for (source, kind, detail, what) in [
        (
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            json!({"alarmName": "aws-backup-x", "state": {"value": "ALARM", "reason": "1 > 0"}}),
            "alarm aws-backup-x",
        ),
        (
            "aws.codepipeline",
            "CodePipeline Pipeline Execution State Change",
            json!({"pipeline": "backup", "state": "FAILED", "execution-id": "x"}),
            "the pipeline backup ended as FAILED",
        ),
        (
            "aws.backup",
            "Backup Vault State Change",
            json!({"backupVaultName": "V", "state": "DELETED"}),
            "backup vault V: deleted",
        ),
        (
            "aws.backup",
            "Region Setting State Change",
            json!({"ResourceTypeOptInPreference": {"EBS": false}}),
            "AWS Backup's settings of a Region were changed: types that are switched off are not backed up",
        ),
        (
            "aws.backup",
            "Recovery Point State Change",
            json!({"status": "EXPIRED", "backupVaultName": "V"}),
            "recovery points in vault V should be deleted and cannot be: they cost on",
        ),
    ] {
        assert_eq!(report(read(&event(source, kind, detail), now())).what, what);
    }
}

#[test]
fn what_nobody_knows_is_passed_on_and_never_dropped() {
    for odd in [
        json!({"detail-type": "New Thing", "source": "aws.backup", "detail": {"a": 1}}),
        json!({"detail-type": "X"}),
        json!({"detail-type": "Backup Job State Change", "source": "aws.backup", "id": 7, "time": "no time",
               "detail": {"state": ["FAILED"], "resourceType": {}}}),
        json!({"detail-type": "Backup Vault State Change", "source": "aws.backup", "detail": []}),
    ] {
        match read(&odd, now()) {
            News::Report(report) => {
                assert!(!report.what.is_empty() && !report.event.is_empty());
                assert_eq!(report.time, now());
            }
            News::Quiet => assert!(odd["id"] == 7, "{odd}"),
        }
    }
    let one = report(read(&json!({"detail-type": "X", "detail": 1}), now()));
    let other = report(read(&json!({"detail-type": "X", "detail": 2}), now()));
    assert_ne!((one.reason, one.event), (other.reason, other.event));
}

#[test]
fn an_event_that_comes_again_is_known_by_its_id() {
    let mut one = event("aws.backup", "Backup Vault State Change", json!({}));
    let first = report(read(&one, now()));
    assert_eq!(first.event, "e-1");
    one["resources"] = json!(["added on the way"]);
    assert_eq!(report(read(&one, now())).event, "e-1");
}

#[test]
fn a_place_says_what_is_known_of_it() {
    for (account, name, region, said) in [
        (
            "4",
            Some("shop"),
            "eu-west-1",
            "account 4 (shop), Region eu-west-1",
        ),
        ("4", None, "eu-west-1", "account 4, Region eu-west-1"),
        ("4", None, "", "account 4"),
        ("", None, "eu-west-1", "Region eu-west-1"),
        ("", Some("shop"), "", ""),
    ] {
        assert_eq!(place(account, name, region), said);
    }
}

#[test]
fn a_message_names_the_account_as_well_as_it_can() {
    let mut odd = event("aws.backup", "Backup Vault State Change", json!({}));
    let subject = |odd: &Value, name| report(read(odd, now())).written(name).0;
    assert_eq!(subject(&odd, Some("shop")), "shop: backup vault : ");
    assert_eq!(subject(&odd, None), "444444444444: backup vault : ");
    odd["account"] = json!("");
    odd["region"] = json!(null);
    assert_eq!(subject(&odd, None), "backup vault : ");
    let (_, text) = report(read(&odd, now())).written(None);
    assert!(!text.contains("Where:"), "{text}");
}

#[test]
fn the_day_is_that_of_the_event_whenever_it_arrives() {
    let one = event("aws.backup", "Backup Vault State Change", json!({}));
    let later: DateTime<Utc> = "2026-02-03T00:00:01Z".parse().unwrap();
    assert_eq!(report(read(&one, now())), report(read(&one, later)));
    assert_eq!(report(read(&one, later)).day.to_string(), "2026-01-31");
}
