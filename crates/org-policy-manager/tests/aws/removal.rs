//! A Delete that meets somebody who attaches the policy again.

use std::future::pending;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::stack::{Stack, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Answer, Fault, Status, Way, World};

const POLICY: &str = "p-model00001";

/// A Delete during which somebody attaches the policy again, so many times, whenever it is attached
/// to nothing; and how long its answer took.
async fn deleted(world: &World, times: usize) -> (Answer, Duration) {
    let mut stack = Stack::new(world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let began = world.now();
    world.forget_calls();
    let attached_again = async {
        for _ in 0..times {
            while !world.organization().targets_of(POLICY).is_empty() {
                sleep(Duration::from_millis(1)).await;
            }
            world.somebody(|it| it.attach(POLICY, "ou-mod1-00000007"));
        }
        pending::<Answer>().await
    };
    let answer = tokio::select! {
        answer = stack.delete() => answer.unwrap(),
        answer = attached_again => answer,
    };
    let mut calls = world.calls().into_iter();
    let put = calls.find(|it| it.operation == "PUT answer");
    (answer, put.unwrap().time - began)
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_was_attached_again_meanwhile_is_detached_again_after_a_pause() {
    for (times, longest) in [(0, 500), (1, 2_500)] {
        let world = World::new();
        let (answer, taken) = deleted(&world, times).await;
        assert_eq!(answer.status, Status::Success, "{}", answer.reason);
        assert!(world.organization().policies.is_empty());
        let paused = Duration::from_millis(500 * times as u64);
        let longest = Duration::from_millis(longest);
        assert!(paused <= taken && taken < longest, "{taken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_attached_again_and_again_is_not_said_to_be_deleted() {
    let world = World::new();
    let (answer, _) = deleted(&world, usize::MAX).await;
    assert_eq!(answer.status, Status::Failed);
    let expected = "the policy p-model00001 is not deleted: AWS still finds it attached after it \
                    was detached from everything 5 times: DeletePolicy failed: PolicyInUseException: ";
    assert!(answer.reason.starts_with(expected), "{}", answer.reason);
    assert!(world.organization().policies.contains_key(POLICY));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_attached_to_nothing_and_not_deleted_is_said_to_be_so() {
    let lost = Fault::once("DetachPolicy", 0, Way::LostAfter);
    let refused = |operation| Fault::from_then_on(operation, 0, Way::Refuse);
    for (faults, failed) in [
        (vec![refused("DeletePolicy")], "DeletePolicy"),
        (vec![lost, refused("DetachPolicy")], "DetachPolicy"),
    ] {
        let world = World::new();
        let mut stack = Stack::new(&world, "backup");
        let given = properties_with(1, json!({ "PolicyTargets": "ou-mod1-00000001" }));
        assert!(succeeded(&stack.create(&given).await));
        faults.into_iter().for_each(|fault| world.inject(fault));
        let reason = stack.delete().await.unwrap().reason;
        let expected = format!(
            "the policy p-model00001 is attached to nothing but not deleted: {failed} failed: \
             AccessDeniedException: "
        );
        assert!(reason.starts_with(&expected), "{reason}");
    }
}
