//! Events: told once, counted exactly, whatever fails in between.

use chrono::TimeDelta;
use serde_json::json;

use crate::world::{Fault, World, failed};

const SHOP: &str = "444444444441";
const NOON: &str = "2026-01-31T12:00:00Z";

fn world() -> World {
    World::new(NOON)
}

/// As SQS delivers it again after a crash: half an hour later, to a new process.
async fn redelivered(world: &World, event: &serde_json::Value) {
    for attempt in 0..5 {
        world.pass(TimeDelta::minutes(31));
        let function = world.function().await;
        let request = format!("again-{attempt}");
        if function.batch(&request, std::slice::from_ref(event)).await == Some(Vec::new()) {
            return;
        }
    }
    panic!("never done");
}

#[tokio::test(start_paused = true)]
async fn the_first_of_a_reason_is_told_at_once_and_the_others_are_counted_and_told_the_day_after() {
    let world = world();
    let function = world.function().await;
    let events: Vec<_> = (0..38)
        .map(|number| failed(&format!("e-{number}"), SHOP, world.now()))
        .collect();
    for (number, batch) in events.chunks(10).enumerate() {
        let again = function.batch(&format!("r-{number}"), batch).await;
        assert_eq!(again, Some(Vec::new()));
    }
    assert_eq!(
        world.subjects(),
        [format!("{SHOP}: backup of EBS failed: Access Denied")]
    );
    // A look on the same day says nothing, one on the next says the rest, one after that nothing.
    for (hours, messages) in [(6, 1), (12, 2), (6, 2)] {
        world.pass(TimeDelta::hours(hours));
        function
            .look(&format!("look-{hours}-{messages}"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(world.subjects().len(), messages, "{:?}", world.subjects());
    }
    assert_eq!(
        world.subjects()[1],
        "37 more events like those that were reported"
    );
    let email = world.lock().published[1].email.clone();
    let line = format!(
        "- {SHOP}: backup of EBS failed: Access Denied: and 37 more like it on 2026-01-31\n"
    );
    assert!(email.contains(&line), "{email}");
}

#[tokio::test(start_paused = true)]
async fn machines_get_the_event_as_it_came_and_people_a_text() {
    let world = world();
    let event = failed("e-1", SHOP, world.now());
    world
        .function()
        .await
        .batch("r", std::slice::from_ref(&event))
        .await;
    let published = world.lock().published.remove(0);
    assert_eq!(published.raw, event);
    assert!(
        published.email.contains("What to do: "),
        "{}",
        published.email
    );
}

#[tokio::test(start_paused = true)]
async fn another_account_reason_or_day_is_another_message() {
    let world = world();
    let function = world.function().await;
    let mut other = failed("e-2", SHOP, world.now());
    other["detail"]["statusMessage"] = json!("no key");
    let events = [
        failed("e-1", SHOP, world.now()),
        other,
        failed("e-3", "444444444442", world.now()),
        failed("e-4", SHOP, world.now() + TimeDelta::days(1)),
    ];
    function.batch("r", &events).await;
    assert_eq!(world.subjects().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_twice_is_told_and_counted_once() {
    let world = world();
    let function = world.function().await;
    let event = failed("e-1", SHOP, world.now());
    for request in ["r-1", "r-2", "r-3"] {
        let batch = [event.clone(), event.clone()];
        assert_eq!(function.batch(request, &batch).await, Some(Vec::new()));
        world.pass(TimeDelta::hours(7));
    }
    assert_eq!(world.subjects().len(), 1);
    assert_eq!(world.number("reason#", "w_count"), [1]);
}

#[tokio::test(start_paused = true)]
async fn fifty_events_and_their_duplicates_in_two_invocations_at_once_are_one_message_and_a_count_of_fifty()
 {
    let world = world();
    let functions = [world.function().await, world.function().await];
    let events: Vec<_> = (0..50)
        .map(|number| failed(&format!("e-{number}"), SHOP, world.now()))
        .collect();
    // As many at once as the template's queue lets there be (MaximumConcurrency).
    let deliveries = functions.iter().map(|function| async {
        let mut again = Vec::new();
        for batch in events.chunks(10) {
            again.extend(function.batch("r", batch).await.unwrap());
        }
        again
    });
    let again = all(deliveries).await.concat();
    // Only the twin of the event that is being told waits for its end.
    assert!(again.len() <= 1, "{again:?}");
    assert_eq!(world.subjects().len(), 1);
    assert_eq!(world.number("reason#", "w_count"), [50]);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_deliveries_at_once_are_one_message_and_counted_once_however_often_they_come() {
    let world = world();
    let function = world.function().await;
    let events: Vec<_> = (0..50)
        .map(|number| failed(&format!("e-{number}"), SHOP, world.now()))
        .collect();
    let deliveries = events.iter().chain(&events);
    let deliveries = deliveries.map(|event| function.batch("r", std::slice::from_ref(event)));
    let again: Vec<String> = all(deliveries)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    for event in &events {
        if again.iter().any(|id| *id == event["id"]) {
            redelivered(&world, event).await;
        }
    }
    assert_eq!(world.subjects().len(), 1);
    assert_eq!(world.number("reason#", "w_count"), [50]);
}

/// All of them beside each other.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut under_way: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = under_way.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut is_done = true;
        for (future, result) in under_way.iter_mut().zip(&mut done) {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *result = Some(output),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        match is_done {
            true => std::task::Poll::Ready(done.iter_mut().map(|it| it.take().unwrap()).collect()),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_at_any_call_loses_no_message_and_counts_nothing_twice() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for number in 1.. {
            let world = world();
            let function = world.function().await;
            let event = failed("e-1", SHOP, world.now());
            world.fail_nth(number, fault);
            let done = function.batch("r", std::slice::from_ref(&event)).await;
            let died_at = world.lock().calls.last().cloned().unwrap();
            if done.is_some() {
                assert!(number > 6, "{number}");
                break;
            }
            redelivered(&world, &event).await;
            // Told, and not noted: the one window in which nobody can know.
            let twice = (fault == Fault::CrashAfter && died_at == "sns:Publish")
                || (fault == Fault::CrashBefore && died_at == "dynamodb:UpdateItem" && number > 6);
            let told = world.subjects().len();
            assert_eq!(
                told,
                if twice { 2 } else { 1 },
                "{fault:?} {number} {died_at}"
            );
            assert_eq!(
                world.number("reason#", "w_count"),
                [1],
                "{fault:?} {number}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_at_any_call_costs_no_message_and_counts_nothing_twice() {
    for fault in [
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::Code("ThrottlingException"),
    ] {
        for number in 1..=7 {
            let world = world();
            let function = world.function().await;
            let event = failed("e-1", SHOP, world.now());
            world.fail_nth(number, fault);
            let again = function
                .batch("r", std::slice::from_ref(&event))
                .await
                .unwrap();
            let failed_at = world.lock().calls[number - 1].clone();
            if !again.is_empty() {
                redelivered(&world, &event).await;
            }
            // SNS has no way to ask whether a message was taken.
            let most = usize::from(failed_at == "sns:Publish" && fault == Fault::LostAfter) + 1;
            let told = world.subjects().len();
            assert!(
                (1..=most).contains(&told),
                "{told} {fault:?} {number} {failed_at}"
            );
            assert_eq!(
                world.number("reason#", "w_count"),
                [1],
                "{fault:?} {number}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn transactions_that_meet_are_tried_again_and_counted_once() {
    let world = world();
    let function = world.function().await;
    world.fail(
        "TransactWriteItems",
        5,
        Fault::Code("TransactionCanceledException"),
    );
    let again = function
        .batch("r", &[failed("e-1", SHOP, world.now())])
        .await;
    assert_eq!(again, Some(Vec::new()));
    assert_eq!(world.number("reason#", "w_count"), [1]);
}

#[tokio::test(start_paused = true)]
async fn changes_that_meet_a_transaction_of_another_event_are_tried_again() {
    let conflict = Fault::Code("TransactionConflictException");
    for change in 0..3 {
        let world = world();
        let function = world.function().await;
        world.fail_after("UpdateItem", change, 5, conflict);
        let again = function
            .batch("r", &[failed("e-1", SHOP, world.now())])
            .await;
        assert_eq!(again, Some(Vec::new()), "{change}");
        assert_eq!(world.subjects().len(), 1, "{change}");
        world.pass(TimeDelta::hours(1));
        function.look("look").await.unwrap().unwrap();
        assert_eq!(world.subjects().len(), 1, "{change}: told twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_owner_never_came_back_is_told_by_the_next_look() {
    let world = world();
    let function = world.function().await;
    world.fail("Publish", 1, Fault::CrashBefore);
    function
        .batch("r", &[failed("e-1", SHOP, world.now())])
        .await;
    assert_eq!(world.subjects().len(), 0);
    world.pass(TimeDelta::hours(1));
    let function = world.function().await;
    for (request, messages) in [("look-1", 1), ("look-2", 0)] {
        let answer = function.look(request).await.unwrap().unwrap();
        assert_eq!(answer["messages"], messages);
        world.pass(TimeDelta::hours(6));
    }
    assert_eq!(
        world.subjects(),
        [format!("{SHOP}: backup of EBS failed: Access Denied")]
    );
}

#[tokio::test(start_paused = true)]
async fn one_event_that_cannot_be_told_stops_none_of_the_others() {
    let world = world();
    let function = world.function().await;
    world.fail_after(
        "TransactWriteItems",
        1,
        5,
        Fault::Code("ThrottlingException"),
    );
    let events = [
        failed("e-1", SHOP, world.now()),
        failed("e-2", "444444444442", world.now()),
        failed("e-3", "444444444443", world.now()),
    ];
    assert_eq!(
        function.batch("r", &events).await,
        Some(vec!["e-2".to_string()])
    );
    assert_eq!(world.subjects().len(), 2);
    assert_eq!(function.batch("r-2", &events[1..2]).await, Some(Vec::new()));
    assert_eq!(world.subjects().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_event_goes_to_the_dead_letters_and_the_others_are_told() {
    let world = world();
    let payload = json!({"Records": [
        {"messageId": "a", "body": "no json"},
        {"messageId": "b", "body": failed("e-1", SHOP, world.now()).to_string()},
    ]});
    let answer = world
        .function()
        .await
        .invoke("r", &payload)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "a"}]})
    );
    assert_eq!(world.subjects().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_queue_is_told_too() {
    let world = world();
    let function = world.function().await;
    let event = failed("e-1", SHOP, world.now());
    assert_eq!(
        function.invoke("r", &event).await.unwrap(),
        Ok(json!({"outcome": "Sent"}))
    );
    assert_eq!(
        function.invoke("r", &event).await.unwrap(),
        Ok(json!({"outcome": "Counted"}))
    );
}

#[tokio::test(start_paused = true)]
async fn messages_and_repeats_are_counted_as_metrics_without_dimensions() {
    let world = world();
    let function = world.function().await;
    let quiet = json!({"id": "q", "source": "aws.backup", "detail-type": "Backup Job State Change",
                       "account": SHOP, "detail": {"state": "COMPLETED"}});
    let events = [
        failed("e-1", SHOP, world.now()),
        failed("e-2", SHOP, world.now()),
        quiet,
    ];
    function.batch("r", &events).await;
    let line = world.lock().metrics.remove(0);
    for (name, count) in [("Messages", 1), ("Repeated", 1), ("Quiet", 1)] {
        assert_eq!(line[name], count, "{line}");
    }
    assert!(line.get("DriftedPolicies").is_none(), "{line}");
    assert_eq!(
        line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
        json!([[]])
    );
}

#[tokio::test(start_paused = true)]
async fn twelve_days_of_storms_loses_nothing_and_repeats_nothing() {
    for seed in 0..1 {
        let world = World::new("2026-03-01T00:30:00Z");
        let mut rng = fastrand::Rng::with_seed(seed);
        world.storm(seed, 15);
        let mut waiting: Vec<serde_json::Value> = Vec::new();
        let mut expected = std::collections::BTreeSet::new();
        let mut count = 0;
        let mut function = world.function().await;
        for step in 0..12 * 4 {
            for number in 0..rng.usize(0..6) {
                let account = format!("44444444444{}", rng.u8(0..3));
                let event = failed(&format!("e-{step}-{number}"), &account, world.now());
                expected.insert((account, world.now().date_naive()));
                count += 1;
                waiting.push(event.clone());
                if rng.u8(0..10) == 0 {
                    waiting.push(event);
                }
            }
            rng.shuffle(&mut waiting);
            for (number, event) in std::mem::take(&mut waiting).into_iter().enumerate() {
                let request = format!("r-{step}-{number}");
                let done = function.batch(&request, std::slice::from_ref(&event)).await;
                if done != Some(Vec::new()) {
                    waiting.push(event);
                }
            }
            let _ = function.look(&format!("look-{step}")).await;
            world.pass(TimeDelta::hours(6));
            if rng.u8(0..5) == 0 {
                function = world.function().await;
            }
        }
        world.storm(0, 0);
        for event in waiting {
            function.batch("last", &[event]).await;
        }
        for step in 0..8 {
            function
                .look(&format!("quiet-{step}"))
                .await
                .unwrap()
                .unwrap();
            world.pass(TimeDelta::hours(6));
        }
        let subjects = world.subjects();
        let told = subjects
            .iter()
            .filter(|it| it.contains("backup of EBS failed"));
        assert_eq!(told.count(), expected.len(), "seed {seed}: {subjects:#?}");
        assert_eq!(
            world.number("reason#", "w_count").iter().sum::<i64>(),
            count
        );
        // Each first event and each repeat was told.
        let repeats: i64 = subjects
            .iter()
            .filter_map(|it| it.split(" more event").next()?.parse::<i64>().ok())
            .sum();
        let expected = i64::try_from(expected.len()).unwrap();
        assert_eq!(repeats + expected, count, "seed {seed}");
    }
}

/// Events of different accounts, so of different reasons.
fn of_ten_accounts(world: &World) -> Vec<serde_json::Value> {
    let all = (0..10).map(|n| failed(&format!("e-{n}"), &format!("44444444444{n}"), world.now()));
    all.collect()
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_never_answers_for_some_keeps_no_other_message_of_the_batch_from_being_told() {
    let world = world();
    let function = world.function().await;
    // Three messages' attempts, for which the invocation's time is too short.
    world.fail("Publish", 15, Fault::Hang);
    let events = of_ten_accounts(&world);
    let again = function.batch("r", &events).await.unwrap();
    assert!((1..=7).contains(&again.len()), "{again:?}");
    assert_eq!(world.subjects().len() + again.len(), 10);
    // What was not told is free for the next delivery, at once.
    let rest: Vec<_> = events
        .into_iter()
        .filter(|it| again.iter().any(|id| it["id"] == **id))
        .collect();
    assert_eq!(function.batch("s", &rest).await, Some(Vec::new()));
    assert_eq!(world.subjects().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_never_answers_leaves_every_message_to_the_next_delivery() {
    let world = world();
    let function = world.function().await;
    world.fail("Publish", usize::MAX, Fault::Hang);
    let events = of_ten_accounts(&world);
    let again = function.batch("r", &events).await.unwrap();
    assert_eq!(again.len(), 10);
    world.lock().clear_faults();
    world.pass(TimeDelta::minutes(6));
    assert_eq!(function.batch("s", &events).await, Some(Vec::new()));
    assert_eq!(world.subjects().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn names_that_never_come_delay_no_message() {
    let world = world();
    let function = world.function().await;
    world.fail("GetItem", 1, Fault::Hang);
    let began = tokio::time::Instant::now();
    let event = failed("e-1", SHOP, world.now());
    assert_eq!(function.batch("r", &[event]).await, Some(Vec::new()));
    assert_eq!(world.subjects().len(), 1);
    let took = began.elapsed().as_secs();
    assert!(took < 10, "{took} s");
}
