//! Random restores, random faults, and the rules that hold all the same.
//!
//! A life is a day of an account: restores end, their events arrive late, twice or never, two
//! invocations work beside each other, reconciliation comes every six hours, AWS throttles, loses answers
//! and refuses in part, processes die at any moment, credentials end, and people tag by hand. Every write
//! and every message that is done is judged when it happens; in the end AWS is well again, dead letters
//! are sent back, and everything has its tags or a dead letter with its reason. A life is its seed: see the
//! crate `simulation`.
//!
//! - `life`: the day, and who acts in it
//! - `judging`: what is judged when
//! - `restores`: what is restored, and what of it is to be tagged
//! - `queue`: SQS
//! - `weather`: what fails
//! - `rules`: what must hold

mod judging;
mod life;
mod queue;
mod restores;
mod rules;
mod weather;

use simulation::{Counts, Lives, alone, section};

/// Lives whose figures are written down.
const FIGURES: Lives = Lives {
    first: 0,
    number: 250,
};
/// The others: as many as take less than a minute on two cores.
const OTHERS: Lives = Lives {
    first: 250,
    number: 550,
};

#[test]
fn a_day_of_restores_keeps_the_rules_whatever_fails() {
    alone(
        "simulation::a_day_of_restores_keeps_the_rules_whatever_fails",
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
    let (calls, failed) = (counts.of("calls"), counts.of("calls that failed"));
    assert!(
        failed * 20 > calls && failed * 2 < calls,
        "{failed} of {calls}"
    );
    section(
        "The tagging of restored resources, simulated",
        &report(&counts),
    );
}

fn live(lives: Lives) -> Counts {
    lives.live("simulation::a_day_of_restores", |record| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(life::live(record));
    })
}

/// What was injected, how often, and what held.
fn report(counts: &Counts) -> String {
    let mut text = format!(
        "{} days with {} restores: {} invocations with {} calls to AWS, of which {} failed; {} writes of \
         tags, in which {} tags were those that somebody else wrote between the function's reading and \
         its writing: AWS has no call that could tell.\n\n| what happened | how often |\n|---|---|\n",
        counts.of("lives"),
        counts.of("restores"),
        counts.of("invocations"),
        counts.of("calls"),
        counts.of("calls that failed"),
        counts.of("writes"),
        counts.of("tags that somebody else wrote between our reading and our writing"),
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
