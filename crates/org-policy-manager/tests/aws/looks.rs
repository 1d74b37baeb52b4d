//! What a look at the policies is about, how long it waits, and what it does when it cannot tell.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::drift::{
    LATER, all_drifted, call, deployed, function, id, look, repairing, schedule, texts, unit,
};
use crate::lambda::End;
use crate::stack::{Stack, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Behaviour, Call, Fault, Way, World};

#[tokio::test(start_paused = true)]
async fn a_policy_that_an_update_replaced_is_not_missed() {
    let world = World::new();
    let mut stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    world.somebody(|it| it.delete(&id));
    assert!(succeeded(&stack.update(&properties(1)).await));
    // CloudFormation has not deleted the first one yet.
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    assert!(succeeded(&stack.go_on().await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn only_an_account_that_the_policy_no_longer_reaches_is_told() {
    let (account, elsewhere) = ("444444444441", "333333333333");
    let usual = || json!([unit(1), unit(2), account]);
    for (targets, moved, source, destination, is_told) in [
        (usual(), elsewhere, unit(1), unit(9), true),
        // Into another target, between places that are none, or a target itself.
        (usual(), elsewhere, unit(1), unit(2), false),
        (usual(), elsewhere, unit(8), unit(9), false),
        (usual(), account, unit(1), unit(9), false),
        // Everything is below the root.
        (
            json!("r-mod1"),
            elsewhere,
            "r-mod1".to_owned(),
            unit(9),
            false,
        ),
    ] {
        let world = World::new();
        let given = properties_with(1, json!({ "PolicyTargets": targets }));
        let stack = deployed(&world, &given).await;
        let parameters = json!({
            "accountId": moved, "sourceParentId": source, "destinationParentId": destination,
        });
        stack.lambda.deliver(&call("MoveAccount", parameters)).await;
        let told = world.reports();
        let case = format!("{targets}: {moved} from {source} to {destination}: {told:#?}");
        assert_eq!(!told.is_empty(), is_told, "{case}");
        for it in told {
            assert_eq!(it["eventName"], "MoveAccount");
            assert_eq!(it["by"], "arn:aws:sts::111111111111:assumed-role/Admin/ann");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn memories_of_more_policies_than_a_page_has_are_all_read() {
    let world = World::behaving(Behaviour {
        policies_per_target: 23,
        ..Behaviour::default()
    });
    let (lambda, ids) = all_drifted(&world, 23).await;
    lambda.deliver(&schedule()).await;
    let reports = world.reports();
    let told: Vec<String> = texts(&reports)
        .into_iter()
        .map(|(state, _)| state)
        .collect();
    assert_eq!(told, ["DRIFTED"; 23]);
    let told = reports
        .iter()
        .map(|it| it["policyId"].as_str().unwrap().to_owned());
    assert_eq!(told.collect::<BTreeSet<_>>(), ids.into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn a_policy_about_which_aws_never_answers_leaves_time_for_those_that_are_not_remembered() {
    let world = World::new();
    let mut forgotten = Stack::new(&world, "forgotten");
    forgotten.lambda = function(&world);
    let name = json!({ "PolicyName": "forgotten" });
    assert!(succeeded(
        &forgotten.create(&properties_with(1, name)).await
    ));
    for name in world.parameters() {
        world.remove_parameter(&name);
    }
    let stack = deployed(&world, &properties(1)).await;
    let silent = format!("DescribePolicy {}", id(&world));
    world.inject(Fault::from_then_on(&silent, 0, Way::Hang));
    let mut lambda = stack.lambda.clone();
    lambda.repeats = 0;
    // All attempts of a call that is never answered last longer.
    lambda.timeout = Duration::from_secs(150);
    lambda.deliver(&schedule()).await;
    let told = world.reports();
    assert_eq!(texts(&told).len(), 1, "{told:#?}");
    assert_eq!(told[0]["state"], "UNKNOWN");
    assert_eq!(told[0]["policyName"], "forgotten");
}

#[tokio::test(start_paused = true)]
async fn what_was_put_back_is_looked_at_until_the_listings_show_it_and_no_longer() {
    for (lag, state) in [
        (0, "REPAIRED"),
        (1_800, "REPAIRED"),
        (60_000, "NOT_REPAIRED"),
    ] {
        let lag = Duration::from_millis(lag);
        let world = World::behaving(Behaviour {
            listings_lag: lag,
            ..Behaviour::default()
        });
        let stack = deployed(&world, &repairing(1)).await;
        sleep(lag).await;
        let id = id(&world);
        world.somebody(|it| it.detach(&id, &unit(1)));
        sleep(lag).await;
        world.forget_calls();
        let told = look(&world, &stack).await;
        assert_eq!(texts(&told)[0].0, state, "{lag:?}: {told:#?}");
        let calls = world.calls();
        let attached = calls
            .iter()
            .position(|it| it.operation == "AttachPolicy")
            .unwrap();
        let (before, after) = calls.split_at(attached);
        let looks = |calls: &[Call]| {
            let looks = calls.iter().filter(|it| it.operation == "DescribePolicy");
            looks.map(|it| it.time).collect::<Vec<_>>()
        };
        assert_eq!(
            looks(before).len(),
            2,
            "a difference counts when it is seen twice"
        );
        let began = looks(after)[0] - after[0].time;
        assert!(began < Duration::from_millis(500), "{began:?}");
        if lag.is_zero() {
            assert_eq!(looks(after).len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_full_bus_did_not_take_is_told_by_the_next_attempt() {
    let world = World::new();
    let mut stack = deployed(&world, &properties(1)).await;
    stack.lambda.repeats = 0;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    world.fill_bus(true);
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    let end = stack.lambda.ends().pop().unwrap();
    let expected = "the difference could not be told: PutEvents failed: ThrottlingException: Rate \
                    exceeded";
    assert!(
        matches!(&end, End::Error(it) if it.contains(expected)),
        "{end:?}"
    );
    world.fill_bus(false);
    assert_eq!(look(&world, &stack).await.len(), 1);
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_difference_that_nobody_can_claim_is_looked_at_again() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    world.inject(Fault::once("PutParameter", 0, Way::Refuse));
    assert_eq!(look(&world, &stack).await.len(), 1);
    let ends = stack.lambda.ends().split_off(1);
    assert!(
        matches!(&ends[..], [End::Error(it), End::Ok] if it.contains("PutParameter failed")),
        "{ends:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_difference_whose_claim_is_taken_is_left_to_whoever_has_it_until_they_count_as_dead() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    // The claim is written, and found by the second attempt of the call.
    world.inject(Fault::once("PutParameter", 0, Way::LostAfter));
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    assert_eq!(stack.lambda.ends(), [End::Ok, End::Ok]);
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_put_right_before_it_was_told_is_not_told_with_the_rest() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    let (one, other) = (unit(1), unit(2));
    world.somebody(|it| it.detach(&id, &one));
    world.somebody(|it| it.detach(&id, &other));
    // Both differences are claimed, by somebody who dies.
    world.inject(Fault::once("PutParameter", 0, Way::LostAfter));
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    world.somebody(|it| it.attach(&id, &one));
    sleep(LATER).await;
    let told = texts(&look(&world, &stack).await);
    let [(_, differences)] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(
        matches!(&differences[..], [it] if it.contains(&other)),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_repair_during_which_an_operation_begins_is_not_called_one() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    world.forget_calls();
    let update = json!({
        "RequestType": "Update", "RequestId": "later", "StackId": stack.id(),
        "LogicalResourceId": "Policy",
        "PhysicalResourceId": stack.resource.as_ref().unwrap().physical_id,
    });
    let begins = async {
        let attached = |it: &Call| it.operation == "AttachPolicy" && it.outcome == "ok";
        while !world.calls().iter().any(attached) {
            sleep(Duration::from_millis(1)).await;
        }
        world.expect_answer(&update);
    };
    let (told, ()) = tokio::join!(look(&world, &stack), begins);
    assert_eq!(told, Vec::<Value>::new());
    let ends = stack.lambda.ends().split_off(1);
    let expected = "an operation of its stack began after 1 changes had been put back";
    assert!(
        matches!(&ends[..], [End::Error(it), End::Ok] if it.contains(expected)),
        "{ends:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_put_back_at_last_is_told_with_the_time_when_it_was_first_seen() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    world.inject(Fault::from_then_on("AttachPolicy", 0, Way::Refuse));
    let first = look(&world, &stack).await;
    assert_eq!(texts(&first)[0].0, "NOT_REPAIRED");
    let since = first[0]["since"].as_str().unwrap();
    assert!(since.starts_with("2027-01-15T08:00:"), "{since}");
    world.heal();
    sleep(LATER).await;
    world.somebody(|it| it.detach(&id, &unit(2)));
    let then = look(&world, &stack).await;
    assert_eq!(texts(&then)[0].0, "REPAIRED");
    assert_eq!(then[0]["since"], since);
    // What comes again is another matter.
    world.somebody(|it| it.detach(&id, &unit(1)));
    let again = look(&world, &stack).await;
    assert_eq!(texts(&again)[0].0, "REPAIRED");
    assert_ne!(again[0]["since"], since);
}
