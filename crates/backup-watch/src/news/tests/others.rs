//! Recovery points, vaults, alarms, the pipeline, and the solution's own events.

use super::*;

#[test]
fn a_recovery_point_that_a_person_deleted_or_changed_is_told_with_the_person() {
    let event = |status: &str, field: &str, by: &str| {
        let detail = json!({"status": status, "backupVaultName": "V", field: by});
        backup("Recovery Point State Change", detail)
    };
    for (status, field, what) in [
        (
            "DELETED",
            "deletedBy",
            "a recovery point in vault V was deleted by arn:ana",
        ),
        (
            "DELETING",
            "initiatedBy",
            "a recovery point in vault V was deleted by arn:ana",
        ),
        (
            "MODIFIED",
            "modifiedBy",
            "a recovery point in vault V was changed by arn:ana",
        ),
        (
            "modified",
            "changedBy",
            "a recovery point in vault V was changed by arn:ana",
        ),
    ] {
        assert_eq!(report(event(status, field, "arn:ana")).what, what);
        for own in [
            "backup.amazonaws.com",
            "arn:aws:sts::4:assumed-role/AWSBackupDefaultServiceRole/x",
        ] {
            assert_eq!(event(status, field, own), News::Quiet, "{own}");
        }
    }
}

#[test]
fn a_continuous_backup_that_was_stopped_is_told_whoever_stopped_it() {
    let stopped = json!({"status": "STOPPED", "backupVaultArn": "arn:v"});
    let told = report(backup("Recovery Point State Change", stopped));
    assert_eq!(told.what, "continuous backup in vault arn:v was stopped");
}

#[test]
fn an_alarm_is_told_with_what_it_means_and_so_is_its_end() {
    let alarm = |value: &str| {
        let detail = json!({
            "alarmName": "late", "state": {"value": value, "reason": "1 > 0"},
            "configuration": {"description": "a backup is late"},
        });
        report(read(
            &event("aws.cloudwatch", "CloudWatch Alarm State Change", detail),
            now(),
        ))
    };
    let (on, over) = (alarm("ALARM"), alarm("OK"));
    assert_eq!(on.what, "alarm late");
    assert_eq!(over.what, "alarm late is over");
    assert_eq!(over.remedy, "nothing has to be done");
    assert_ne!(on.reason, over.reason);
    let facts = [("Means", "a backup is late"), ("Reason", "1 > 0")];
    assert_eq!(on.facts, facts.map(|(name, fact)| (name, fact.to_string())));
}

#[test]
fn a_pipeline_that_goes_on_wakes_nobody() {
    let kind = "CodePipeline Pipeline Execution State Change";
    let run = |state: &str| {
        let detail = json!({"pipeline": "backup", "state": state, "execution-id": "x"});
        read(&event("aws.codepipeline", kind, detail), now())
    };
    for state in ["STARTED", "SUCCEEDED", "RESUMED", "SUPERSEDED"] {
        assert_eq!(run(state), News::Quiet, "{state}");
    }
    for state in ["FAILED", "STOPPED", "CANCELED"] {
        let what = format!("the pipeline backup ended as {state}");
        assert_eq!(report(run(state)).what, what);
    }
}

fn own(detail: Value) -> Report {
    let event = event("aws-backup-solution", "Restore Not Tagged", detail);
    report(read(&event, now()))
}

#[test]
fn what_an_own_event_has_besides_its_words_is_told_as_details() {
    let told = own(json!({"key": "k", "summary": "s", "remedy": "r", "count": 2}));
    let details = "count 2".to_string();
    assert_eq!((told.what.as_str(), told.remedy.as_str()), ("s", "r"));
    assert_eq!(told.facts, [("Details", details)]);
    assert_eq!(own(json!({"key": "k", "summary": "s"})).facts, []);
}

#[test]
fn own_events_without_words_are_told_by_their_kind_and_are_one_reason_only_if_they_are_the_same() {
    let bare = own(json!({"job": "j-1"}));
    assert_eq!(bare.what, "Restore Not Tagged");
    assert_eq!(bare.remedy, "see the event");
    assert_eq!(own(json!({"key": "k"})).what, "k");
    assert_eq!(own(json!({"job": "j-1"})).reason, bare.reason);
    assert_ne!(own(json!({"job": "j-2"})).reason, bare.reason);
}

#[test]
fn a_vault_says_what_became_of_it_and_its_lock() {
    let vault = |detail: Value| report(backup("Backup Vault State Change", detail));
    let base = json!({"backupVaultName": "V", "state": "MODIFIED", "isLocked": true});
    let told = vault(base.clone());
    assert_eq!(told.what, "backup vault V: modified");
    assert_eq!(told.facts, [("Locked", "true".to_string())]);
    for (field, other) in [
        ("backupVaultName", json!("W")),
        ("state", json!("DELETED")),
        ("isLocked", json!(false)),
    ] {
        let mut changed = base.clone();
        changed[field] = other;
        assert_ne!(vault(changed).reason, told.reason, "{field}");
    }
}
