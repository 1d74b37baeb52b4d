//! Many targets at AWS's request rates, and few when too many are asked for.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stack::{Stack, succeeded};
use crate::template::properties_with;
use crate::world::{Behaviour, Fault, Status, Way, World};

fn at_awss_rates() -> World {
    World::behaving(Behaviour {
        enforce_rates: true,
        ..Behaviour::default()
    })
}

fn on(world: &World, targets: std::ops::Range<usize>) -> Value {
    let units: Vec<String> = world.somebody(|it| targets.map(|n| it.unit(n)).collect());
    properties_with(1, json!({ "PolicyTargets": units }))
}

fn writes(world: &World) -> usize {
    let reads = ["AssumeRole", "PUT answer"];
    let calls = world.calls();
    let writes = calls.iter().filter(|it| {
        !reads.contains(&it.operation.as_str())
            && !it.operation.starts_with("List")
            && !it.operation.starts_with("Describe")
    });
    writes.count()
}

#[tokio::test(start_paused = true)]
async fn two_hundred_targets_fit_into_five_minutes() {
    let world = at_awss_rates();
    let mut stack = Stack::new(&world, "backup");
    let began = world.now();
    let answer = stack.create(&on(&world, 0..200)).await;
    assert!(succeeded(&answer), "{answer:?}");
    let organization = world.organization();
    let policy = organization.policy_named("daily").unwrap();
    assert_eq!(organization.targets_of(&policy.id).len(), 200);
    let taken = world.now() - began;
    assert!(taken < Duration::from_secs(300), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_of_targets_too_long_for_the_answer_is_left_out_of_it() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let answer = stack.create(&on(&world, 0..250)).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert_eq!(answer.data["PolicyTargets"], Value::Null);
    assert_eq!(answer.data["PolicyName"], "daily");
    assert!(answer.reason.contains("PolicyTargets"), "{}", answer.reason);
}

#[tokio::test(start_paused = true)]
async fn two_thousand_targets_are_refused_before_anything_is_written() {
    let world = at_awss_rates();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    let properties = on(&world, 0..2_000);
    let answer = stack.create(&properties).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("parent organizational unit"),
        "{}",
        answer.reason
    );
    assert_eq!(writes(&world), 0);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn an_update_to_too_many_targets_changes_nothing_either() {
    let world = at_awss_rates();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&on(&world, 0..3)).await));
    let before = world.organization();
    world.forget_calls();
    let answer = stack.update(&on(&world, 1..1_000)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert_eq!(writes(&world), 0);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_attachments_are_undone_at_awss_rates_when_the_last_is_refused() {
    let world = at_awss_rates();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&on(&world, 0..2)).await));
    let before = world.organization();
    world.inject(Fault::from_then_on("UntagResource", 0, Way::Refuse));
    let mut more = on(&world, 0..103);
    more["PolicyTargets"][102] = json!("ou-mod1-doesnotexist");
    let answer = stack.update(&more).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("TargetNotFoundException"),
        "{}",
        answer.reason
    );
    assert!(
        answer.reason.contains("as it was before"),
        "{}",
        answer.reason
    );
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_policy_on_two_hundred_targets_is_deleted() {
    let world = at_awss_rates();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&on(&world, 0..200)).await));
    let answer = stack.delete().await;
    assert!(succeeded(&answer), "{answer:?}");
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_slow_aws_stops_an_update_in_time_to_undo_it() {
    let world = World::behaving(Behaviour {
        latency: Duration::from_millis(1_500),
        ..Behaviour::default()
    });
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&on(&world, 0..2)).await));
    let before = world.organization();
    let answer = stack.update(&on(&world, 0..150)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("time ran short"),
        "{}",
        answer.reason
    );
    assert_eq!(world.organization(), before, "{}", answer.reason);
}
