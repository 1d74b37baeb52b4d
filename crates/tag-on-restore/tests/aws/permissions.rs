//! The list of IAM actions in `permissions.txt` is what the function's calls need: no more, no
//! less. And one exchange of each call, as it was on the wire, for the emulator's tests to hold
//! against AWS's service models: `wire.json`, which `UPDATE_EXPECT=1` rewrites.

use std::collections::{BTreeMap, BTreeSet};

use aws_client::Environment;
use serde_json::json;
use tag_on_restore::permissions::actions;

use crate::kinds::RESTORES;
use crate::lambda::{Lambda, event};
use crate::world::{Behaviour, Call, QUEUE, World, tags};

/// The actions that a call needs, by AWS's service authorization reference, and for writing
/// through the Resource Groups Tagging API by its documentation and AWS's policy for it.
fn needed(call: &Call) -> Vec<String> {
    let service = match call.service {
        "tagging" => "tag",
        "s3control" => "s3",
        service => service,
    };
    let mut needed = vec![format!("{service}:{}", call.operation)];
    if call.name() == "tagging:TagResources" {
        let behind: &[&str] = match call.about.split(':').nth(2).unwrap() {
            "ec2" => &["ec2:CreateTags"],
            "rds" => &["rds:AddTagsToResource"],
            "dynamodb" => &["dynamodb:TagResource"],
            "elasticfilesystem" => &[
                "elasticfilesystem:TagResource",
                "elasticfilesystem:CreateTags",
            ],
            "fsx" => &["fsx:TagResource"],
            "redshift" => &["redshift:CreateTags"],
            "eks" => &["eks:TagResource"],
            "s3" => &["s3:GetBucketTagging", "s3:PutBucketTagging"],
            other => panic!("no permissions are known for writing to {other}"),
        };
        needed.extend(behind.iter().map(|action| (*action).to_owned()));
    }
    needed
}

/// Every kind of restore, reported by an event and found by reconciliation.
async fn every_call() -> Vec<World> {
    let mut worlds = Vec::new();
    for old_s3 in [None, Some((405, "MethodNotAllowed"))] {
        for restore in &RESTORES {
            let world = World::behaving(Behaviour {
                old_s3,
                ..Behaviour::default()
            });
            let on_source = tags(&[("owner", "team")]);
            restore.put(
                &world,
                "job-1",
                &on_source,
                &on_source,
                &tags(&[("own", "1 & 2")]),
            );
            let lambda = Lambda::configured(&world, restore.variables);
            lambda.invoke(&event("job-1")).await;
            lambda.invoke(&json!({ "action": "reconcile" })).await;
            worlds.push(world);
        }
    }
    let world = World::new();
    world.put_messages("TagOnRestore-DeadLetters", 1);
    let lambda = Lambda::configured(&world, &[QUEUE]);
    lambda.invoke(&json!({ "action": "reconcile" })).await;
    worlds.push(world);
    worlds
}

#[tokio::test(start_paused = true)]
async fn one_exchange_of_each_call_is_on_record() {
    let mut record = BTreeMap::new();
    for exchange in every_call().await.iter().flat_map(World::received) {
        record.entry(exchange.call).or_insert(exchange.document);
    }
    let record = serde_json::to_string_pretty(&record).unwrap() + "\n";
    expect_test::expect_file!["wire.json"].assert_eq(&record);
}

#[tokio::test(start_paused = true)]
async fn the_list_is_what_the_calls_need() {
    let worlds = every_call().await;
    let calls = worlds.iter().flat_map(World::calls);
    let seen: BTreeSet<String> = calls.flat_map(|call| needed(&call)).collect();
    let listed: BTreeSet<String> = actions().map(str::to_owned).collect();
    assert_eq!(listed, seen);
}

#[tokio::test(start_paused = true)]
async fn every_service_that_is_called_can_be_somewhere_else() {
    let worlds = every_call().await;
    let calls = worlds.iter().flat_map(World::calls);
    let called: BTreeSet<&str> = calls.map(|call| call.service).collect();
    let services: BTreeSet<&str> = tag_on_restore::aws::services().collect();
    assert_eq!(services.len(), called.len(), "{services:?} {called:?}");
    let variable = |name: &str| match name.strip_prefix("AWS_ENDPOINT_URL_") {
        Some(service) => Some(format!("http://127.0.0.1/{service}")),
        None => Some("model".to_owned()),
    };
    let environment = Environment::read(variable, services.clone()).unwrap();
    for service in ["BACKUP", "RESOURCE_GROUPS_TAGGING_API", "EC2", "S3_CONTROL"] {
        let expected = format!("http://127.0.0.1/{service}");
        assert_eq!(environment.endpoint(service), Some(expected.as_str()));
    }
}

#[test]
fn nothing_listed_removes_or_overwrites() {
    for action in actions() {
        let (_, verb) = action.split_once(':').unwrap();
        let reads = ["Describe", "Get", "List"]
            .iter()
            .any(|it| verb.starts_with(it));
        let tags = [
            "TagResource",
            "TagResources",
            "CreateTags",
            "AddTagsToResource",
        ];
        // Asked for by tag:TagResources, for which S3 has no other way.
        let bucket = action == "s3:PutBucketTagging";
        // What is wrong with the function, on the account's own bus.
        let report = action == "events:PutEvents";
        assert!(
            reads || tags.contains(&verb) || bucket || report,
            "{action}"
        );
    }
}
