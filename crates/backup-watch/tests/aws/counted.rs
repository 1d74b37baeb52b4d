//! What is counted, and what machines are told.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::looks::{BANK, SHOP, crashed_world};
use crate::world::{Fault, World, failed};

const NOON: &str = "2026-01-31T12:00:00Z";

fn last_metrics(world: &World) -> Value {
    world.lock().metrics.last().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_look_says_what_is_open_and_how_much_it_sent() {
    let world = crashed_world();
    let function = world.function().await;
    for (request, messages) in [("one", 2), ("two", 0)] {
        let answer = function.look(request).await.unwrap().unwrap();
        assert_eq!(
            answer,
            json!({"late": 1, "invalid": 1, "not_looked_at": [], "messages": messages})
        );
        let line = last_metrics(&world);
        for name in ["LateAccounts", "InvalidAccounts"] {
            assert_eq!(line[name], 1, "{line}");
        }
        let counted = line.get("Messages").and_then(Value::as_i64);
        assert_eq!(counted, Some(messages).filter(|it| *it > 0), "{line}");
        world.pass(TimeDelta::hours(6));
    }
}

#[tokio::test(start_paused = true)]
async fn machines_get_what_a_look_found_and_its_end_as_events_of_the_solution() {
    let world = crashed_world();
    let function = world.function().await;
    function.look("one").await.unwrap().unwrap();
    let reason = format!("{BANK} bank: ELEMENTS_TOO_MANY: too many plans (in plans)");
    assert_eq!(
        world.lock().published[0].raw,
        json!({
            "version": "0",
            "id": "one",
            "source": "aws-backup-solution",
            "detail-type": "Backup Watch",
            "account": "222222222222",
            "region": "eu-west-1",
            "time": "2026-01-13T12:00:00Z",
            "resources": [],
            "detail": {
                "key": "invalid|",
                "state": "FOUND",
                "summary": "bank: AWS withholds the backup policy: the merged policy is invalid",
                "accounts": [BANK],
                "findings": [reason],
            },
        })
    );
    world.lock().organization.invalid.clear();
    world.pass(TimeDelta::hours(6));
    function.look("two").await.unwrap().unwrap();
    let over = world.lock().published.last().unwrap().raw["detail"].clone();
    assert_eq!(
        (&over["key"], &over["state"]),
        (&json!("invalid|"), &json!("OVER"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_counted_everywhere_leaves_its_metric_out() {
    let world = crashed_world();
    let denied = Fault::Code("AccessDeniedException");
    world.fail_in("us-east-1", "ListCopyJobSummaries", denied);
    let function = world.function().await;
    let answer = function.look("one").await.unwrap().unwrap();
    assert_eq!(
        answer["not_looked_at"],
        json!(["the number of copy jobs in us-east-1"])
    );
    let line = last_metrics(&world);
    assert_eq!(line["CompletedBackups"], 14, "{line}");
    for name in ["CompletedCopies", "FailedJobs"] {
        assert!(line.get(name).is_none(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn on_the_day_after_repeats_are_one_message_and_reasons_without_any_are_none() {
    let world = World::new(NOON);
    let function = world.function().await;
    let events = [
        failed("e-1", SHOP, world.now()),
        failed("e-2", SHOP, world.now()),
        failed("e-3", BANK, world.now()),
    ];
    function.batch("r", &events).await;
    world.pass(TimeDelta::hours(13));
    let answer = function.look("look").await.unwrap().unwrap();
    assert_eq!(answer["messages"], 1);
    assert_eq!(last_metrics(&world)["Messages"], 1);
    let published = world.lock().published.remove(2);
    let subject = "1 more event like one that was reported";
    assert_eq!(published.subject, subject);
    assert_eq!(published.raw["detail-type"], "Backup Watch Repeats");
    let told = format!("{SHOP}: backup of EBS failed: Access Denied");
    assert_eq!(
        published.raw["detail"],
        json!({
            "key": "repeats/2026-02-01",
            "summary": subject,
            "repeats": [{"day": "2026-01-31", "subject": told, "more": 1}],
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_day_without_repeats_is_not_mentioned() {
    let world = World::new(NOON);
    let function = world.function().await;
    let events = [failed("e-1", SHOP, world.now())];
    function.batch("r", &events).await;
    world.pass(TimeDelta::hours(13));
    let answer = function.look("look").await.unwrap().unwrap();
    assert_eq!(
        (&answer["messages"], world.subjects().len()),
        (&json!(0), 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_after_its_day_was_summed_up_is_told_by_the_next_look() {
    let world = World::new(NOON);
    let function = world.function().await;
    let day = world.now();
    function
        .batch("r", &[failed("e-1", SHOP, day), failed("e-2", SHOP, day)])
        .await;
    world.pass(TimeDelta::hours(13));
    for (request, late, messages) in [("one", "", 2), ("two", "e-3", 3), ("three", "", 3)] {
        if !late.is_empty() {
            let again = function.batch(request, &[failed(late, SHOP, day)]).await;
            assert_eq!(again, Some(Vec::new()));
        }
        function.look(request).await.unwrap().unwrap();
        assert_eq!(world.subjects().len(), messages, "{request}");
        world.pass(TimeDelta::hours(6));
    }
    let one = "1 more event like one that was reported";
    assert_eq!(world.subjects()[1..], [one, one]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_while_its_day_is_summed_up_is_told_once() {
    // The look's last twenty calls: it sums up at its end.
    let alone = look_and_late_event(None).await;
    for before in (0..=200).step_by(5) {
        let late = alone.saturating_sub(Duration::from_millis(before));
        look_and_late_event(Some(late)).await;
    }
}

/// A look sums a day of two events up, and a third comes so long after it began; returns how long it took.
async fn look_and_late_event(after: Option<Duration>) -> Duration {
    let world = World::new(NOON);
    let function = world.function().await;
    let events = ["e-1", "e-2", "e-3"].map(|id| failed(id, SHOP, world.now()));
    function.batch("r", &events[..2]).await;
    world.pass(TimeDelta::hours(13));
    let began = Instant::now();
    let look = async {
        function.look("one").await.unwrap().unwrap();
        began.elapsed()
    };
    let late = async {
        if let Some(after) = after {
            tokio::time::sleep(after).await;
            let again = function.batch("s", &events[2..]).await;
            assert_eq!(again, Some(Vec::new()), "{after:?}");
        }
    };
    let (took, ()) = tokio::join!(look, late);
    for request in ["two", "three"] {
        world.pass(TimeDelta::hours(6));
        function.look(request).await.unwrap().unwrap();
    }
    let state = world.lock();
    let repeats = state.published.iter().filter_map(|it| {
        let repeats = it.raw["detail"]["repeats"].as_array()?.iter();
        Some(repeats.map(|it| it["more"].as_i64().unwrap()))
    });
    let told: i64 = repeats.flatten().sum();
    assert_eq!(told, 1 + i64::from(after.is_some()), "{after:?}");
    took
}

#[tokio::test(start_paused = true)]
async fn drifted_policies_are_counted_when_they_are_told() {
    let drift = |id: &str, state: &str| {
        json!({
            "id": id, "source": "aws-backup-solution", "detail-type": "Backup Policy Drift",
            "account": "222222222222",
            "detail": {"key": format!("policy-drift/{state}"), "state": state, "summary": state},
        })
    };
    let world = World::new(NOON);
    let function = world.function().await;
    let events = [
        drift("d-1", "DRIFTED"),
        drift("d-2", "NOT_REPAIRED"),
        drift("d-3", "REPAIRED"),
        failed("e-1", SHOP, world.now()),
    ];
    function.batch("r", &events).await;
    let line = last_metrics(&world);
    assert_eq!(
        (&line["Messages"], &line["DriftedPolicies"]),
        (&json!(4), &json!(2))
    );
    function.batch("s", &[drift("d-4", "DRIFTED")]).await;
    let line = last_metrics(&world);
    assert_eq!(line["Repeated"], 1);
    assert!(line.get("DriftedPolicies").is_none(), "{line}");
}
