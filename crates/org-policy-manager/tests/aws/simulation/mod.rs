//! Random stacks, random faults, and the rules that hold all the same.
//!
//! A life is a stack's: up to three resources at once, created, changed, removed and rolled back as
//! CloudFormation does it, while calls fail in every way, processes die at any moment, Lambda repeats
//! requests, AWS throttles at its published rates, credentials end, and people change things by hand.
//! The rules (`rules`) are checked for every moment of every operation, against a reference that knows
//! nothing but the properties. A life is its seed: see the crate `simulation`.
//!
//! - `life`: the stack, operation by operation
//! - `judging`: what is judged after every operation
//! - `people`: who changes things by hand
//! - `weather`: what fails
//! - `rules`: what must hold

mod judging;
mod life;
mod people;
mod rules;
mod weather;

use simulation::{Counts, Lives, alone, section};

use life::Life;

/// Lives whose figures are written down.
const FIGURES: Lives = Lives {
    first: 0,
    number: 250,
};
/// The others: as many as take two to three minutes of a processor.
const OTHERS: Lives = Lives {
    first: 250,
    number: 950,
};

#[test]
fn a_stacks_life_keeps_the_rules_whatever_fails() {
    alone(
        "simulation::a_stacks_life_keeps_the_rules_whatever_fails",
        || {
            live(OTHERS.or_chosen());
        },
    );
}

#[test]
fn what_was_injected_and_what_held_is_written_down() {
    if FIGURES.or_chosen() != FIGURES {
        return;
    }
    alone(
        "simulation::what_was_injected_and_what_held_is_written_down",
        write_down,
    );
}

fn write_down() {
    let counts = live(FIGURES);
    // A simulation in which nothing fails, or everything, shows nothing.
    let (requests, failures) = (counts.of("requests"), counts.of("requests that failed"));
    assert!(failures * 10 > requests && failures * 2 < requests);
    section("The policy manager, simulated", &report(&counts));
}

fn live(lives: Lives) -> Counts {
    lives.live("simulation::a_stacks_life", |record| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async { Life::new(record).live().await });
    })
}

/// What was injected, how often, and what held.
fn report(counts: &Counts) -> String {
    let mut text = format!(
        "{} stacks lived: {} operations with {} requests of CloudFormation, of which {} failed and were \
         undone or done again, in {} invocations with {} calls to AWS.\n\n| what happened | how often \
         |\n|---|---|\n",
        counts.of("lives"),
        counts.of("operations"),
        counts.of("requests"),
        counts.of("requests that failed"),
        counts.of("invocations"),
        counts.of("calls"),
    );
    for (what, number) in counts.under("injected: ") {
        text.push_str(&format!("| {what} | {number} |\n"));
    }
    text.push_str("\n| what held every time | how often it was checked |\n|---|---|\n");
    for (rule, number) in counts.under("held: ") {
        text.push_str(&format!("| {rule} | {number} |\n"));
    }
    text
}
