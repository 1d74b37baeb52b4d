//! What becomes of a request that fails half-way: what is undone in time, and what the answer says
//! of the rest.

use std::sync::Arc;
use std::time::Duration;

use cfn_custom_resource::ANSWER_MARGIN;
use policy_resource::plan::{Change, WRITE_COST, undo_cost};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::stack::{Stack, Waits, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Call, Fault, OTHER_MANAGEMENT, Status, Way, World};

/// A stack whose Update to version 2 is refused at its attachment; the reason.
async fn refused(world: &World, faults: &[Fault]) -> String {
    let mut stack = Stack::new(world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.inject(Fault::once("AttachPolicy", 0, Way::Refuse));
    faults.iter().for_each(|fault| world.inject(fault.clone()));
    let answer = stack.update(&properties(2)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    answer.reason
}

#[tokio::test(start_paused = true)]
async fn an_update_that_lost_no_place_among_its_peers_says_nothing_of_them() {
    let world = World::new();
    let reason = refused(&world, &[]).await;
    assert!(!reason.contains("peers"), "{reason}");
    assert!(
        reason.ends_with("; everything is as it was before"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn changes_that_cannot_be_undone_because_nobody_can_read_the_policy_are_named() {
    let world = World::new();
    let unreadable = Fault::from_then_on("DescribePolicy", 1, Way::Refuse);
    let reason = refused(&world, &[unreadable]).await;
    let expected = "; left behind: on the policy p-model00001 these changes were made, the last \
                    one perhaps: change the name, description, content; set the tags \
                    backup-org-policy:accepted, version; attach to ou-mod1-00000004; they could \
                    not be undone because the policy could not be read (DescribePolicy failed: \
                    AccessDeniedException: ";
    assert!(reason.contains(expected), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_cannot_be_looked_for_is_said_with_what_aws_answered() {
    let refused = || Fault::from_then_on("ListPolicies", 0, Way::Refuse);
    let expected = "ListPolicies failed: AccessDeniedException: ";
    // In the Delete of a Create that never answered.
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    stack.lambda.repeats = 0;
    world.inject(Fault::once("CreatePolicy", 0, Way::CrashAfter));
    assert_eq!(stack.create(&properties(1)).await, None);
    world.inject(refused());
    let reason = stack.go_on().await.unwrap().unwrap().reason;
    assert!(reason.starts_with(expected), "{reason}");
    // And in a move to another organization.
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.inject(refused());
    let given = json!({ "OrgManagementAccount": OTHER_MANAGEMENT, "PolicyTargets": "r-mod2" });
    let reason = stack
        .update(&properties_with(1, given))
        .await
        .unwrap()
        .reason;
    assert!(reason.starts_with(expected), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_create_keeps_the_time_that_undoing_it_takes_at_awss_rates() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    stack.lambda.timeout = Duration::from_secs(20);
    world.inject(Fault::from_then_on("AttachPolicy", 0, Way::Hang));
    assert!(!succeeded(&stack.create(&properties(1)).await));
    let calls = world.calls();
    let undoing = calls
        .iter()
        .find(|it| it.operation == "ListTargetsForPolicy");
    let began = undoing.unwrap().time;
    // Detaching from the target, and deleting the policy; a second is for saying so.
    let needed = undo_cost(&[Change::Attach("ou-mod1-00000001".to_owned())]) + WRITE_COST;
    let kept = stack.lambda.timeout - ANSWER_MARGIN - Duration::from_secs(1) - began;
    // A timer may be late by a millisecond or two.
    assert!(
        kept + Duration::from_millis(100) >= needed,
        "{kept:?} of {needed:?}"
    );
    assert!(world.organization().policies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_move_that_is_cancelled_when_it_is_almost_done_leaves_nothing() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let before = world.both_organizations();
    world.forget_calls();
    let no_longer = Arc::new(Notify::new());
    stack.waits = Waits::UntilAnswered(no_longer.clone());
    // Another resource of the stack fails during the attachment. The answer then comes to nobody.
    let cancelled = async {
        let attached = |it: &Call| it.operation == "AttachPolicy" && it.outcome == "ok";
        while !world.calls().iter().any(attached) {
            sleep(Duration::from_millis(1)).await;
        }
        no_longer.notify_one();
    };
    let given = json!({ "OrgManagementAccount": OTHER_MANAGEMENT, "PolicyTargets": "r-mod2" });
    let moved = properties_with(1, given);
    let (answer, ()) = tokio::join!(stack.update(&moved), cancelled);
    assert_eq!(answer, None);
    world.forget_calls();
    stack.quiet().await;
    let calls = world.calls().into_iter();
    let asked = calls.filter(|it| it.operation == "DescribeStackResource");
    assert_eq!(asked.count(), 1, "what is over is not waited for");
    assert_eq!(world.organization_of(OTHER_MANAGEMENT).policies.len(), 1);
    assert!(succeeded(&stack.go_on().await.expect("the Update back")));
    assert_eq!(world.both_organizations(), before);
}
