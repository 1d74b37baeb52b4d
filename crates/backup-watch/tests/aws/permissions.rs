//! The list of IAM actions in `permissions.txt` is what the function's calls need: no more, no less.

use std::collections::BTreeSet;

use backup_watch::permissions::actions;
use chrono::TimeDelta;

use crate::world::{Fault, ROLE, World, failed};

/// The actions that a call needs, by AWS's service authorization reference.
fn needed(call: &str) -> Vec<&str> {
    match call {
        // Its parts' actions; the call has none of its own.
        "dynamodb:TransactWriteItems" => vec!["dynamodb:PutItem", "dynamodb:UpdateItem"],
        // SNS uses the topic's key in the publisher's name.
        "sns:Publish" => vec!["sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"],
        other => vec![other],
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_is_what_the_calls_need() {
    let world = World::new("2026-01-10T12:00:00Z");
    {
        let mut state = world.lock();
        let organization = &mut state.organization;
        for id in ["444444444441", "444444444442"] {
            organization.accounts.insert(id.to_string(), String::new());
        }
        organization.invalid.push("444444444442".to_string());
        let at = "2026-01-07T05:00:00Z".parse().unwrap();
        organization.run("eu-west-1", at, &["444444444441".to_string()], true);
    }
    let function = world.configured(&[("MANAGEMENT_ROLE_ARN", ROLE)]).await;
    for number in 0..2 {
        let event = failed(&format!("e-{number}"), "444444444441", world.now());
        function.batch("r", &[event]).await;
    }
    function.look("one").await.unwrap().unwrap();
    world.pass(TimeDelta::days(1));
    world.fail("ListPolicies", 1, Fault::Code("AccessDeniedException"));
    function.look("two").await.unwrap().unwrap();
    let calls = world.lock().calls.clone();
    let mut seen: BTreeSet<String> = calls
        .iter()
        .flat_map(|call| needed(call))
        .map(str::to_string)
        .collect();
    // Asked only where a target has several policies.
    seen.insert("organizations:ListPoliciesForTarget".to_string());
    let listed: BTreeSet<String> = actions().map(str::to_string).collect();
    assert_eq!(listed, seen);
}
