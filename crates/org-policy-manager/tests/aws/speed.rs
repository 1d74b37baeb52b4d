//! How long a policy with many targets takes, in virtual time at AWS's published rates, beside what
//! those rates allow at most. `make bench` prints the table.

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;

use crate::stack::Stack;
use crate::template::properties_with;
use crate::world::{Behaviour, Status, World};

/// CreatePolicy and AttachPolicy share two requests a second, and three at once.
fn limit(targets: usize) -> f64 {
    (targets as f64 + 1.0 - 3.0).max(0.0) / 2.0
}

#[tokio::test(start_paused = true)]
#[expect(clippy::print_stdout, reason = "`make bench` shows it")]
async fn a_policy_is_attached_as_fast_as_aws_allows_or_refused_at_once() {
    let mut table =
        "| targets | Create, s | AWS's rate allows, s | |\n|--:|--:|--:|---|\n".to_owned();
    for targets in [10, 20, 50, 100, 200, 500, 1_000, 2_000] {
        let world = World::behaving(Behaviour {
            enforce_rates: true,
            ..Behaviour::default()
        });
        let mut stack = Stack::new(&world, "backup");
        let units: Vec<String> = world.somebody(|it| (0..targets).map(|n| it.unit(n)).collect());
        let began = world.now();
        let properties = properties_with(1, json!({ "PolicyTargets": units }));
        let answer = stack.create(&properties).await.unwrap();
        let taken = (world.now() - began).as_secs_f64();
        let limit = limit(targets);
        let fits = answer.status == Status::Success;
        let end = if fits { "" } else { "refused, nothing made" };
        writeln!(table, "| {targets} | {taken:.1} | {limit:.1} | {end} |").unwrap();
        // In the template's five minutes, with what is needed to undo it all.
        assert_eq!(fits, targets <= 200, "{targets}: {}", answer.reason);
        match fits {
            true => assert!(taken < limit * 1.5 + 5.0, "{table}"),
            false => assert!(world.now() - began < Duration::from_secs(5), "{table}"),
        }
    }
    println!("\n{table}");
}
