//! A request that Lambda repeats when CloudFormation no longer waits for it changes nothing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::{Call, Story, prepare};
use crate::judge::{seen, state};
use crate::lambda::End;
use crate::stack::{Resource, Stack, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Behaviour, Fault, HOME, Organization, Status, Way, World};

/// A cell of the fault table: a process dies, CloudFormation undoes the request or the user deletes
/// again, and then Lambda repeats it.
pub async fn cell(
    story: Story,
    call: &Call,
    way: Way,
    after: &Organization,
) -> (String, Vec<String>) {
    let (world, mut stack) = prepare(story).await;
    let before = world.both_organizations();
    stack.lambda.repeats = 0;
    world.inject(Fault::once(&call.operation, call.earlier, way));
    let answer = story.ask(&mut stack).await;
    world.heal();
    let event = stack.events.last().unwrap().clone();
    stack.undo().await;
    if story == Story::Delete && stack.resource.is_some() {
        stack.delete().await;
    }
    let undone = world.both_organizations();
    stack.lambda.repeats = 2;
    stack.come_again(&event).await;
    let now = world.both_organizations();

    let mut broken = Vec::new();
    let word = state(&before, after, &now);
    let wanted = match story {
        Story::Delete => "after",
        Story::Create | Story::Update | Story::Move => "before",
    };
    if !word.starts_with(wanted) {
        broken.push(format!("not {wanted} at last: {:#?}", now.policies));
    }
    if seen(&now) != seen(&undone) {
        broken.push("the repetition changed something".to_owned());
    }
    if stack.lambda.ends().last() != Some(&End::Ok) {
        broken.push("the repetition did not return".to_owned());
    }
    let outcome = match answer {
        Some(it) if it.status == Status::Success => "SUCCESS",
        Some(_) => "FAILED",
        None => "no answer",
    };
    (format!("{outcome}, then {word}"), broken)
}

/// The function dies in a call, and Lambda repeats nothing yet; the event.
async fn dies(stack: &mut Stack, world: &World, operation: &str, way: Way, new: &Value) -> Value {
    stack.lambda.repeats = 0;
    world.inject(Fault::once(operation, 0, way));
    match stack.resource {
        None => _ = stack.create(new).await,
        Some(_) => _ = stack.update(new).await,
    }
    world.heal();
    stack.lambda.repeats = 2;
    stack.events.last().unwrap().clone()
}

