//! Drift: what people change by hand is told once, in words, and put back where the template asks for it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::lambda::{End, Lambda};
use crate::stack::{Stack, Waits, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Behaviour, Fault, MANAGEMENT, Organization, PolicyTypeStatus, Way, World};

/// Longer than anybody may be telling something.
pub const LATER: Duration = Duration::from_secs(6 * 3600);

pub fn function(world: &World) -> Lambda {
    Lambda::configured(world, &[("EVENT_BUS_NAME", "notifications")])
}

/// A stack whose policy is deployed.
pub async fn deployed(world: &World, properties: &Value) -> Stack {
    let mut stack = Stack::new(world, "backup");
    stack.lambda = function(world);
    assert!(succeeded(&stack.create(properties).await));
    stack
}

pub fn repairing(version: usize) -> Value {
    properties_with(version, json!({ "Repair": "true" }))
}

pub fn schedule() -> Value {
    json!({ "action": "look", "managementAccounts": [MANAGEMENT] })
}

/// A scheduled look, and what it told.
pub async fn look(world: &World, stack: &Stack) -> Vec<Value> {
    stack.lambda.deliver(&schedule()).await;
    world.reports()
}

pub fn call(name: &str, parameters: Value) -> Value {
    json!({
        "id": format!("event-{name}"), "source": "aws.organizations", "account": MANAGEMENT,
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": "organizations.amazonaws.com", "eventName": name,
            "eventTime": "2027-01-15T08:00:00Z", "sourceIPAddress": "192.0.2.7",
            "userIdentity": { "arn": "arn:aws:sts::111111111111:assumed-role/Admin/ann" },
            "requestParameters": parameters,
        },
    })
}

pub fn id(world: &World) -> String {
    let organization = world.organization();
    organization.policy_named("daily").unwrap().id.clone()
}

pub fn unit(n: usize) -> String {
    format!("ou-mod1-{n:08}")
}

pub fn texts(reports: &[Value]) -> Vec<(String, Vec<String>)> {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    reports
        .iter()
        .map(|it| {
            let differences = it["differences"].as_array().unwrap().iter();
            (text(&it["state"]), differences.map(text).collect())
        })
        .collect()
}

/// What there is, without the order of attachment: putting a policy back moves it behind its peers.
fn without_order(organization: &Organization) -> (Vec<String>, BTreeSet<(String, String)>) {
    let policies = organization.policies.values();
    let policies = policies.map(|it| {
        format!(
            "{} {} {} {} {:?}",
            it.id, it.name, it.description, it.content, it.tags
        )
    });
    (
        policies.collect(),
        organization.attachments.iter().cloned().collect(),
    )
}

type Change = fn(&mut Organization, &str);

/// What people do, and what is told of it.
const CHANGES: [(Change, &str); 5] = [
    (
        |it, id| it.policies.get_mut(id).unwrap().content = r#"{"plans":{}}"#.into(),
        "its content was changed",
    ),
    (
        |it, id| it.policies.get_mut(id).unwrap().name = "by hand".into(),
        "its name was changed",
    ),
    (
        |it, id| it.policies.get_mut(id).unwrap().description = "by hand".into(),
        "its description was changed",
    ),
    (
        |it, id| it.detach(id, "ou-mod1-00000001"),
        "it was detached from ou-mod1-00000001",
    ),
    (
        |it, id| it.attach(id, "ou-mod1-00000008"),
        "it was attached to ou-mod1-00000008",
    ),
];

#[tokio::test(start_paused = true)]
async fn a_quiet_look_says_nothing_and_only_reads() {
    let world = World::new();
    world.somebody(|it| it.add_foreign_policy("somebody's", &["r-mod1"]));
    let mut stack = deployed(&world, &repairing(1)).await;
    assert!(succeeded(&stack.update(&repairing(2)).await));
    let before = world.organization();
    world.forget_calls();
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    assert_eq!(world.organization(), before);
    let calls: Vec<String> = world.calls().into_iter().map(|it| it.operation).collect();
    let reads = [
        "GetParametersByPath",
        "DescribePolicy",
        "ListTagsForResource",
        "ListTargetsForPolicy",
        "DescribeStackResource",
        // Whether a policy of a stack is among the others, which nothing is remembered of.
        "ListPolicies",
        "ListTagsForResource",
    ];
    assert_eq!(calls, reads);
}

