//! With `EnablePolicyType: true`, backup policies that are being enabled are waited for.

use std::time::Duration;

use serde_json::json;

use crate::stack::{Stack, succeeded};
use crate::template::properties_with;
use crate::world::{Behaviour, PolicyTypeStatus, Status, World};

#[tokio::test(start_paused = true)]
async fn a_policy_type_that_somebody_else_is_enabling_is_only_waited_for() {
    let world = World::new();
    world.somebody(|it| {
        let until = Duration::from_secs(3);
        it.status = PolicyTypeStatus::Enabling { until };
    });
    let mut stack = Stack::new(&world, "backup");
    let enabling = properties_with(1, json!({ "EnablePolicyType": true }));
    let answer = stack.create(&enabling).await;
    assert!(succeeded(&answer), "{answer:?}");
    let calls = world.calls();
    assert!(calls.iter().all(|it| it.operation != "EnablePolicyType"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_type_that_takes_longer_than_a_minute_to_be_enabled_is_said() {
    let world = World::behaving(Behaviour {
        enabling_takes: Duration::from_secs(90),
        ..Behaviour::default()
    });
    world.somebody(|it| it.status = PolicyTypeStatus::Disabled);
    let mut stack = Stack::new(&world, "backup");
    let enabling = properties_with(1, json!({ "EnablePolicyType": true }));
    let answer = stack.create(&enabling).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    let expected = "backup policies are still being enabled on r-mod1: try again in a minute";
    assert!(answer.reason.contains(expected), "{}", answer.reason);
    let taken = world.now();
    let about_a_minute = Duration::from_secs(55)..Duration::from_secs(61);
    assert!(about_a_minute.contains(&taken), "{taken:?}");
    assert!(world.organization().policies.is_empty());
}
