//! What the simulations of both functions share: lives are lived by their seeds, on all cores; each
//! keeps a record of what happened; a life in which a rule is broken prints it, and its seed replays it.
//!
//! - `SIMULATION_SEEDS`: how many lives, instead of the usual number
//! - `SIMULATION_FIRST`: the first seed, instead of 0
//! - `SIMULATION_SEED`: this life alone, whose story is printed also when all rules hold

#![expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "for tests alone, which fail by a panic and print their progress"
)]

mod document;
mod record;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

pub use document::section;
pub use record::{Counts, Record};

/// Progress is printed after so many lives.
const PROGRESS: u64 = 1_000;

/// Runs a test, named as the test program names it, in a process of its own, so that a seed lives the same
/// whatever runs beside it: a test that has a subscriber of `tracing` changes the whole process, and was seen
/// to change lives.
///
/// # Panics
/// When the test fails there, or cannot be run.
pub fn alone(test: &str, act: impl FnOnce()) {
    const ALONE: &str = "SIMULATION_ALONE";
    if std::env::var_os(ALONE).is_some() {
        act();
        return;
    }
    let program = std::env::current_exe().unwrap_or_else(|error| panic!("{test}: {error}"));
    let ended = Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .status();
    match ended {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{test}: {status}; what it said is above"),
        Err(error) => panic!("{test}: {error}"),
    }
}

/// Lives, one seed after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lives {
    /// The seed of the first.
    pub first: u64,
    /// How many.
    pub number: u64,
}

impl Lives {
    /// These, or those that the environment asks for.
    ///
    /// # Panics
    /// When a variable is no number.
    pub fn or_chosen(self) -> Lives {
        let given = |name: &str| {
            let value = std::env::var(name).ok()?;
            let number = value.parse::<u64>();
            Some(number.unwrap_or_else(|_| panic!("{name} is `{value}`: expected a number")))
        };
        if let Some(first) = given("SIMULATION_SEED") {
            return Lives { first, number: 1 };
        }
        Lives {
            first: given("SIMULATION_FIRST").unwrap_or(self.first),
            number: given("SIMULATION_SEEDS").unwrap_or(self.number),
        }
    }

    /// Lives them, on all cores, and returns what was counted. A life breaks a rule by a panic.
    ///
    /// # Panics
    /// When a rule is broken: with the seed, the rule, the story, and how `test` replays it.
    pub fn live(self, test: &str, life: impl Fn(&Record) + Sync) -> Counts {
        let began = Instant::now();
        let next = AtomicU64::new(self.first);
        let end = self.first + self.number;
        let counts = Mutex::new(Counts::default());
        let broken: Mutex<Option<(u64, String)>> = Mutex::new(None);
        let worker = || {
            // What is made once a thread, or once a process, draws from the random numbers of the life
            // that comes first: that one does not count, so that a seed lives the same wherever it comes.
            let first = Record::new(self.first);
            let _ = catch_unwind(AssertUnwindSafe(|| life(&first)));
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end || lock(&broken).is_some() {
                    return;
                }
                let record = Record::new(seed);
                let lived = catch_unwind(AssertUnwindSafe(|| life(&record)));
                if self.number == 1 {
                    eprintln!("{}", record.story());
                }
                lock(&counts).add(&record.counts());
                if let Err(panic) = lived {
                    let rule = message(panic.as_ref());
                    let text = format!(
                        "seed {seed}: {rule}\n\n{}\nThe same again: make simulate SEED={seed} TEST={test}",
                        record.story()
                    );
                    let mut broken = lock(&broken);
                    if broken.as_ref().is_none_or(|(other, _)| seed < *other) {
                        *broken = Some((seed, text));
                    }
                    return;
                }
                let lives = seed + 1 - self.first;
                if lives.is_multiple_of(PROGRESS) {
                    let seconds = began.elapsed().as_secs();
                    eprintln!("{test}: {lives} of {} lives, {seconds} s", self.number);
                }
            }
        };
        thread::scope(|scope| {
            let cores = thread::available_parallelism().map_or(1, usize::from);
            for _ in 0..cores {
                scope.spawn(worker);
            }
        });
        if let Some((_, text)) = lock(&broken).take() {
            panic!("{text}");
        }
        let counts = std::mem::take(&mut *lock(&counts));
        let seconds = began.elapsed().as_secs_f64();
        eprintln!("{test}: {} lives in {seconds:.1} s: {counts}", self.number);
        counts
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
    text.unwrap_or_else(|| "a panic without words".to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SOME: Lives = Lives {
        first: 10,
        number: 30,
    };

    #[test]
    fn every_seed_lives_once_and_is_counted() {
        let counts = SOME.live("test", |record| {
            record.count("lives");
            record.add("sum", record.seed);
        });
        assert_eq!(counts.of("lives"), 30);
        assert_eq!(counts.of("sum"), (10..40).sum());
    }

    #[test]
    fn a_broken_rule_prints_its_seed_and_its_story() {
        let lived = catch_unwind(|| {
            SOME.live("test", |record| {
                record.tell(Duration::from_millis(61_250), "something fails");
                assert!(record.seed < 20, "the rule");
            })
        });
        let text = message(lived.unwrap_err().as_ref());
        assert!(text.starts_with("seed 2"), "{text}");
        assert!(text.contains(": the rule\n\n"), "{text}");
        assert!(text.contains("0:01:01.250  something fails"), "{text}");
        assert!(text.contains("make simulate SEED=2"), "{text}");
    }
}
