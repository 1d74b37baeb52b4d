//! The function reports what is wrong with it, and nothing else: what alarms would see.

use serde_json::{Value, json};

use crate::lambda::{End, Lambda, event, now};
use crate::world::{Fault, QUEUE, Tags, Way, World, tags};

const EVENTS: &str = "TagOnRestore";
const DEAD_LETTERS: &str = "TagOnRestore-DeadLetters";
const UNSTARTED: &str = "TagOnRestore-ReconcileDeadLetters";
const AGE: &str = "ApproximateAgeOfOldestMessage";
const VOLUME: &str = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0restored";

/// A function in good health.
fn healthy() -> (World, Lambda) {
    let world = World::new();
    world.put_messages(DEAD_LETTERS, 0);
    let lambda = Lambda::configured(&world, &[QUEUE]);
    (world, lambda)
}

/// A restored volume that lacks its tag.
fn put_volume(world: &World) {
    let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-0backup";
    world.put(snapshot, tags(&[("owner", "team")]));
    world.put(VOLUME, Tags::new());
    let members = json!({ "ResourceType": "EBS", "RecoveryPointArn": snapshot,
        "CreatedResourceArn": VOLUME });
    world.put_job("job-1", members);
}

async fn reconcile(lambda: &Lambda) -> End {
    lambda.invoke(&json!({ "action": "reconcile" })).await
}

fn kinds(reported: &[Value]) -> Vec<&str> {
    let kinds = reported.iter().map(|detail| detail["kind"].as_str());
    kinds.map(Option::unwrap).collect()
}

/// The beginning of a period so many minutes ago.
fn ago(minutes: i64) -> i64 {
    let now = now().timestamp();
    now - now % 300 - minutes * 60
}