/// Writes to Organizations since the calls were last forgotten.
fn writes(world: &World) -> Vec<String> {
    let reads = ["Describe", "List"];
    let calls = world.calls().into_iter();
    let writes = calls.filter(|it| it.service == "organizations");
    let writes = writes.map(|it| it.operation);
    writes
        .filter(|it| !reads.iter().any(|read| it.starts_with(read)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_stack_is_gone_makes_nothing() {
    // Before the answer, so that CloudFormation's Delete comes first; and after it.
    for (operation, way) in [
        ("CreatePolicy", Way::CrashBefore),
        ("AttachPolicy", Way::CrashAfter),
        ("PUT answer", Way::CrashAfter),
        ("UntagResource", Way::CrashBefore),
    ] {
        let world = World::new();
        let mut stack = Stack::new(&world, "backup");
        let event = dies(&mut stack, &world, operation, way, &properties(1)).await;
        stack.undo().await;
        let empty = world.organization();
        assert!(empty.policies.is_empty());
        world.forget_calls();
        let answer = stack.come_again(&event).await.unwrap();
        assert_eq!(world.organization(), empty, "{operation}");
        assert_eq!(writes(&world), Vec::<String>::new(), "{operation}");
        assert_eq!(stack.lambda.ends().last(), Some(&End::Ok));
        let reason = "CloudFormation no longer waits for this request (the resource is \
                      DELETE_COMPLETE); everything is as it was before";
        assert_eq!(answer.reason, reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_cancelled_while_it_is_at_work_leaves_nothing() {
    let world = World::new();
    let [mut stack, mut same] = [(); 2].map(|()| Stack::new(&world, "backup"));
    let throttled = Fault {
        times: Some(6),
        ..Fault::once("CreatePolicy", 0, Way::Throttle)
    };
    world.inject(throttled);
    // Another resource of the stack fails. CloudFormation waits no longer, and its Delete is done
    // before the policy is there.
    let delete = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        same.events.push(Value::Null);
        same.resource = Some(Resource {
            physical_id: "backup-Policy-1W2X3Y4Z5A6B7".to_owned(),
            properties: properties(1),
        });
        let answer = same.delete().await;
        assert!(
            world.organization().policies.is_empty(),
            "too late for this test"
        );
        answer
    };
    let properties = properties(1);
    let (created, deleted) = tokio::join!(stack.create(&properties), delete);
    assert!(succeeded(&deleted));
    assert!(!succeeded(&created));
    assert!(writes(&world).contains(&"DeletePolicy".to_owned()));
    assert!(world.organization().policies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_update_that_was_rolled_back_makes_no_policy_anew() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    // By hand, so that the Update makes it anew, and the rollback once more.
    world.somebody(|it| it.delete("p-model00001"));
    let event = dies(
        &mut stack,
        &world,
        "PUT answer",
        Way::CrashAfter,
        &properties(2),
    )
    .await;
    stack.undo().await;
    let undone = world.organization();
    assert_eq!(undone.policies.len(), 1);
    assert!(stack.come_again(&event).await.is_some());
    assert_eq!(world.organization(), undone);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_was_rolled_back_is_not_made_again() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let event = dies(
        &mut stack,
        &world,
        "PUT answer",
        Way::CrashAfter,
        &properties(2),
    )
    .await;
    stack.undo().await;
    let undone = world.organization();
    assert!(undone.policy_named("daily").is_some());
    let answer = stack.come_again(&event).await.unwrap();
    assert_eq!(world.organization(), undone);
    assert!(
        answer.reason.contains("UPDATE_COMPLETE"),
        "{}",
        answer.reason
    );
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_attempt_left_and_no_delete_found_is_removed() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let event = dies(
        &mut stack,
        &world,
        "CreatePolicy",
        Way::CrashAfter,
        &properties(1),
    )
    .await;
    assert_eq!(world.organization().policies.len(), 1);
    // CloudFormation gave the Create up, and its Delete has not come yet.
    assert!(!succeeded(&stack.come_again(&event).await));
    assert!(world.organization().policies.is_empty());
    assert!(succeeded(&stack.go_on().await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_answered_before_it_died_is_answered_again_and_unmarked() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let event = dies(
        &mut stack,
        &world,
        "UntagResource",
        Way::CrashBefore,
        &properties(1),
    )
    .await;
    let first = world.answers().pop().unwrap();
    assert_eq!(stack.come_again(&event).await, Some(first));
    let organization = world.organization();
    let policy = organization.policy_named("daily").unwrap();
    assert!(!policy.tags.contains_key("backup-org-policy:unanswered"));
    assert_eq!(organization.targets_of(&policy.id).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_status_that_shows_late_is_waited_for() {
    let world = World::behaving(Behaviour {
        stacks_lag: Duration::from_millis(900),
        ..Behaviour::default()
    });
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let tags = &world.organization().policies["p-model00001"].tags;
    assert!(
        !tags.contains_key("backup-org-policy:unanswered"),
        "{tags:?}"
    );
    assert!(succeeded(&stack.update(&properties(2)).await));
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_nothing_is_made_and_a_policy_that_is_there_is_changed() {
    for way in [Way::Refuse, Way::Throttle, Way::ServerError(500), Way::Hang] {
        let world = World::new();
        let mut stack = Stack::new(&world, "backup");
        let unanswerable = || Fault::from_then_on("DescribeStackResource", 0, way);
        world.inject(unanswerable());
        let answer = stack.create(&properties(1)).await.unwrap();
        assert_eq!(answer.status, Status::Failed, "{way:?}");
        assert!(
            answer.reason.contains("DescribeStackResource failed"),
            "{}",
            answer.reason
        );
        assert!(world.organization().policies.is_empty());
        assert!(succeeded(&stack.go_on().await.unwrap()));
        world.heal();
        assert!(succeeded(&stack.create(&properties(1)).await));
        world.inject(unanswerable());
        let answer = stack.update(&properties(2)).await;
        assert!(succeeded(&answer), "{way:?}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_of_another_account_is_served_without_the_question() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    stack.account = "333333333333".to_owned();
    assert!(succeeded(&stack.create(&properties(1)).await));
    assert!(succeeded(&stack.update(&properties(2)).await));
    assert!(succeeded(&stack.delete().await));
    let asked = world.calls();
    assert!(
        asked
            .iter()
            .all(|it| it.operation != "DescribeStackResource")
    );
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_change_asks_nothing() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert_eq!(stack.account, HOME);
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.forget_calls();
    let same = properties_with(1, json!({}));
    assert!(succeeded(&stack.update(&same).await));
    assert!(succeeded(&stack.delete().await));
    let asked = world.calls();
    assert!(
        asked
            .iter()
            .all(|it| it.operation != "DescribeStackResource")
    );
}
