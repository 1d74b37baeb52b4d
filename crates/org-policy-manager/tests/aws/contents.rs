//! Contents from S3, their versions, and rollbacks to what can no longer be read.

use policy_resource::accepted::{Accepted, content_digest, properties_digest};
use policy_resource::identity::TAG_ACCEPTED;
use policy_resource::properties::Properties;
use serde_json::{Value, json};

use crate::stack::{Stack, succeeded};
use crate::template::{content, properties_with};
use crate::world::{OTHER_MANAGEMENT, Status, World};

fn from_s3(version: Option<&str>) -> Value {
    let mut place = json!({ "PolicyBucket": "policies", "PolicyKey": "daily plan+1.json" });
    if let Some(version) = version {
        place["VersionId"] = json!(version);
    }
    properties_with(1, json!({ "PolicyContent": { "S3": place } }))
}

fn put(world: &World, version: usize) -> String {
    world.put_object(
        "policies",
        "daily plan+1.json",
        &content(version).to_string(),
    )
}

fn live(world: &World) -> String {
    world
        .organization()
        .policy_named("daily")
        .unwrap()
        .content
        .clone()
}

#[tokio::test(start_paused = true)]
async fn a_policy_comes_from_s3_in_the_version_asked_for() {
    let world = World::new();
    let [first, second] = [1, 2].map(|n| put(&world, n));
    let mut stack = Stack::new(&world, "backup");
    let answer = stack.create(&from_s3(Some(&first))).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert!(live(&world).contains("cron(0 1 "));
    assert!(succeeded(&stack.update(&from_s3(Some(&second))).await));
    assert!(live(&world).contains("cron(0 2 "));
    put(&world, 3);
    let answer = stack.update(&from_s3(None)).await;
    assert!(succeeded(&answer), "{answer:?}");
    assert!(live(&world).contains("cron(0 3 "));
    // Without a version, the newest is asked for each time.
    put(&world, 4);
    assert!(succeeded(&stack.update(&from_s3(None)).await));
    assert!(live(&world).contains("cron(0 4 "));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_does_not_exist_is_named() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let answer = stack.create(&from_s3(None)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    for word in [
        "NoSuchKey",
        "s3://policies/daily plan+1.json",
        "PolicyContent.S3",
    ] {
        assert!(answer.reason.contains(word), "{word}: {}", answer.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_to_a_version_that_expired_succeeds() {
    let world = World::new();
    let [first, second] = [1, 2].map(|n| put(&world, n));
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&from_s3(Some(&first))).await));
    let old = stack.resource.clone().unwrap();
    assert!(succeeded(&stack.update(&from_s3(Some(&second))).await));
    world.expire_object_version("policies", "daily plan+1.json", &first);
    // Another resource of the stack fails: CloudFormation goes back.
    let answer = stack.update(&old.properties).await;
    assert!(succeeded(&answer), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_failed_is_rolled_back_although_its_version_expired() {
    let world = World::new();
    let [first, second] = [1, 2].map(|n| put(&world, n));
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&from_s3(Some(&first))).await));
    let before = world.organization();
    world.expire_object_version("policies", "daily plan+1.json", &first);
    let mut wrong = from_s3(Some(&second));
    wrong["PolicyTargets"] = json!(["ou-mod1-doesnotexist"]);
    assert!(!succeeded(&stack.update(&wrong).await));
    let answer = stack.go_on().await.unwrap();
    assert!(succeeded(&answer), "{answer:?}");
    assert!(live(&world).contains("cron(0 1 "));
    assert_eq!(
        world.organization().targets_of("p-model00001"),
        before.targets_of("p-model00001")
    );
}

#[tokio::test(start_paused = true)]
async fn a_move_to_another_organization_is_rolled_back_although_the_version_expired() {
    let world = World::new();
    let first = put(&world, 1);
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&from_s3(Some(&first))).await));
    let (old, before) = (stack.resource.clone().unwrap(), world.organization());
    let given = json!({ "OrgManagementAccount": OTHER_MANAGEMENT, "PolicyTargets": "r-mod2" });
    let answer = stack.update(&properties_with(1, given)).await;
    assert!(succeeded(&answer), "{answer:?}");
    world.expire_object_version("policies", "daily plan+1.json", &first);
    // Another resource of the stack fails before the old policy's Delete was sent.
    let answer = stack.update(&old.properties).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert_eq!(answer.physical_resource_id, old.physical_id);
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn a_new_version_that_cannot_be_read_fails_and_leaves_the_policy() {
    let world = World::new();
    let first = put(&world, 1);
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&from_s3(Some(&first))).await));
    let before = world.organization();
    let answer = stack.update(&from_s3(Some("version9"))).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(answer.reason.contains("NoSuchVersion"), "{}", answer.reason);
    assert!(succeeded(&stack.go_on().await.unwrap()));
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn regions_and_variables_reach_the_policy() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    let mut plan = content(1);
    plan["plans"]["daily"]["rules"]["nightly"]["target_backup_vault_name"] =
        json!({ "@@assign": "${vault}" });
    let properties = properties_with(
        1,
        json!({
            "PolicyContent": plan.to_string(),
            "Variables": { "${vault}": "Cellar" },
        }),
    );
    let answer = stack.create(&properties).await;
    assert!(succeeded(&answer), "{answer:?}");
    let live: Value = serde_json::from_str(&live(&world)).unwrap();
    let plan = &live["plans"]["daily"];
    assert_eq!(
        plan["regions"],
        json!({ "@@assign": ["eu-west-1", "eu-central-1"] })
    );
    let vault = &plan["rules"]["nightly"]["target_backup_vault_name"];
    assert_eq!(*vault, json!({ "@@assign": "Cellar" }));
}

#[tokio::test(start_paused = true)]
async fn what_our_validator_refuses_is_sent_only_when_aws_accepted_it_before() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(
        &stack.create(&properties_with(1, json!({}))).await
    ));
    let before = world.organization();
    let mut plan = content(2);
    plan["plans"]["daily"]["rules"]["nightly"] = json!({ "color": { "@@assign": "blue" } });
    let refused = properties_with(1, json!({ "PolicyContent": plan }));
    let answer = stack.update(&refused).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert!(
        answer.reason.contains("the policy has "),
        "{}",
        answer.reason
    );
    assert_eq!(world.organization(), before);
    // As if an older function had deployed it, and this were a rollback.
    let properties = Properties::read(&refused).unwrap();
    let regions = properties.regions.clone().unwrap();
    let digest = properties_digest(&properties, &regions);
    world.somebody(|it| {
        let tags = &mut it.policies.get_mut("p-model00001").unwrap().tags;
        let tag = tags.get_mut(TAG_ACCEPTED).unwrap();
        *tag = Accepted::read(Some(tag))
            .and(&digest, &content_digest("{}"))
            .tag();
    });
    let answer = stack.update(&refused).await.unwrap();
    assert_eq!(answer.status, Status::Success, "{}", answer.reason);
    assert!(live(&world).contains("blue"));
}