#[tokio::test(start_paused = true)]
async fn a_quiet_day_costs_two_calls_and_says_nothing() {
    let (world, lambda) = healthy();
    world.put_metric("Errors", EVENTS, &[(ago(60), 0.0)]);
    world.put_metric(AGE, EVENTS, &[(ago(60), 240.0)]);
    assert!(matches!(reconcile(&lambda).await, End::Answer(_)));
    assert_eq!(world.take_reported(), Vec::<Value>::new());
    let calls: Vec<String> = world.calls().iter().map(|it| it.name()).collect();
    let expected = [
        "sqs:GetQueueAttributes",
        "cloudwatch:GetMetricData",
        "backup:ListRestoreJobs",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test(start_paused = true)]
async fn the_age_of_dead_letters_is_asked_for_where_there_are_any() {
    for (dead_letters, metrics) in [(0, 4), (1, 5)] {
        let (world, lambda) = healthy();
        world.put_messages(DEAD_LETTERS, dead_letters);
        reconcile(&lambda).await;
        let received = world.received();
        let call = |name: &str| received.iter().find(|it| it.call == name).unwrap();
        let asked = &call("cloudwatch:GetMetricData").document["body"];
        let asked: Value = serde_json::from_str(asked.as_str().unwrap()).unwrap();
        let queries = asked["MetricDataQueries"].as_array().unwrap();
        assert_eq!(queries.len(), metrics, "{dead_letters}: {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_reported_with_their_age_until_they_are_gone() {
    let (world, lambda) = healthy();
    world.put_messages(DEAD_LETTERS, 2);
    world.put_metric(
        AGE,
        DEAD_LETTERS,
        &[(ago(10), 90_000.0), (ago(5), 90_300.0)],
    );
    let mut keys = Vec::new();
    for _ in 0..2 {
        reconcile(&lambda).await;
        let reported = world.take_reported();
        assert_eq!(kinds(&reported), ["dead-letters"]);
        assert_eq!(reported[0]["deadLetters"], 2);
        assert_eq!(reported[0]["oldestDeadLetterSeconds"], 90_300);
        keys.push(reported[0]["key"].clone());
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(
        keys[0],
        "tag-on-restore/dead-letters/111122223333/eu-west-1"
    );
    world.put_messages(DEAD_LETTERS, 0);
    reconcile(&lambda).await;
    assert_eq!(world.take_reported(), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn what_the_metrics_say_of_the_last_hours_is_reported() {
    let (world, lambda) = healthy();
    world.put_metric(AGE, EVENTS, &[(ago(120), 5500.0)]);
    world.put_metric("NumberOfMessagesSent", UNSTARTED, &[(ago(350), 1.0)]);
    world.put_metric("Errors", EVENTS, &[(ago(300), 1.0), (ago(90), 2.0)]);
    let throttled: Vec<_> = (10..14).rev().map(|it| (ago(it * 5), 1.0)).collect();
    world.put_metric("Throttles", EVENTS, &throttled);
    reconcile(&lambda).await;
    let reported = world.take_reported();
    let expected = ["events-wait", "not-started", "errors", "throttled"];
    assert_eq!(kinds(&reported), expected);
    assert_eq!(reported[2]["errors"], 3);
    assert_eq!(reported[3]["throttledMinutes"], 20);
}

#[tokio::test(start_paused = true)]
async fn what_happened_before_the_last_look_is_not_reported_again() {
    let (world, lambda) = healthy();
    world.put_metric("Errors", EVENTS, &[(ago(8 * 60), 5.0)]);
    reconcile(&lambda).await;
    assert_eq!(world.take_reported(), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn every_page_of_the_metrics_is_read() {
    let world = World::behaving(crate::world::Behaviour {
        page_size: 1,
        ..Default::default()
    });
    world.put_messages(DEAD_LETTERS, 0);
    world.put_metric("Errors", EVENTS, &[(ago(30), 1.0)]);
    reconcile(&Lambda::configured(&world, &[QUEUE])).await;
    assert_eq!(kinds(&world.take_reported()), ["errors"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_repaired_is_reported_also_when_something_else_could_not_be_done() {
    let (world, lambda) = healthy();
    put_volume(&world);
    let gone = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0denied";
    world.put(gone, Tags::new());
    let members = json!({ "ResourceType": "EBS",
        "RecoveryPointArn": "arn:aws:ec2:eu-west-1::snapshot/snap-0backup",
        "CreatedResourceArn": gone });
    world.put_job("job-2", members);
    world.deny(gone);
    assert!(matches!(reconcile(&lambda).await, End::Error(_)));
    let reported = world.take_reported();
    assert_eq!(kinds(&reported), ["repaired"]);
    assert_eq!(reported[0]["repaired"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_looked_at_is_reported_and_hinders_nothing() {
    for (call, other) in [
        ("sqs:GetQueueAttributes", Some("errors")),
        ("cloudwatch:GetMetricData", Some("dead-letters")),
    ] {
        let (world, lambda) = healthy();
        put_volume(&world);
        world.put_messages(DEAD_LETTERS, 1);
        world.put_metric("Errors", EVENTS, &[(ago(30), 1.0)]);
        world.deny(call);
        assert!(matches!(reconcile(&lambda).await, End::Answer(_)));
        assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]));
        let reported = world.take_reported();
        let expected: Vec<&str> = other
            .into_iter()
            .chain(["not-looked-at", "repaired"])
            .collect();
        assert_eq!(kinds(&reported), expected, "{call}");
        let summary = reported[1]["summary"].as_str().unwrap();
        assert!(
            summary.contains(&format!("{call} failed: AccessDenied")),
            "{summary}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_answers_about_the_function_itself_is_reported_and_restores_are_looked_for_all_the_same()
 {
    for (call, other) in [
        ("sqs:GetQueueAttributes", "errors"),
        ("cloudwatch:GetMetricData", "dead-letters"),
    ] {
        let (world, lambda) = healthy();
        put_volume(&world);
        world.put_messages(DEAD_LETTERS, 1);
        world.put_metric("Errors", EVENTS, &[(ago(30), 1.0)]);
        world.inject(Fault::always(call, Way::Hang));
        let end = reconcile(&lambda).await;
        assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]), "{call}");
        assert!(matches!(end, End::Answer(_)), "{call}: {end:?}");
        let reported = world.take_reported();
        assert_eq!(kinds(&reported), [other, "not-looked-at", "repaired"]);
        let summary = reported[1]["summary"].as_str().unwrap();
        assert!(summary.contains(call), "{summary}");
        let both = summary.contains("sqs:") && summary.contains("cloudwatch:");
        assert!(!both, "only one of them is silent: {summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_never_answers_fails_the_invocation_after_the_work() {
    for also in [
        &[][..],
        &["sqs:GetQueueAttributes", "cloudwatch:GetMetricData"],
    ] {
        let (world, lambda) = healthy();
        put_volume(&world);
        world.put_messages(DEAD_LETTERS, 1);
        for call in also.iter().chain(&["events:PutEvents"]) {
            world.inject(Fault::always(call, Way::Hang));
        }
        let end = reconcile(&lambda).await;
        assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]));
        let End::Error(error) = end else {
            panic!("nobody would know: {end:?}")
        };
        let expected =
            "what is wrong with the function cannot be reported: events:PutEvents failed";
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_the_bus_does_not_take_fails_the_invocation_after_the_work() {
    let (world, lambda) = healthy();
    put_volume(&world);
    world.put_messages(DEAD_LETTERS, 1);
    world.bus_refuses(1);
    let End::Error(error) = reconcile(&lambda).await else {
        panic!("nobody would know")
    };
    let expected = "what is wrong with the function cannot be reported: events:PutEvents failed: \
                    ThrottlingException: too many";
    assert_eq!(error, expected);
    assert_eq!(world.tags_of(VOLUME), tags(&[("owner", "team")]));
    // Lambda tries again.
    assert!(matches!(reconcile(&lambda).await, End::Answer(_)));
    assert_eq!(kinds(&world.take_reported()), ["repaired", "dead-letters"]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_throttled_for_a_while_are_made_again() {
    for call in [
        "sqs:GetQueueAttributes",
        "cloudwatch:GetMetricData",
        "events:PutEvents",
    ] {
        let (world, lambda) = healthy();
        world.put_messages(DEAD_LETTERS, 1);
        world.inject(Fault::once(call, Way::Throttle));
        assert!(matches!(reconcile(&lambda).await, End::Answer(_)), "{call}");
        assert_eq!(kinds(&world.take_reported()), ["dead-letters"], "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_restores_cost_no_look() {
    let (world, lambda) = healthy();
    put_volume(&world);
    lambda.invoke(&event("job-1")).await;
    let own = ["sqs", "cloudwatch", "events"];
    assert!(world.calls().iter().all(|it| !own.contains(&it.service)));
}

#[tokio::test(start_paused = true)]
async fn without_a_queue_nothing_is_looked_at() {
    let world = World::new();
    let lambda = Lambda::new(&world);
    assert!(matches!(reconcile(&lambda).await, End::Answer(_)));
    assert_eq!(world.calls().len(), 1);
}