#[tokio::test(start_paused = true)]
async fn each_change_by_hand_is_told_once_until_it_comes_again() {
    for (change, text) in CHANGES {
        let world = World::new();
        let stack = deployed(&world, &properties(1)).await;
        let (before, id) = (world.organization(), id(&world));
        world.somebody(|it| change(it, &id));
        let changed = world.organization();
        let told = look(&world, &stack).await;
        assert_eq!(texts(&told), [("DRIFTED".into(), vec![text.to_owned()])]);
        assert_eq!(told[0]["policyId"], id);
        assert_eq!(world.organization(), changed, "nobody asked for a repair");
        for _ in 0..3 {
            sleep(LATER).await;
            assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
        }
        // Somebody puts it back, and later it comes again.
        world.somebody(|it| {
            it.policies = before.policies.clone();
            let (was, is) = (before.targets_of(&id), it.targets_of(&id));
            was.difference(&is)
                .for_each(|target| it.attach(&id, target));
            is.difference(&was)
                .for_each(|target| it.detach(&id, target));
        });
        sleep(LATER).await;
        assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
        world.somebody(|it| change(it, &id));
        sleep(LATER).await;
        let again = look(&world, &stack).await;
        assert_eq!(texts(&again), texts(&told));
        assert_ne!(again[0]["key"], told[0]["key"]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_did_it_is_told_when_the_event_says_so() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    let event = call(
        "DetachPolicy",
        json!({ "policyId": id, "targetId": unit(1) }),
    );
    stack.lambda.deliver(&event).await;
    let told = world.reports();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["by"],
        "arn:aws:sts::111111111111:assumed-role/Admin/ann"
    );
    assert_eq!(told[0]["eventName"], "DetachPolicy");
    // Another difference is not laid at their door.
    world.somebody(|it| it.detach(&id, &unit(2)));
    stack.lambda.deliver(&event).await;
    let told = world.reports();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].get("by"), None);
}

#[tokio::test(start_paused = true)]
async fn events_at_once_tell_each_difference_once() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    world.somebody(|it| (1..=3).for_each(|n| it.detach(&id, &unit(n))));
    let deliver = |n: usize| {
        let (lambda, id) = (stack.lambda.clone(), id.clone());
        async move {
            let event = call(
                "DetachPolicy",
                json!({ "policyId": id, "targetId": unit(n) }),
            );
            lambda.deliver(&event).await;
        }
    };
    tokio::join!(deliver(1), deliver(2), deliver(3));
    let told = texts(&world.reports());
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_another_organization_or_of_nothing_of_ours_says_nothing() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    let mut event = call(
        "DetachPolicy",
        json!({ "policyId": id, "targetId": unit(1) }),
    );
    event["account"] = json!("999999999999");
    stack.lambda.deliver(&event).await;
    assert_eq!(world.reports(), Vec::<Value>::new());
    assert_eq!(stack.lambda.ends().last(), Some(&End::Ok));
}

