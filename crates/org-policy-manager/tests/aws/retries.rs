//! Retries, seen from outside: how often AWS is asked, and how long that takes.

use crate::faults::properties;
use crate::stack::{Stack, succeeded};
use crate::world::{Fault, Way, World};

#[tokio::test(start_paused = true)]
async fn a_bad_day_takes_no_retries_away_from_the_next() {
    let world = World::new();
    let mut stack = Stack::new(&world, "backup");
    assert!(succeeded(&stack.create(&properties(1)).await));
    let mut attempts = Vec::new();
    for _ in 0..30 {
        world.forget_calls();
        world.inject(Fault::from_then_on("UpdatePolicy", 0, Way::Throttle));
        assert!(!succeeded(&stack.update(&properties(2)).await));
        attempts.push(
            world
                .calls()
                .iter()
                .filter(|it| it.operation == "UpdatePolicy")
                .count(),
        );
        world.heal();
    }
    assert_eq!(attempts, [10; 30]);
}
