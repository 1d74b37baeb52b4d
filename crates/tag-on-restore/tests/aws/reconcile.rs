//! The search for restores whose event was lost.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::kinds::RESTORES;
use crate::lambda::{End, Lambda, event};
use crate::world::{Behaviour, Fault, Tags, Way, World, tags};

const VOLUME: &str = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-";

/// A number of restored volumes, on pages of ten jobs.
fn volumes(number: usize) -> World {
    let world = World::behaving(Behaviour {
        page_size: 10,
        ..Behaviour::default()
    });
    let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-0backup";
    world.put(snapshot, tags(&[("owner", "team")]));
    for number in 0..number {
        let arn = format!("{VOLUME}{number:04}");
        world.put(&arn, Tags::new());
        let members = json!({ "ResourceType": "EBS", "RecoveryPointArn": snapshot,
            "CreatedResourceArn": arn });
        world.put_job(&format!("job-{number:04}"), members);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_looked_through_and_what_was_lost_is_repaired() {
    let world = volumes(25);
    let lambda = Lambda::new(&world);
    for number in (0..25).filter(|number| number % 5 != 0) {
        lambda.invoke(&event(&format!("job-{number:04}"))).await;
    }
    let lines = lambda.lines().len();
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    let expected = json!({ "jobs": 25, "repaired": 5, "stoppedEarly": false });
    assert_eq!(end, End::Answer(expected));
    let fixed = lambda.lines().split_off(lines);
    assert_eq!(fixed.len(), 5);
    assert!(fixed.iter().all(|line| line["ReconcileFixed"] == 1));
    for number in 0..25 {
        assert_eq!(
            world.tags_of(&format!("{VOLUME}{number:04}")),
            tags(&[("owner", "team")])
        );
    }
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    let expected = json!({ "jobs": 25, "repaired": 0, "stoppedEarly": false });
    assert_eq!(end, End::Answer(expected));
}

#[tokio::test(start_paused = true)]
async fn three_jobs_a_second_and_an_end_before_the_deadline() {
    let world = volumes(100);
    let mut lambda = Lambda::new(&world);
    lambda.timeout = Duration::from_secs(20);
    let began = Instant::now();
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    let End::Answer(answer) = end else {
        panic!("{end:?}")
    };
    assert_eq!(answer["stoppedEarly"], true);
    let repaired = answer["repaired"].as_u64().unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert!(seconds < 18.0, "{seconds}");
    assert!(
        repaired >= 25 && repaired as f64 <= seconds * 3.0 + 1.0,
        "{repaired} in {seconds} s"
    );
    assert_eq!(answer["jobs"], repaired);
}

#[tokio::test(start_paused = true)]
async fn old_jobs_are_left_alone() {
    let world = volumes(1);
    let members = json!({ "ResourceType": "EBS", "CompletionDate": 1_759_000_000.0,
        "RecoveryPointArn": "arn:aws:ec2:eu-west-1::snapshot/snap-0backup",
        "CreatedResourceArn": format!("{VOLUME}0000") });
    world.put_job("job-0000", members);
    let end = Lambda::new(&world)
        .invoke(&json!({ "action": "reconcile" }))
        .await;
    let expected = json!({ "jobs": 0, "repaired": 0, "stoppedEarly": false });
    assert_eq!(end, End::Answer(expected));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_only_its_metadata_shows_to_be_skipped_has_no_line() {
    let world = World::new();
    let existing = RESTORES.iter().find(|it| it.title == "EFS").unwrap();
    let offered = tags(&[("owner", "team")]);
    existing.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
    world.put_metadata("job-1", &[("newFileSystem", "false")]);
    let lambda = Lambda::new(&world);
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    let expected = json!({ "jobs": 1, "repaired": 0, "stoppedEarly": false });
    assert_eq!(end, End::Answer(expected));
    assert_eq!(world.tags_of(existing.target), Tags::new());
    assert_eq!(lambda.lines().len(), 0);
    // The event about the same job has its line.
    lambda.invoke(&event("job-1")).await;
    assert_eq!(lambda.last()["Outcome"], "Skipped");
}

#[tokio::test(start_paused = true)]
async fn skipped_jobs_cost_nothing_and_failures_are_heard_of() {
    let world = volumes(2);
    world.deny(&format!("{VOLUME}0000"));
    let stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1";
    world.put_job("job-stack", json!({ "CreatedResourceArn": stack }));
    let test = json!({ "CreatedResourceArn": format!("{VOLUME}0001"),
        "CreatedBy": { "RestoreTestingPlanArn": "arn:aws:backup:::restore-testing-plan:p" } });
    world.put_job("job-test", test);
    let lambda = Lambda::new(&world);
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    let expected = "1 of 4 restore jobs could not be tagged: the log says why of each";
    assert_eq!(end, End::Error(expected.to_owned()));
    assert_eq!(
        world.tags_of(&format!("{VOLUME}0001")),
        tags(&[("owner", "team")])
    );
    let outcomes: Vec<_> = lambda
        .lines()
        .iter()
        .map(|it| it["Outcome"].clone())
        .collect();
    assert_eq!(outcomes, [json!("Failed"), json!("Tagged")]);
}

#[tokio::test(start_paused = true)]
async fn every_type_is_repaired_as_an_event_would_have() {
    for restore in &RESTORES {
        let world = World::new();
        let on_source = tags(&[("owner", "team")]);
        restore.put(&world, "job-1", &Tags::new(), &on_source, &Tags::new());
        let lambda = Lambda::configured(&world, restore.variables);
        let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
        let expected = json!({ "jobs": 1, "repaired": 1, "stoppedEarly": false });
        assert_eq!(end, End::Answer(expected), "{}", restore.title);
        assert_eq!(
            world.tags_of(restore.target),
            on_source,
            "{}",
            restore.title
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_wait_is_waited_for_and_not_done_by_halves() {
    let restore = RESTORES
        .iter()
        .find(|it| it.title == "DynamoDB, advanced")
        .unwrap();
    let world = World::new();
    let on_recovery_point = tags(&[("owner", "at-backup")]);
    let on_source = tags(&[("owner", "today")]);
    let none = Tags::new();
    restore.put(&world, "job-1", &on_recovery_point, &on_source, &none);
    world.inject(Fault::always("backup:ListTags", Way::Throttle));
    let lambda = Lambda::new(&world);
    let end = lambda.invoke(&json!({ "action": "reconcile" })).await;
    assert!(matches!(end, End::Error(_)), "{end:?}");
    assert_eq!(world.tags_of(restore.target), none);
}