#[tokio::test(start_paused = true)]
async fn repair_puts_every_change_back_and_tells_it_once() {
    for (change, text) in CHANGES {
        let world = World::new();
        world.somebody(|it| it.add_foreign_policy("somebody's", &["ou-mod1-00000001"]));
        let stack = deployed(&world, &repairing(1)).await;
        let (before, id) = (world.organization(), id(&world));
        world.somebody(|it| change(it, &id));
        let told = look(&world, &stack).await;
        assert_eq!(texts(&told), [("REPAIRED".into(), vec![text.to_owned()])]);
        assert_eq!(without_order(&world.organization()), without_order(&before));
        sleep(LATER).await;
        assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_any_more_is_told_and_not_touched() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    let id = id(&world);
    world.somebody(|it| {
        let policy = it.policies.get_mut(&id).unwrap();
        policy.tags.clear();
        policy.content = r#"{"plans":{}}"#.into();
    });
    let changed = world.organization();
    let told = look(&world, &stack).await;
    let text = "it no longer bears its resource's tags".to_owned();
    assert_eq!(texts(&told), [("DRIFTED".into(), vec![text])]);
    assert_eq!(world.organization(), changed);
    assert!(
        told[0]["remedy"]
            .as_str()
            .unwrap()
            .contains("AdoptExisting")
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_was_deleted_is_told_and_comes_back_with_the_next_update() {
    let world = World::new();
    let mut stack = deployed(&world, &repairing(1)).await;
    let id = id(&world);
    world.somebody(|it| it.delete(&id));
    let told = look(&world, &stack).await;
    assert_eq!(
        texts(&told),
        [("DRIFTED".into(), vec!["it was deleted".to_owned()])]
    );
    assert!(world.organization().policies.is_empty());
    assert!(succeeded(&stack.update(&properties(1)).await));
    assert!(succeeded(&stack.go_on().await.unwrap()));
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    assert!(world.parameters().iter().all(|name| !name.contains(&id)));
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_is_deleted_leaves_no_memory_and_no_alarm() {
    let world = World::new();
    let mut stack = deployed(&world, &properties(1)).await;
    assert!(
        world
            .parameters()
            .iter()
            .any(|name| name.contains("/deployed/"))
    );
    assert!(succeeded(&stack.delete().await));
    assert_eq!(world.parameters(), Vec::<String>::new());

    // The memory could not be removed: CloudFormation knows better.
    let mut stack = deployed(&world, &properties(1)).await;
    world.inject(Fault::from_then_on("DeleteParameters", 0, Way::Refuse));
    assert!(succeeded(&stack.delete().await));
    world.heal();
    assert!(!world.parameters().is_empty());
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    assert_eq!(world.parameters(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_was_deployed_and_could_not_be_remembered_is_unknown_and_never_guessed() {
    let world = World::new();
    let mut stack = deployed(&world, &repairing(1)).await;
    world.inject(Fault::from_then_on("PutParameter", 0, Way::Refuse));
    assert!(succeeded(&stack.update(&repairing(2)).await));
    world.heal();
    let updated = world.organization();
    let told = look(&world, &stack).await;
    let unknown = vec!["it is not known what was deployed".to_owned()];
    assert_eq!(texts(&told), [("UNKNOWN".into(), unknown)]);
    assert_eq!(
        world.organization(),
        updated,
        "the old memory is not put back"
    );
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    // Any Update makes it known again.
    assert!(succeeded(&stack.update(&properties(2)).await));
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    let it = world.organization();
    let id = it.policy_named("nightly").unwrap().id.clone();
    world.somebody(|it| it.detach(&id, &unit(2)));
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_which_nothing_is_remembered_is_told_once() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let id = id(&world);
    for name in world.parameters() {
        world.remove_parameter(&name);
    }
    let unknown = "it is not known what was deployed".to_owned();
    let told = look(&world, &stack).await;
    assert_eq!(texts(&told), [("UNKNOWN".into(), vec![unknown])]);
    sleep(LATER).await;
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    // Its content's digest is on the policy itself.
    world.somebody(|it| it.policies.get_mut(&id).unwrap().content = "{}".into());
    sleep(LATER).await;
    let told = look(&world, &stack).await;
    assert_eq!(texts(&told)[0].1, ["its content was changed"]);
}

#[tokio::test(start_paused = true)]
async fn while_an_operation_is_under_way_nothing_is_told_or_touched() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    let id = id(&world);
    let event = json!({
        "RequestType": "Update", "RequestId": "later", "StackId": stack.id(),
        "LogicalResourceId": "Policy",
        "PhysicalResourceId": stack.resource.as_ref().unwrap().physical_id,
    });
    world.expect_answer(&event);
    world.somebody(|it| it.detach(&id, &unit(1)));
    let changed = world.organization();
    assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
    assert_eq!(world.organization(), changed);
}

#[tokio::test(start_paused = true)]
async fn policies_of_a_stack_that_cannot_be_asked_are_told_and_not_put_back() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    stack.lambda = function(&world);
    stack.account = "333333333333".to_owned();
    assert!(succeeded(&stack.create(&repairing(1)).await));
    let id = id(&world);
    world.somebody(|it| it.detach(&id, &unit(1)));
    let told = look(&world, &stack).await;
    assert_eq!(texts(&told)[0].0, "NOT_REPAIRED");
    assert!(!world.organization().targets_of(&id).contains(&unit(1)));
}

#[tokio::test(start_paused = true)]
async fn a_disabled_policy_type_is_one_difference_and_comes_back_only_with_leave() {
    for (leave, state) in [("false", "NOT_REPAIRED"), ("true", "REPAIRED")] {
        let world = World::new();
        let properties = properties_with(1, json!({ "Repair": "true", "EnablePolicyType": leave }));
        let stack = deployed(&world, &properties).await;
        let (before, id) = (world.organization(), id(&world));
        world.somebody(|it| {
            (1..=3).for_each(|n| it.detach(&id, &unit(n)));
            it.status = PolicyTypeStatus::Disabled;
        });
        let text = "backup policies were disabled on the organization's root".to_owned();
        let event = call("DisablePolicyType", json!({ "rootId": "r-mod1" }));
        stack.lambda.deliver(&event).await;
        let told = world.reports();
        assert_eq!(texts(&told), [(state.into(), vec![text])]);
        assert_eq!(told[0]["eventName"], "DisablePolicyType");
        let whole = without_order(&world.organization()) == without_order(&before);
        assert_eq!(whole, leave == "true");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_leaves_a_target_is_told() {
    let world = World::new();
    let stack = deployed(&world, &properties(1)).await;
    let moved = |to: &str| {
        let parameters = json!({
            "accountId": "333333333333", "sourceParentId": unit(1), "destinationParentId": to,
        });
        call("MoveAccount", parameters)
    };
    stack.lambda.deliver(&moved(&unit(2))).await;
    assert_eq!(
        world.reports(),
        Vec::<Value>::new(),
        "from target to target"
    );
    stack.lambda.deliver(&moved(&unit(9))).await;
    let told = world.reports();
    assert_eq!(texts(&told)[0].0, "MOVED");
    assert!(
        told[0]["summary"]
            .as_str()
            .unwrap()
            .contains("333333333333")
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_changed_again_and_again_is_not_put_back_for_ever() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    let id = id(&world);
    let mut states = Vec::new();
    let began = world.now();
    for _ in 0..6 {
        world.somebody(|it| it.detach(&id, &unit(1)));
        states.extend(
            texts(&look(&world, &stack).await)
                .into_iter()
                .map(|it| it.0),
        );
        sleep(Duration::from_secs(120)).await;
    }
    assert_eq!(states, ["REPAIRED", "REPAIRED", "REPAIRED", "NOT_REPAIRED"]);
    // A day after the first time it is tried again, and no hour before.
    sleep(began + Duration::from_secs(23 * 3600) - world.now()).await;
    assert_eq!(texts(&look(&world, &stack).await), []);
    sleep(began + Duration::from_secs(24 * 3600) - world.now()).await;
    assert_eq!(texts(&look(&world, &stack).await)[0].0, "REPAIRED");
}

#[tokio::test(start_paused = true)]
async fn two_repairs_at_once_do_what_one_does() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    let (before, id) = (world.organization(), id(&world));
    for (change, _) in CHANGES {
        world.somebody(|it| change(it, &id));
    }
    let looks = [0, 300, 1_500].map(|wait| {
        let lambda = stack.lambda.clone();
        async move {
            sleep(Duration::from_millis(wait)).await;
            lambda.deliver(&schedule()).await;
        }
    });
    let [first, second, third] = looks;
    tokio::join!(first, second, third);
    assert_eq!(without_order(&world.organization()), without_order(&before));
    let told = texts(&world.reports());
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "REPAIRED");
}

/// A repair that meets an Update at any moment: what the template says holds in the end, and nothing old.
#[tokio::test(start_paused = true)]
async fn a_repair_beside_an_update_leaves_what_the_update_wants() {
    for wait in (0..6_000).step_by(150) {
        let world = World::behaving(Behaviour {
            latency: Duration::from_millis(120),
            ..Behaviour::default()
        });
        let mut stack = deployed(&world, &repairing(1)).await;
        let id = id(&world);
        for (change, _) in CHANGES {
            world.somebody(|it| change(it, &id));
        }
        stack.waits = Waits::UntilAnswered(Default::default());
        let lambda = stack.lambda.clone();
        let repair = async {
            lambda.deliver(&schedule()).await;
        };
        let update = async {
            sleep(Duration::from_millis(wait)).await;
            assert!(succeeded(&stack.update(&repairing(2)).await));
        };
        tokio::join!(repair, update);
        stack.quiet().await;
        sleep(LATER).await;
        stack.lambda.deliver(&schedule()).await;
        let now = world.organization();
        let policy = now.policy_named("nightly").unwrap();
        assert!(policy.content.contains("cron(0 2 "), "{wait}");
        assert_eq!(policy.description, "version 2", "{wait}");
        let targets: Vec<String> = now.targets_of(&policy.id).into_iter().collect();
        assert_eq!(targets, [unit(2), unit(3), unit(4)], "{wait}");
        world.reports();
        sleep(LATER).await;
        stack.lambda.deliver(&schedule()).await;
        assert_eq!(world.reports(), Vec::<Value>::new(), "{wait}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_what_was_seen_is_told_under_one_key() {
    every_call_fails(properties(1)).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_what_was_seen_is_put_back_and_told() {
    every_call_fails(repairing(1)).await;
}

/// Every call of a look that finds something fails in every way that the SDK does not repeat.
async fn every_call_fails(template: Value) {
    let calls = {
        let world = World::new();
        let stack = deployed(&world, &template).await;
        let id = id(&world);
        world.somebody(|it| it.detach(&id, &unit(1)));
        world.forget_calls();
        look(&world, &stack).await;
        world.calls()
    };
    let operations: BTreeSet<String> = calls.iter().map(|it| it.operation.clone()).collect();
    let number = |operation: &str| calls.iter().filter(|it| it.operation == operation).count();
    for operation in &operations {
        for skip in 0..number(operation) {
            for way in [
                Way::Refuse,
                Way::LostAfter,
                Way::HangAfter,
                Way::CrashBefore,
                Way::CrashAfter,
            ] {
                let case = format!("{operation} {skip} {way:?}");
                let world = World::new();
                let stack = deployed(&world, &template).await;
                let (before, id) = (world.organization(), id(&world));
                world.somebody(|it| it.detach(&id, &unit(1)));
                world.inject(Fault::once(operation, skip, way));
                let mut told = look(&world, &stack).await;
                world.heal();
                sleep(LATER).await;
                told.extend(look(&world, &stack).await);
                sleep(LATER).await;
                let quiet = look(&world, &stack).await;
                assert_eq!(quiet, Vec::<Value>::new(), "{case}");
                let keys: BTreeSet<&str> =
                    told.iter().map(|it| it["key"].as_str().unwrap()).collect();
                assert!(!told.is_empty(), "{case}");
                let repairs = template.get("Repair").is_some();
                // A failed repair is told as such, and its success afterwards.
                assert!(keys.len() <= 1 + usize::from(repairs), "{case}: {told:#?}");
                if repairs {
                    let now = world.organization();
                    assert_eq!(without_order(&now), without_order(&before), "{case}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_cannot_be_read_is_said_and_never_taken_for_drift() {
    let world = World::new();
    let stack = deployed(&world, &repairing(1)).await;
    for operation in [
        "DescribePolicy",
        "ListTargetsForPolicy",
        "ListTagsForResource",
        "DescribeStackResource",
        "GetParametersByPath",
    ] {
        world.inject(Fault::from_then_on(operation, 0, Way::Refuse));
        assert_eq!(look(&world, &stack).await, Vec::<Value>::new());
        let end = stack.lambda.ends().pop().unwrap();
        assert!(
            matches!(&end, End::Error(it) if it.contains(operation)),
            "{end:?}"
        );
        world.heal();
    }
}

/// Policies of so many stacks, each with a target that somebody took from it; by their ids.
pub async fn all_drifted(world: &World, number: usize) -> (Lambda, Vec<String>) {
    let mut stacks = Vec::new();
    for n in 0..number {
        let mut stack = Stack::new(world, &format!("backup-{n}"));
        stack.lambda = function(world);
        let name = json!({ "PolicyName": format!("daily-{n}") });
        assert!(succeeded(&stack.create(&properties_with(1, name)).await));
        stacks.push(stack);
    }
    let ids: Vec<String> = world.organization().policies.into_keys().collect();
    assert_eq!(ids.len(), number);
    for id in &ids {
        world.somebody(|it| it.detach(id, &unit(1)));
    }
    (function(world), ids)
}

#[tokio::test(start_paused = true)]
async fn policies_about_which_aws_never_answers_keep_no_other_from_being_looked_at() {
    let world = World::new();
    let (mut lambda, ids) = all_drifted(&world, 3).await;
    lambda.repeats = 0;
    for silent in &ids[..2] {
        let operation = format!("DescribePolicy {silent}");
        world.inject(Fault::from_then_on(&operation, 0, Way::Hang));
    }
    lambda.deliver(&schedule()).await;
    let told = world.reports();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0]["policyId"], *ids[2]);
    let end = lambda.ends().pop().unwrap();
    let named = |it: &str| ids[..2].iter().all(|id| it.contains(id)) && !it.contains(&ids[2]);
    assert!(matches!(&end, End::Error(it) if named(it)), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_bus_that_never_answers_was_to_be_told_the_next_attempt_tells() {
    let world = World::new();
    let (mut lambda, ids) = all_drifted(&world, 3).await;
    lambda.repeats = 0;
    world.inject(Fault::from_then_on("PutEvents", 0, Way::Hang));
    lambda.deliver(&schedule()).await;
    let end = lambda.ends().pop().unwrap();
    assert!(
        matches!(&end, End::Error(it) if it.contains("could not be told")),
        "{end:?}"
    );
    world.heal();
    // As soon as Lambda tries again.
    sleep(Duration::from_secs(60)).await;
    lambda.deliver(&schedule()).await;
    let told: BTreeSet<String> = world
        .reports()
        .iter()
        .map(|it| it["policyId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, ids.into_iter().collect());
}
