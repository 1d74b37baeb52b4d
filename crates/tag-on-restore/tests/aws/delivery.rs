//! Events, batches and what Lambda and the queue hear.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kinds::RESTORES;
use crate::lambda::{End, Lambda, event};
use crate::world::{Behaviour, Fault, Tags, Way, World, tags};

const EBS: &str = "EBS";
const VOLUME: &str = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0restored";

/// A volume to be tagged by `job-1`, from a recovery point with one tag.
fn volume() -> World {
    let world = World::new();
    let restore = RESTORES.iter().find(|it| it.title == EBS).unwrap();
    let on_recovery_point = tags(&[("owner", "team")]);
    restore.put(
        &world,
        "job-1",
        &on_recovery_point,
        &Tags::new(),
        &Tags::new(),
    );
    world
}

fn batch(bodies: &[(&str, String, u32)]) -> Value {
    let records = bodies.iter().map(|(id, body, count)| {
        json!({ "messageId": id, "body": body,
            "attributes": { "ApproximateReceiveCount": count.to_string() } })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failures(ids: &[&str]) -> End {
    let ids = ids.iter().map(|id| json!({ "itemIdentifier": id }));
    End::Answer(json!({ "batchItemFailures": ids.collect::<Vec<_>>() }))
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_message_is_nobody_elses_business() {
    let world = volume();
    let no_job = json!({ "source": "aws.backup", "detail-type": "Restore Job State Change",
        "detail": { "status": "COMPLETED" } });
    let elsewhere = json!({ "source": "aws.ec2", "detail-type": "x", "detail": {} });
    let messages = [
        ("not-json", "{".to_owned(), 1),
        ("no-job", no_job.to_string(), 1),
        ("good", event("job-1").to_string(), 1),
        ("elsewhere", elsewhere.to_string(), 1),
    ];
    let end = Lambda::new(&world).invoke(&batch(&messages)).await;
    assert_eq!(end, failures(&["not-json", "no-job"]));
    assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_begun_in_time_is_delivered_again() {
    let world = volume();
    let mut lambda = Lambda::new(&world);
    lambda.timeout = Duration::from_secs(9);
    let messages = [("a", event("job-1").to_string(), 1)];
    assert_eq!(lambda.invoke(&batch(&messages)).await, failures(&["a"]));
    assert_eq!(world.calls(), []);
    // Time enough, to the moment.
    lambda.timeout = Duration::from_secs(10);
    assert_eq!(lambda.invoke(&batch(&messages)).await, failures(&[]));
    assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]));
}

#[tokio::test(start_paused = true)]
async fn a_line_tells_how_old_its_event_is_or_else_how_long_ago_the_job_completed() {
    let world = volume();
    let lambda = Lambda::new(&world);
    for (sent, age) in [
        (json!("2025-10-09T09:08:00Z"), json!(20)),
        (json!(null), json!(299)),
        // The clocks of two machines differ.
        (json!("2025-10-09T09:08:30Z"), json!(null)),
    ] {
        let mut event = event("job-1");
        event["time"] = sent.clone();
        lambda.invoke(&event).await;
        let line = lambda.last();
        assert_eq!(line["EventAgeSeconds"], age, "{sent}: {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_leaves_time_to_say_so() {
    let world = volume();
    let other = RESTORES.iter().find(|it| it.title == "RDS").unwrap();
    other.put(
        &world,
        "job-2",
        &tags(&[("a", "b")]),
        &Tags::new(),
        &Tags::new(),
    );
    world.inject(Fault::always("tagging:TagResources", Way::Hang));
    let lambda = Lambda::new(&world);
    let messages = [
        ("a", event("job-1").to_string(), 1),
        ("b", event("job-2").to_string(), 1),
    ];
    // Not a time-out: Lambda learns which messages failed, and nothing is begun at the last moment.
    assert_eq!(
        lambda.invoke(&batch(&messages)).await,
        failures(&["a", "b"])
    );
    let lines = lambda.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["Outcome"] == "Retry"));
}

#[tokio::test(start_paused = true)]
async fn every_call_without_an_answer_leaves_time_to_say_so() {
    let restore = RESTORES.iter().find(|it| it.title == "EFS").unwrap();
    let prepare = || {
        let world = World::new();
        let offered = tags(&[("owner", "team")]);
        restore.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
        let lambda = Lambda::new(&world);
        (world, lambda)
    };
    let messages = [("a", event("job-1").to_string(), 1)];
    let (world, lambda) = prepare();
    assert_eq!(lambda.invoke(&batch(&messages)).await, failures(&[]));
    let names: std::collections::BTreeSet<String> =
        world.calls().iter().map(|it| it.name()).collect();
    assert!(names.contains("backup:DescribeRestoreJob"), "{names:?}");
    for name in names {
        let (world, lambda) = prepare();
        world.inject(Fault::always(&name, Way::Hang));
        let end = lambda.invoke(&batch(&messages)).await;
        assert_eq!(end, failures(&["a"]), "{name}");
    }
    let (world, lambda) = prepare();
    world.inject(Fault::always("backup:ListRestoreJobs", Way::Hang));
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    let End::Error(reason) = end else {
        panic!("{end:?}")
    };
    assert!(
        reason.starts_with("the restore jobs cannot be listed"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_keeps_no_other_job_of_the_batch_waiting() {
    for silent in [1, 3, 9] {
        let world = volume();
        let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-0backup";
        let mut messages = Vec::new();
        for n in 0..10 {
            let (kind, target) = match n < silent {
                true => ("RDS", format!("arn:aws:rds:eu-west-1:111122223333:db:{n}")),
                false => ("EBS", format!("{VOLUME}{n}")),
            };
            world.put(&target, Tags::new());
            let job = json!({ "ResourceType": kind, "CreatedResourceArn": target,
                "RecoveryPointArn": snapshot });
            world.put_job(&format!("job-{n}"), job);
            messages.push((format!("m{n}"), event(&format!("job-{n}")).to_string(), 1));
        }
        world.inject(Fault::always("rds:ListTagsForResource", Way::Hang));
        let mut lambda = Lambda::new(&world);
        // The template's.
        lambda.timeout = Duration::from_secs(120);
        let messages: Vec<(&str, String, u32)> = messages
            .iter()
            .map(|(id, body, count)| (id.as_str(), body.clone(), *count))
            .collect();
        let undone: Vec<&str> = messages[..silent].iter().map(|it| it.0).collect();
        assert_eq!(lambda.invoke(&batch(&messages)).await, failures(&undone));
        for n in silent..10 {
            let found = world.tags_of(&format!("{VOLUME}{n}"));
            assert_eq!(found, tags(&[("owner", "team")]), "{n} of {silent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_queue_fails_as_an_invocation() {
    let world = volume();
    world.deny(VOLUME);
    let end = Lambda::new(&world).invoke(&event("job-1")).await;
    let End::Error(message) = end else {
        panic!("{end:?}")
    };
    assert!(
        message.contains("restore job `job-1` is not tagged"),
        "{message}"
    );
    assert!(
        message.contains("tag:TagResources failed: AccessDenied"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_sends_is_an_error() {
    let end = Lambda::new(&World::new()).invoke(&json!({ "x": 1 })).await;
    assert!(matches!(end, End::Error(_)), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_believed_when_aws_backup_knows_the_job_no_longer() {
    let world = volume();
    world.forget_job("job-1");
    let mut event = event("job-1");
    event["detail"]["createdResourceArn"] = json!(VOLUME);
    event["detail"]["recoveryPointArn"] = json!("arn:aws:ec2:eu-west-1::snapshot/snap-0backup");
    let end = Lambda::new(&world).invoke(&event).await;
    assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })));
    assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_not_believed_when_aws_backup_may_not_be_asked() {
    let world = volume();
    let way = Way::Code("AccessDeniedException");
    world.inject(Fault::always("backup:DescribeRestoreJob", way));
    let mut event = event("job-1");
    event["detail"]["createdResourceArn"] = json!(VOLUME);
    event["detail"]["recoveryPointArn"] = json!("arn:aws:ec2:eu-west-1::snapshot/snap-0backup");
    let lambda = Lambda::new(&world);
    let end = lambda.invoke(&event).await;
    assert!(matches!(end, End::Error(_)), "{end:?}");
    assert_eq!(lambda.last()["Outcome"], "Failed");
    assert_eq!(world.tags_of(VOLUME), Tags::new());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_tells_nothing_about_an_unknown_job_is_a_dead_letter() {
    let world = volume();
    world.forget_job("job-1");
    let lambda = Lambda::new(&world);
    let body = event("job-1").to_string();
    assert_eq!(lambda.deliver([body.clone()]).await, [body]);
    assert_eq!(lambda.last()["Outcome"], "Failed");
    assert_eq!(lambda.last()["errorCode"], "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn aws_backup_is_believed_before_the_event() {
    let world = volume();
    world.put_job(
        "job-1",
        json!({ "Status": "RUNNING", "CreatedResourceArn": VOLUME }),
    );
    let messages = [("a", event("job-1").to_string(), 1)];
    let lambda = Lambda::new(&world);
    assert_eq!(lambda.invoke(&batch(&messages)).await, failures(&["a"]));
    world.put_job(
        "job-1",
        json!({ "Status": "FAILED", "CreatedResourceArn": VOLUME }),
    );
    assert_eq!(lambda.invoke(&batch(&messages)).await, failures(&[]));
    assert_eq!(lambda.last()["Outcome"], "Skipped");
    assert_eq!(world.tags_of(VOLUME), Tags::new());
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_stays_away_is_gone_at_the_third_delivery() {
    let world = volume();
    world.remove(VOLUME);
    let lambda = Lambda::new(&world);
    for (count, expected) in [(1, vec!["a"]), (2, vec!["a"]), (3, vec![])] {
        let messages = [("a", event("job-1").to_string(), count)];
        assert_eq!(
            lambda.invoke(&batch(&messages)).await,
            failures(&expected),
            "{count}"
        );
    }
    assert_eq!(lambda.last()["TargetGone"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_reads_and_tells() {
    let world = volume();
    let lambda = Lambda::configured(&world, &[("DRY_RUN", "true")]);
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(end, End::Answer(json!({ "outcome": "DryRun" })));
    assert!(world.calls().iter().all(|call| !call.is_write()));
    assert_eq!(lambda.last()["writtenKeys"], json!(["owner"]));
    assert_eq!(lambda.last()["TagsWritten"], 0);
}

#[tokio::test(start_paused = true)]
async fn no_line_has_a_value() {
    let world = volume();
    world.put(
        "arn:aws:ec2:eu-west-1::snapshot/snap-0backup",
        tags(&[("owner", "s3cret")]),
    );
    let lambda = Lambda::new(&world);
    lambda.invoke(&event("job-1")).await;
    let lines = format!("{:?}", lambda.lines());
    assert!(
        lines.contains("owner") && !lines.contains("s3cret"),
        "{lines}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_aws_says_of_a_refused_value_is_told_without_the_value() {
    let world = World::behaving(Behaviour {
        refused_keys: ["owner".to_owned()].into(),
        ..Behaviour::default()
    });
    let restore = RESTORES.iter().find(|it| it.title == EBS).unwrap();
    let offered = tags(&[("owner", "s3cret")]);
    restore.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
    let lambda = Lambda::new(&world);
    lambda.invoke(&event("job-1")).await;
    let reason = lambda.last()["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.contains("Value '[value]' of a tag") && !reason.contains("s3cret"),
        "{reason}"
    );
}
