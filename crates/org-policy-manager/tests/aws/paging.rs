//! Everything that is listed comes in pages, some of them empty.

use serde_json::json;

use crate::stack::{Stack, succeeded};
use crate::template::properties_with;
use crate::world::{Behaviour, Fault, Way, World};

fn paged() -> World {
    let world = World::behaving(Behaviour {
        page_size: 2,
        empty_first_pages: true,
        ..Behaviour::default()
    });
    world.somebody(|it| {
        for n in 0..25 {
            it.add_foreign_policy(&format!("somebody's {n}"), &[]);
        }
    });
    world
}

#[tokio::test(start_paused = true)]
async fn a_delete_finds_every_target_and_touches_none_of_25_other_policies() {
    let world = paged();
    let units: Vec<String> = world.somebody(|it| (10..55).map(|n| it.unit(n)).collect());
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    let properties = properties_with(1, json!({ "PolicyTargets": units }));
    let answer = stack.create(&properties).await;
    assert!(succeeded(&answer), "{answer:?}");
    // Attached by hand: also found.
    world.somebody(|it| {
        let id = it.policy_named("daily").unwrap().id.clone();
        let by_hand = it.unit(60);
        it.attach(&id, &by_hand);
    });
    let answer = stack.delete().await;
    assert!(succeeded(&answer), "{answer:?}");
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_policy_on_a_later_page_is_found_after_the_answer_to_its_create_was_lost() {
    let world = paged();
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::once("CreatePolicy", 0, Way::LostAfter));
    let answer = stack.create(&properties_with(1, json!({}))).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert_eq!(world.organization().policies.len(), 26);
}

#[tokio::test(start_paused = true)]
async fn a_policy_on_a_later_page_is_found_by_the_delete_of_a_create_that_never_answered() {
    let world = paged();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    stack.lambda.repeats = 0;
    world.inject(Fault::once("AttachPolicy", 1, Way::CrashAfter));
    assert_eq!(stack.create(&properties_with(1, json!({}))).await, None);
    assert_eq!(world.organization().policies.len(), 26);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn an_update_compares_with_the_targets_of_all_pages() {
    let world = paged();
    let units: Vec<String> = world.somebody(|it| (10..30).map(|n| it.unit(n)).collect());
    let mut stack = Stack::new(&world, "backup");
    let answer = stack
        .create(&properties_with(1, json!({ "PolicyTargets": units })))
        .await;
    assert!(succeeded(&answer), "{answer:?}");
    world.forget_calls();
    let fewer = properties_with(1, json!({ "PolicyTargets": units[..15] }));
    assert!(succeeded(&stack.update(&fewer).await));
    let writes = |operation: &str| {
        world
            .calls()
            .iter()
            .filter(|it| it.operation == operation)
            .count()
    };
    assert_eq!((writes("AttachPolicy"), writes("DetachPolicy")), (0, 5));
}
