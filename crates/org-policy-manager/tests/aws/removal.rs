//! A Delete that meets somebody who attaches the policy again.

use std::future::pending;
use std::time::Duration;

use tokio::time::sleep;

use crate::stack::{Stack, succeeded};
use crate::template::properties;
use crate::world::{Answer, Status, World};

const POLICY: &str = "p-model00001";

/// A Delete during which somebody attaches the policy again, so many times, whenever it is attached to nothing;
/// and how long its answer took.
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
    let calls = world.calls().into_iter();
    let put = calls.filter(|it| it.operation == "PUT answer").last();
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
    let expected = "the policy p-model00001 is not deleted: AWS still finds it attached after it was \
                    detached from everything 5 times: DeletePolicy failed: PolicyInUseException: ";
    assert!(answer.reason.starts_with(expected), "{}", answer.reason);
    assert!(world.organization().policies.contains_key(POLICY));
}
