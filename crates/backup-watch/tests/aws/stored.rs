//! What is kept in the table, for how long, and at what price; and what happens when it cannot be.

use chrono::TimeDelta;
use serde_json::json;

use crate::looks::{SHOP, crashed_world};
use crate::world::{Fault, World, failed};

const NOON: &str = "2026-01-31T12:00:00Z";

#[tokio::test(start_paused = true)]
async fn events_reasons_and_lists_are_remembered_for_twenty_days() {
    let world = World::new(NOON);
    let event = failed("e-1", SHOP, world.now());
    world.function().await.batch("r", &[event]).await;
    let noon = world.now() + TimeDelta::days(20);
    let midnight = noon - TimeDelta::hours(12);
    for (items, until) in [("event#", noon), ("reason#", noon), ("day#", midnight)] {
        let expires = world.number(items, "expires");
        assert_eq!(expires, [until.timestamp()], "{items}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_reasons_of_a_day_are_spread_over_four_lists() {
    let world = World::new(NOON);
    let function = world.function().await;
    for number in 0..40 {
        let event = failed(
            &format!("e-{number}"),
            &format!("{number:012}"),
            world.now(),
        );
        function.batch("r", &[event]).await;
    }
    assert_eq!(world.items("day#"), 4);
}

#[tokio::test(start_paused = true)]
async fn looks_take_turns_with_two_copies_of_what_they_keep() {
    let world = crashed_world();
    let function = world.function().await;
    for number in 0..5 {
        function
            .look(&format!("look-{number}"))
            .await
            .unwrap()
            .unwrap();
        world.pass(TimeDelta::hours(6));
    }
    assert_eq!(world.items("jobs#eu-west-1#"), 2);
    assert_eq!(world.items("findings#"), 2);
    assert_eq!(
        world.items("names#"),
        1,
        "written once, for nothing changed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeat_costs_two_calls() {
    let world = World::new(NOON);
    let function = world.function().await;
    function
        .batch("r", &[failed("e-1", SHOP, world.now())])
        .await;
    world.lock().calls.clear();
    function
        .batch("s", &[failed("e-2", SHOP, world.now())])
        .await;
    assert_eq!(
        world.lock().calls,
        ["dynamodb:TransactWriteItems", "dynamodb:GetItem"]
    );
}

#[tokio::test(start_paused = true)]
async fn names_that_a_look_reads_are_in_the_next_message() {
    let world = crashed_world();
    let function = world.function().await;
    // Before the first look nobody knows them.
    function
        .batch("r", &[failed("e-1", SHOP, world.now())])
        .await;
    function.look("look").await.unwrap().unwrap();
    let tomorrow = world.now() + TimeDelta::days(1);
    function.batch("s", &[failed("e-2", SHOP, tomorrow)]).await;
    let failure = "backup of EBS failed: Access Denied";
    let subjects = world.subjects();
    assert_eq!(subjects[0], format!("{SHOP}: {failure}"));
    assert_eq!(subjects.last(), Some(&format!("shop: {failure}")));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_refuses_changes_leaves_events_and_looks_to_be_done_again() {
    let world = World::new(NOON);
    let function = world.function().await;
    world.fail("UpdateItem", 1000, Fault::Code("AccessDeniedException"));
    let event = failed("e-1", SHOP, world.now());
    let again = function.batch("r", std::slice::from_ref(&event)).await;
    assert_eq!(again, Some(vec!["e-1".to_string()]));
    let error = function.invoke("i", &event).await.unwrap().unwrap_err();
    assert!(
        error.starts_with("the event is not reported: UpdateItem failed"),
        "{error}"
    );
    let error = function.look("look").await.unwrap().unwrap_err();
    assert!(
        error.starts_with("the look did not end: UpdateItem failed"),
        "{error}"
    );
    world.lock().clear_faults();
    assert_eq!(function.batch("s", &[event]).await, Some(Vec::new()));
    assert_eq!(world.subjects().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_tried_eight_times() {
    let canceled = Fault::Code("TransactionCanceledException");
    for (times, again) in [(7, vec![]), (8, vec!["e-1".to_string()])] {
        let world = World::new(NOON);
        let function = world.function().await;
        world.fail("TransactWriteItems", times, canceled);
        let event = failed("e-1", SHOP, world.now());
        assert_eq!(function.batch("r", &[event]).await, Some(again), "{times}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_one_delivery_is_telling_another_of_the_same_event_waits_and_others_are_counted() {
    let world = World::new(NOON);
    world.fail("Publish", 1, Fault::CrashBefore);
    let event = failed("e-1", SHOP, world.now());
    let one = std::slice::from_ref(&event);
    assert_eq!(world.function().await.batch("r", one).await, None);
    world.pass(TimeDelta::minutes(10));
    let function = world.function().await;
    let waits = Some(vec!["e-1".to_string()]);
    assert_eq!(function.batch("s", one).await, waits);
    assert_eq!(
        function.invoke("i", &event).await.unwrap(),
        Err("the event is being reported by another invocation".to_string())
    );
    let other = failed("e-2", SHOP, world.now());
    assert_eq!(function.batch("t", &[other]).await, Some(Vec::new()));
    // Nor does a look take it over that soon.
    let answer = function.look("look").await.unwrap().unwrap();
    assert_eq!(
        (&answer["messages"], world.subjects().len()),
        (&json!(0), 0)
    );
    world.pass(TimeDelta::minutes(6));
    assert_eq!(function.batch("u", one).await, Some(Vec::new()));
    assert_eq!(world.subjects().len(), 1);
}
