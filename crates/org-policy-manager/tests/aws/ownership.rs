//! What is not ours is neither changed nor deleted.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use crate::stack::{Stack, Waits, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Behaviour, Call, Fault, Status, Way, World};

#[tokio::test(start_paused = true)]
async fn a_policy_of_the_same_name_is_left_alone_and_the_remedy_said() {
    let world = World::new();
    world.somebody(|it| {
        let unit = it.unit(1);
        it.add_foreign_policy("daily", &[&unit])
    });
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    let answer = stack.create(&properties(1)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(answer.reason.contains("AdoptExisting"), "{}", answer.reason);
    // A list that has it is not waited for.
    assert!(
        world.now() < Duration::from_millis(500),
        "{:?}",
        world.now()
    );
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_comes_back_to_its_template_takes_over_the_policy_that_it_retained() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let retained = stack.resource.take().unwrap();
    let same_name = properties_with(2, json!({ "PolicyName": "daily" }));
    let answer = stack.create(&same_name).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert_eq!(answer.physical_resource_id, retained.physical_id);
    let organization = world.organization();
    assert_eq!(organization.policies.len(), 1);
    assert_eq!(
        organization.policies["p-model00001"].description,
        "version 2"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_be_adopted_and_is_then_the_stacks_own() {
    let world = World::new();
    let empty = world.organization();
    world.somebody(|it| {
        let unit = it.unit(3);
        it.add_foreign_policy("daily", &[&unit])
    });
    let mut stack = Stack::new(&world, "backup");
    let adopting = properties_with(1, json!({ "AdoptExisting": "true" }));
    let answer = stack.create(&adopting).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert!(answer.physical_resource_id.ends_with("p-model00001"));
    let organization = world.organization();
    assert_eq!(organization.targets_of("p-model00001").len(), 3);
    assert_eq!(
        organization.policies["p-model00001"].description,
        "version 1"
    );
    assert!(succeeded(&stack.delete().await));
    assert_eq!(world.organization(), empty);
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_fails_leaves_the_policy_as_it_was() {
    let world = World::new();
    world.somebody(|it| it.add_foreign_policy("daily", &[]));
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::once("AttachPolicy", 1, Way::Refuse));
    let adopting = properties_with(1, json!({ "AdoptExisting": true }));
    assert!(!succeeded(&stack.create(&adopting).await));
    assert_eq!(world.organization(), before);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn two_stacks_do_not_take_each_others_policy() {
    let world = World::new();
    let [mut first, mut second] = ["first", "second"].map(|name| Stack::new(&world, name));
    assert!(succeeded(&first.create(&properties(1)).await));
    let before = world.organization();
    assert!(!succeeded(&second.create(&properties(1)).await));
    assert!(succeeded(&second.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
    // Not even with the other's physical id.
    second.resource = first.resource.clone();
    assert!(!succeeded(&second.update(&properties(2)).await));
    assert!(succeeded(&second.delete().await));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_policy_without_the_tags_is_not_deleted() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.somebody(|it| it.policies.get_mut("p-model00001").unwrap().tags.clear());
    let before = world.organization();
    let answer = stack.delete().await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(answer.reason.contains("p-model00001"), "{}", answer.reason);
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn the_delete_of_an_unanswered_create_spares_an_older_policy_of_the_same_resource() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    // Retained: the resource left the template, and comes back under the same logical id.
    assert!(succeeded(&stack.create(&properties(1)).await));
    stack.resource = None;
    let before = world.organization();
    stack.lambda.repeats = 0;
    world.inject(Fault::once("CreatePolicy", 0, Way::CrashBefore));
    assert_eq!(stack.create(&properties(1)).await, None);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_delete_spares_what_a_later_create_of_the_resource_is_making() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::from_then_on("CreatePolicy", 0, Way::LostBefore));
    assert!(!succeeded(&stack.create(&properties(1)).await));
    assert!(succeeded(&stack.go_on().await.expect("a Delete")));
    let delete = stack.events.last().unwrap().clone();
    world.heal();
    stack.lambda.repeats = 0;
    world.inject(Fault::once("CreatePolicy", 0, Way::CrashAfter));
    assert_eq!(stack.create(&properties(1)).await, None);
    // The Delete of the first Create comes again: it names that one's request.
    assert!(succeeded(&stack.come_again(&delete).await));
    assert_eq!(world.organization().policies.len(), 1);
    assert!(succeeded(&stack.go_on().await.expect("its own Delete")));
    assert!(world.organization().policies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_delete_of_an_unanswered_create_spares_what_another_resource_is_making() {
    let world = World::new();
    let [mut first, mut second] = ["first", "second"].map(|name| Stack::new(&world, name));
    for (stack, way) in [
        (&mut first, Way::CrashAfter),
        (&mut second, Way::CrashBefore),
    ] {
        stack.lambda.repeats = 0;
        world.inject(Fault::once("CreatePolicy", 0, way));
        assert_eq!(stack.create(&properties(1)).await, None);
    }
    assert!(succeeded(&second.go_on().await.expect("a Delete")));
    assert_eq!(world.organization().policies.len(), 1);
    assert!(succeeded(&first.go_on().await.expect("a Delete")));
    assert!(world.organization().policies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_repeated_create_spares_a_policy_that_was_retained() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let event = stack.events.last().unwrap().clone();
    world.retain(&event);
    let before = world.organization();
    assert!(!succeeded(&stack.come_again(&event).await));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn tags_that_others_put_on_the_policy_stay() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.somebody(|it| {
        let tags = &mut it.policies.get_mut("p-model00001").unwrap().tags;
        tags.insert("cost-centre".to_owned(), "7".to_owned());
    });
    let untagged = properties_with(2, json!({ "Tags": null }));
    assert!(succeeded(&stack.update(&untagged).await));
    let organization = world.organization();
    let tags = &organization.policies["p-model00001"].tags;
    assert_eq!(tags["cost-centre"], "7");
    assert!(!tags.contains_key("version"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_found_in_lists_that_lag_behind() {
    let world = World::behaving(Behaviour {
        listings_lag: Duration::from_secs(2),
        ..Behaviour::default()
    });
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::once("CreatePolicy", 0, Way::LostAfter));
    let answer = stack.create(&properties(1)).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert_eq!(world.organization().policies.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_no_list_shows_in_time_is_removed_by_the_delete_that_follows() {
    for way in [Way::LostAfter, Way::HangAfter] {
        let world = World::behaving(Behaviour {
            listings_lag: Duration::from_secs(60),
            ..Behaviour::default()
        });
        let before = world.organization();
        let mut stack = Stack::new(&world, "backup");
        stack.lambda.timeout = Duration::from_secs(40);
        world.inject(Fault::from_then_on("CreatePolicy", 0, way));
        assert!(!succeeded(&stack.create(&properties(1)).await));
        world.heal();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(succeeded(&stack.go_on().await.unwrap()));
        assert_eq!(world.organization(), before, "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_could_not_be_looked_for_is_removed_by_the_delete_that_follows() {
    let world = World::new();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::once("CreatePolicy", 0, Way::LostAfter));
    world.inject(Fault::from_then_on("ListPolicies", 0, Way::Refuse));
    let answer = stack.create(&properties(1)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("perhaps the policy `daily`"),
        "{}",
        answer.reason
    );
    world.heal();
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_cloudformation_knows_survives_a_repeated_create_that_fails() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    // The answer went out, the process died, and Lambda's second attempt is refused.
    world.inject(Fault::once("UntagResource", 0, Way::CrashBefore));
    world.inject(Fault {
        skip: 1,
        ..Fault::from_then_on("CreatePolicy", 0, Way::Refuse)
    });
    world.inject(Fault {
        skip: 3,
        ..Fault::from_then_on("AttachPolicy", 0, Way::Refuse)
    });
    let answer = stack.create(&properties(1)).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert!(stack.lambda.log().len() > 1);
    assert_eq!(world.organization().targets_of("p-model00001").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_was_found_is_named_by_its_id_when_it_cannot_be_read() {
    let lost = Fault::once("CreatePolicy", 0, Way::LostAfter);
    let forgotten = Fault::from_then_on("CreatePolicy", 0, Way::LostAfter);
    for (created, reading) in [
        (&lost, "DescribePolicy"),
        (&forgotten, "ListTagsForResource"),
        (&forgotten, "ListTargetsForPolicy"),
    ] {
        let world = World::new();
        let before = world.organization();
        let mut stack = Stack::new(&world, "backup");
        world.inject(created.clone());
        world.inject(Fault::from_then_on(reading, 0, Way::Refuse));
        let reason = stack.create(&properties(1)).await.unwrap().reason;
        let expected = "; left behind: perhaps the policy `daily` (p-model00001), which could not be \
                        read (";
        assert!(reason.contains(expected), "{reading}: {reason}");
        world.heal();
        assert!(succeeded(&stack.go_on().await.unwrap()));
        assert_eq!(world.organization(), before, "{reading}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_not_left_because_aws_is_too_busy_to_be_asked_about_it() {
    let world = World::new();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::once("CreatePolicy", 0, Way::LostAfter));
    world.inject(Fault::from_then_on("CreatePolicy", 1, Way::Throttle));
    world.inject(Fault::from_then_on("ListPolicies", 0, Way::Throttle));
    assert!(!succeeded(&stack.create(&properties(1)).await));
    world.heal();
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_cancelled_when_it_is_almost_done_leaves_nothing() {
    let world = World::new();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    let no_longer = Arc::new(Notify::new());
    stack.waits = Waits::UntilAnswered(no_longer.clone());
    // Another resource of the stack fails during the last attachment. The answer then comes to nobody.
    let cancelled = async {
        let attached = |it: &Call| it.operation == "AttachPolicy" && it.outcome == "ok";
        while world.calls().into_iter().filter(attached).count() < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        no_longer.notify_one();
    };
    let given = properties(1);
    let (answer, ()) = tokio::join!(stack.create(&given), cancelled);
    assert_eq!(answer, None);
    stack.quiet().await;
    assert_eq!(world.answers().len(), 1);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn the_search_for_a_policy_ends_on_the_page_that_has_it() {
    let world = World::behaving(Behaviour {
        page_size: 1,
        ..Behaviour::default()
    });
    let mut stack = Stack::new(&world, "backup");
    world.inject(Fault::once("CreatePolicy", 0, Way::LostAfter));
    world.inject(Fault::from_then_on("ListPolicies", 1, Way::Refuse));
    let given = properties(1);
    let (answer, ()) = tokio::join!(stack.create(&given), async {
        // After ours, so that the list has a second page.
        while world.organization().policies.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.somebody(|it| _ = it.add_foreign_policy("theirs", &[]));
    });
    assert!(succeeded(&answer), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_target_is_not_said_to_be_left_when_nobody_could_look() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.inject(Fault::once("DetachPolicy", 0, Way::LostAfter));
    world.inject(Fault::from_then_on("DetachPolicy", 1, Way::Refuse));
    world.inject(Fault::from_then_on("ListTargetsForPolicy", 1, Way::Refuse));
    let reason = stack.delete().await.unwrap().reason;
    let organization = world.organization();
    assert!(!organization.peers().contains_key("ou-mod1-00000001"));
    drop(organization);
    let expected = "is not deleted and perhaps still attached to ou-mod1-00000001, ";
    assert!(reason.contains(expected), "{reason}");
}
