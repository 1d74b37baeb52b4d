//! CloudFormation receives one answer whatever happens, in time, and nothing that it must not.

use std::time::Duration;

use serde_json::json;

use crate::lambda::End;
use crate::stack::{Stack, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Fault, Status, Way, World};

#[tokio::test(start_paused = true)]
async fn a_panic_is_answered_without_its_text() {
    for operation in ["AssumeRole", "CreatePolicy", "AttachPolicy"] {
        let world = World::new();
        let before = world.organization();
        let mut stack = Stack::new(&world, "backup");
        world.inject(Fault::once(operation, 0, Way::Panic));
        let answer = stack.create(&properties(1)).await.expect("an answer");
        assert_eq!(answer.status, Status::Failed);
        assert!(!answer.reason.contains("secret"), "{}", answer.reason);
        assert_eq!(stack.lambda.ends(), [End::Ok]);
        world.heal();
        assert!(succeeded(&stack.go_on().await.unwrap()));
        assert_eq!(world.organization(), before, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_aws_that_never_answers_is_reported_before_the_deadline() {
    let operations = ["GetParameter", "AssumeRole", "CreatePolicy", "AttachPolicy"];
    for timeout in [10, 60, 300, 900].map(Duration::from_secs) {
        for operation in operations {
            let world = World::new();
            world.put_parameter("/backup/target/regions", "eu-west-1");
            let mut stack = Stack::new(&world, "backup");
            stack.lambda.timeout = timeout;
            world.inject(Fault::from_then_on(operation, 0, Way::Hang));
            let began = world.now();
            let given = properties_with(1, json!({ "PolicyRegions": null }));
            let answer = stack.create(&given).await.expect("an answer");
            assert_eq!(answer.status, Status::Failed);
            let put = world
                .calls()
                .into_iter()
                .find(|it| it.operation == "PUT answer")
                .unwrap();
            let taken = put.time - began;
            assert!(
                taken <= timeout - Duration::from_millis(2_500),
                "{operation}: {taken:?}"
            );
            assert_eq!(stack.lambda.ends(), [End::Ok]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_wrong_property_is_named_before_anything_is_asked_of_aws() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let wrong = properties_with(
        1,
        json!({
            "PolicyName": "",
            "OrgManagementAccount": "12",
            "PolicyTargets": ["somewhere"],
            "PolicyRegions": "Ireland",
            "PolicyColour": "blue",
        }),
    );
    let answer = stack.create(&wrong).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    let names = [
        "PolicyName",
        "OrgManagementAccount",
        "somewhere",
        "Ireland",
        "PolicyColour",
    ];
    for name in names {
        assert!(answer.reason.contains(name), "{name}: {}", answer.reason);
    }
    let asked: Vec<String> = world.calls().into_iter().map(|it| it.operation).collect();
    assert_eq!(asked, ["PUT answer"]);
    // The Delete of what was never made needs nothing but the answer.
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn properties_of_any_shape_are_answered() {
    let shapes = [
        json!(null),
        json!([]),
        json!("text"),
        json!({}),
        json!({"PolicyContent": 1}),
    ];
    for shape in shapes {
        let world = World::new();
        let mut stack = Stack::new(&world, "backup");
        let answer = stack.create(&shape).await.expect("an answer");
        assert_eq!(answer.status, Status::Failed, "{shape}");
        assert!(succeeded(&stack.go_on().await.unwrap()), "{shape}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_goes_without_valid_properties() {
    let world = World::new();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    stack.resource.as_mut().unwrap().properties = json!({"PolicyTargets": 7});
    assert!(succeeded(&stack.delete().await));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_for_a_request_that_cannot_be_answered() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    stack.answers_to = Some("https://example.com/answers".to_owned());
    assert_eq!(stack.create(&properties(1)).await, None);
    assert_eq!(world.calls(), []);
    let ends = stack.lambda.ends();
    assert!(ends.iter().all(|it| matches!(it, End::Error(_))));
}

#[tokio::test(start_paused = true)]
async fn the_id_of_a_failed_create_says_whether_anything_can_be_left() {
    let lost = Fault::from_then_on("CreatePolicy", 0, Way::LostBefore);
    let lost_after = Fault::once("CreatePolicy", 0, Way::LostAfter);
    let refused = |operation| Fault::from_then_on(operation, 0, Way::Refuse);
    let busy = |operation| Fault::from_then_on(operation, 0, Way::ServerError(503));
    let (nothing, unknown) = ("create-undone:", "create-failed:");
    for (faults, expected) in [
        (vec![refused("AssumeRole")], nothing),
        (vec![busy("AssumeRole")], unknown),
        (vec![refused("CreatePolicy")], nothing),
        (vec![lost], unknown),
        // The same refusal of the question whether a policy was made all the same: no attempt of
        // this request had the right to make one.
        (
            vec![refused("CreatePolicy"), refused("ListPolicies")],
            nothing,
        ),
        (vec![refused("CreatePolicy"), busy("ListPolicies")], unknown),
        // The same busy answer twice says nothing of the attempts before.
        (vec![busy("CreatePolicy"), busy("ListPolicies")], unknown),
        (vec![lost_after, refused("ListPolicies")], unknown),
        (vec![refused("DescribeStackResource")], unknown),
    ] {
        let world = World::new();
        let before = world.organization();
        let mut stack = Stack::new(&world, "backup");
        faults.iter().for_each(|fault| world.inject(fault.clone()));
        let answer = stack.create(&properties(1)).await.unwrap();
        let id = &answer.physical_resource_id;
        assert_eq!(answer.status, Status::Failed, "{faults:?}");
        assert!(id.starts_with(expected), "{id}: {faults:?}");
        world.heal();
        world.forget_calls();
        assert!(succeeded(&stack.go_on().await.expect("a Delete")));
        assert_eq!(world.organization(), before, "{faults:?}");
        let asks = world.calls().iter().any(|it| it.service == "organizations");
        assert_eq!(asks, expected == unknown, "{faults:?}");
    }
}
