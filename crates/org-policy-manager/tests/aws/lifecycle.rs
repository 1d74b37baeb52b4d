//! What a stack does over its life, without faults.

use std::time::Duration;

use serde_json::json;

use crate::lambda::Lambda;
use crate::stack::{Stack, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Behaviour, Fault, OTHER_MANAGEMENT, PolicyTypeStatus, Status, Way, World};

fn asked(world: &World) -> Vec<String> {
    let calls = world
        .calls()
        .into_iter()
        .filter(|it| it.service == "organizations");
    calls.map(|it| it.operation).collect()
}

#[tokio::test(start_paused = true)]
async fn every_request_may_be_sent_again() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let first = stack.create(&properties(1)).await.unwrap();
    let once = world.organization();
    assert_eq!(stack.resend().await.unwrap(), first);
    assert_eq!(world.organization(), once);
    let second = stack.update(&properties(2)).await.unwrap();
    let once = world.organization();
    assert_eq!(stack.resend().await.unwrap(), second);
    assert_eq!(world.organization(), once);
    let third = stack.delete().await.unwrap();
    let once = world.organization();
    assert_eq!(stack.resend().await.unwrap(), third);
    assert_eq!(world.organization(), once);
    assert!(
        [first, second, third]
            .iter()
            .all(|it| it.status == Status::Success)
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_that_changes_nothing_only_reads() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.forget_calls();
    assert!(succeeded(&stack.update(&properties(1)).await));
    assert_eq!(
        asked(&world),
        [
            "DescribePolicy",
            "ListTagsForResource",
            "ListTargetsForPolicy"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_keeps_the_policy_and_its_id() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let created = stack.create(&properties(1)).await.unwrap();
    world.forget_calls();
    let updated = stack.update(&properties(2)).await.unwrap();
    assert_eq!(updated.physical_resource_id, created.physical_resource_id);
    let writes = [
        "UpdatePolicy",
        "TagResource",
        "AttachPolicy",
        "DetachPolicy",
    ];
    assert_eq!(asked(&world)[3..], writes);
    let organization = world.organization();
    let policy = organization.policy_named("nightly").unwrap();
    assert_eq!(policy.arn, updated.physical_resource_id);
    assert_eq!(policy.description, "version 2");
    assert_eq!(policy.tags["version"], "2");
    let units: Vec<String> = organization.targets_of(&policy.id).into_iter().collect();
    assert_eq!(
        units,
        ["ou-mod1-00000002", "ou-mod1-00000003", "ou-mod1-00000004"]
    );
    assert_eq!(organization.policies.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_attributes_are_texts_that_a_template_can_use() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let answer = stack.create(&properties(1)).await.unwrap();
    let organization = world.organization();
    let policy = organization.policy_named("daily").unwrap();
    let characters = policy.content.chars().count().to_string();
    assert_eq!(
        answer.data,
        json!({
            "PolicyId": policy.id,
            "PolicyArn": policy.arn,
            "PolicyName": "daily",
            "OrganizationId": organization.id,
            "ManagementAccountId": organization.management_account,
            "PolicyTargets": "ou-mod1-00000001,ou-mod1-00000002,ou-mod1-00000003",
            "PolicyCharacters": characters,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn another_management_account_means_another_policy_and_then_the_end_of_the_first() {
    let world = World::new();
    let empty = world.organization();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let moved = properties_with(
        1,
        json!({
            "OrgManagementAccount": OTHER_MANAGEMENT,
            "PolicyTargets": "r-mod2",
        }),
    );
    let answer = stack.update(&moved).await;
    assert!(succeeded(&answer), "{answer:?}");
    let id = answer.unwrap().physical_resource_id;
    assert!(id.contains(OTHER_MANAGEMENT), "{id}");
    assert_eq!(world.organization().policies.len(), 1);
    assert!(succeeded(
        &stack.go_on().await.expect("the old policy's Delete")
    ));
    assert_eq!(world.organization(), empty);
    assert!(
        world
            .organization_of(OTHER_MANAGEMENT)
            .policy_named("daily")
            .is_some()
    );
    assert!(succeeded(&stack.delete().await));
    assert!(world.organization_of(OTHER_MANAGEMENT).policies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_move_that_is_rolled_back_finds_the_policy_it_came_from() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let before = world.organization();
    let old = stack.resource.clone().unwrap();
    let moved = properties_with(
        1,
        json!({
            "OrgManagementAccount": OTHER_MANAGEMENT,
            "PolicyTargets": "r-mod2",
        }),
    );
    assert!(succeeded(&stack.update(&moved).await));
    // Another resource fails before the old policy's Delete was sent.
    let answer = stack.update(&old.properties).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert_eq!(answer.physical_resource_id, old.physical_id);
    assert_eq!(world.organization(), before);
    assert!(succeeded(
        &stack.go_on().await.expect("the new policy's Delete")
    ));
    assert!(world.organization_of(OTHER_MANAGEMENT).policies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_move_takes_over_what_another_move_left_unanswered() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let moved = |version| {
        let given = json!({
            "OrgManagementAccount": OTHER_MANAGEMENT,
            "PolicyName": "daily",
            "PolicyTargets": "r-mod2",
        });
        properties_with(version, given)
    };
    // The move dies half-way, and its rollback cannot look for what it left.
    stack.lambda.repeats = 0;
    world.inject(Fault::once("AttachPolicy", 0, Way::CrashBefore));
    assert_eq!(stack.update(&moved(1)).await, None);
    world.inject(Fault::from_then_on("ListPolicies", 0, Way::Refuse));
    assert!(succeeded(&stack.go_on().await.expect("the Update back")));
    world.heal();
    let left = world.organization_of(OTHER_MANAGEMENT);
    let id = &left.policy_named("daily").unwrap().id;
    assert!(left.targets_of(id).is_empty());
    // The next move brings that very policy to what it asks for itself, not for what the other did.
    let answer = stack.update(&moved(2)).await;
    assert!(succeeded(&answer), "{answer:?}");
    let now = world.organization_of(OTHER_MANAGEMENT);
    assert_eq!(now.policies.len(), 1);
    let policy = &now.policies[id];
    assert_eq!(policy.description, "version 2");
    assert!(policy.content.contains("cron(0 2 "), "{}", policy.content);
    assert_eq!(now.targets_of(id), ["r-mod2".to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn a_move_that_died_half_way_is_finished_and_its_policy_bears_no_mark() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let given = json!({ "OrgManagementAccount": OTHER_MANAGEMENT, "PolicyTargets": "r-mod2" });
    world.inject(Fault::once("CreatePolicy", 0, Way::CrashAfter));
    let answer = stack.update(&properties_with(1, given)).await;
    assert!(succeeded(&answer), "{answer:?}");
    let there = world.organization_of(OTHER_MANAGEMENT);
    let policy = there.policy_named("daily").unwrap();
    assert_eq!(there.targets_of(&policy.id), ["r-mod2".to_owned()].into());
    assert!(!policy.tags.contains_key("backup-org-policy:unanswered"));
}

#[tokio::test(start_paused = true)]
async fn a_move_that_was_finished_and_never_answered_leaves_nothing_when_it_is_rolled_back() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let given = json!({ "OrgManagementAccount": OTHER_MANAGEMENT, "PolicyTargets": "r-mod2" });
    world.inject(Fault::once("CreatePolicy", 0, Way::CrashAfter));
    world.inject(Fault::from_then_on("PUT answer", 0, Way::CrashBefore));
    assert_eq!(stack.update(&properties_with(1, given)).await, None);
    let there = world.organization_of(OTHER_MANAGEMENT);
    assert!(there.policy_named("daily").is_some());
    world.heal();
    assert!(succeeded(&stack.go_on().await.expect("the Update back")));
    assert!(world.organization_of(OTHER_MANAGEMENT).policies.is_empty());
    assert!(world.organization().policy_named("daily").is_some());
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_create_the_same_name_is_free() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let wrong = properties_with(1, json!({ "PolicyTargets": ["ou-mod1-doesnotexist"] }));
    let answer = stack.create(&wrong).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("ou-mod1-doesnotexist"),
        "{}",
        answer.reason
    );
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert!(succeeded(
        &Stack::new(&world, "second").create(&properties(1)).await
    ));
}

#[tokio::test(start_paused = true)]
async fn a_policy_deleted_by_hand_is_made_again_by_an_update_and_no_obstacle_to_a_delete() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.somebody(|it| it.delete("p-model00001"));
    assert!(succeeded(&stack.update(&properties(2)).await));
    assert!(world.organization().policy_named("nightly").is_some());
    // The new policy has another id, so CloudFormation deletes the old one.
    assert!(succeeded(
        &stack.go_on().await.expect("the old policy's Delete")
    ));
    world.somebody(|it| it.delete("p-model00002"));
    assert!(succeeded(&stack.delete().await));
}

#[tokio::test(start_paused = true)]
async fn a_policy_deleted_by_hand_that_is_made_again_under_its_name_stays() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.somebody(|it| it.delete("p-model00001"));
    let same_name = properties_with(2, json!({ "PolicyName": "daily" }));
    assert!(succeeded(&stack.update(&same_name).await));
    let organization = world.organization();
    let policy = organization.policy_named("daily").unwrap();
    assert_eq!(organization.targets_of(&policy.id).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn targets_and_regions_come_from_the_parameters_that_the_pipeline_keeps() {
    let world = World::new();
    world.put_parameter(
        "/backup/target/organizational-units",
        "ou-mod1-00000001, r-mod1",
    );
    world.put_parameter("/backup/target/regions", "eu-west-1, us-east-1");
    let mut stack = Stack::new(&world, "backup");
    let open = properties_with(1, json!({ "PolicyTargets": null, "PolicyRegions": null }));
    let answer = stack.create(&open).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert_eq!(answer.data["PolicyTargets"], "ou-mod1-00000001,r-mod1");
    let organization = world.organization();
    assert!(
        organization
            .policy_named("daily")
            .unwrap()
            .content
            .contains("us-east-1")
    );
}

#[tokio::test(start_paused = true)]
async fn the_policy_type_is_enabled_when_asked_for_and_waited_for() {
    let world = World::new();
    world.somebody(|it| it.status = PolicyTypeStatus::Disabled);
    let mut stack = Stack::new(&world, "backup");
    let answer = stack.create(&properties(1)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("EnablePolicyType"),
        "{}",
        answer.reason
    );
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization().status, PolicyTypeStatus::Disabled);
    let enabling = properties_with(1, json!({ "EnablePolicyType": "true" }));
    let answer = stack.create(&enabling).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert_eq!(world.organization().status, PolicyTypeStatus::Enabled);
    assert_eq!(
        asked(&world)
            .iter()
            .filter(|it| *it == "EnablePolicyType")
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_enables_the_policy_type_whether_it_changes_the_policy_or_not() {
    for version in [1, 2] {
        let world = World::new();
        let mut stack = Stack::new(&world, "backup");
        assert!(succeeded(&stack.create(&properties(1)).await));
        world.somebody(|it| it.status = PolicyTypeStatus::Disabled);
        let enabling = properties_with(version, json!({ "EnablePolicyType": "true" }));
        let answer = stack.update(&enabling).await;
        assert!(succeeded(&answer), "{answer:?}");
        assert_eq!(world.organization().status, PolicyTypeStatus::Enabled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_does_not_fit_does_not_enable_the_policy_type() {
    let world = World::new();
    world.somebody(|it| it.status = PolicyTypeStatus::Disabled);
    let units: Vec<String> = world.somebody(|it| (0..1_000).map(|n| it.unit(n)).collect());
    let mut stack = Stack::new(&world, "backup");
    let given = json!({ "EnablePolicyType": true, "PolicyTargets": units });
    assert!(!succeeded(&stack.create(&properties_with(1, given)).await));
    assert_eq!(world.organization().status, PolicyTypeStatus::Disabled);
}

#[tokio::test(start_paused = true)]
async fn a_delegated_administrator_assumes_no_role() {
    let world = World::new();
    world.delegate_to_home();
    let mut stack = Stack::new(&world, "backup");
    stack.lambda = Lambda::configured(&world, &[("DELEGATED_ADMINISTRATOR", "true")]);
    let answer = stack.create(&properties(1)).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert!(world.calls().iter().all(|it| it.service != "sts"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_not_left_in_another_organization_than_its_template_names() {
    let world = World::new();
    world.delegate_to_home();
    let before = world.organization();
    let mut stack = Stack::new(&world, "backup");
    stack.lambda = Lambda::configured(&world, &[("DELEGATED_ADMINISTRATOR", "true")]);
    let elsewhere = properties_with(1, json!({ "OrgManagementAccount": OTHER_MANAGEMENT }));
    let answer = stack.create(&elsewhere).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer
            .reason
            .contains("expected the management account of this organization"),
        "{}",
        answer.reason
    );
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn the_role_is_assumed_once_for_many_requests() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    assert!(succeeded(&stack.update(&properties(2)).await));
    assert!(succeeded(&stack.delete().await));
    let assumed = world
        .calls()
        .iter()
        .filter(|it| it.operation == "AssumeRole")
        .count();
    assert_eq!(assumed, 1);
}

#[tokio::test(start_paused = true)]
async fn an_assumed_session_is_used_again_only_while_it_outlives_an_invocation() {
    // Lambda lets an invocation last for 15 minutes at most.
    for (minutes, assumed) in [(15, 2), (17, 1)] {
        let world = World::behaving(Behaviour {
            sessions_last: Some(Duration::from_secs(minutes * 60)),
            ..Behaviour::default()
        });
        let mut stack = Stack::new(&world, "backup");
        assert!(succeeded(&stack.create(&properties(1)).await));
        assert!(succeeded(&stack.update(&properties(2)).await));
        let calls = world.calls();
        let sessions = calls.iter().filter(|it| it.operation == "AssumeRole");
        assert_eq!(sessions.count(), assumed, "{minutes} minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unheard_update_that_made_a_lost_policy_anew_leaves_only_one() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    world.somebody(|it| it.delete("p-model00001"));
    stack.lambda.repeats = 0;
    world.inject(Fault::once("CreatePolicy", 0, Way::CrashAfter));
    assert_eq!(stack.update(&properties(2)).await, None);
    assert!(succeeded(&stack.go_on().await.expect("the Update back")));
    let organization = world.organization();
    let names: Vec<&str> = organization
        .policies
        .values()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["daily"]);
}
