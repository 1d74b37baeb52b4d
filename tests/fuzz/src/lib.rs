//! What is done with arbitrary bytes: a [`Target`] for each thing that reads what others wrote.
//!
//! The fuzzer (`fuzz/`, outside of the workspace) makes up bytes and looks for a target that panics, takes
//! too long or too much memory; the test of this package gives each target its corpus
//! (`fuzz/corpus/<target>/`), without any tool. What must hold for every input is asserted by the targets.

#![expect(clippy::panic, reason = "a target fails by a panic")]

mod file;
mod growth;
mod organization;
mod policy;
mod request;
mod restore;
mod schedule;
mod shown;
mod template;
mod tree;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub use growth::{LONGEST, grown};

/// Something that reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the program that fuzzes it and of the folder of its corpus.
    pub name: &'static str,
    /// Reads the bytes, and panics when something that must hold does not.
    pub check: fn(&[u8]),
}

/// An event to `org-policy-manager`, through the protocol to the content that would be sent.
pub const REQUEST: Target = Target {
    name: "request",
    check: request::check,
};

/// An event to `tag-on-restore`, to what would be written.
pub const RESTORE: Target = Target {
    name: "restore",
    check: restore::check,
};

/// A policy, in JSON and YAML, alone or in what holds it.
pub const POLICY: Target = Target {
    name: "policy",
    check: policy::check,
};

/// A CloudFormation template.
pub const TEMPLATE: Target = Target {
    name: "template",
    check: template::check,
};

/// A schedule, and moments as people write them.
pub const SCHEDULE: Target = Target {
    name: "schedule",
    check: schedule::check,
};

/// An organization's file, merged and shown.
pub const ORGANIZATION: Target = Target {
    name: "organization",
    check: organization::check,
};

/// An organization that the bytes choose piece by piece, so that nearly each is merged.
pub const TREE: Target = Target {
    name: "tree",
    check: tree::check,
};

/// The files beside a policy: values of parameters, the solution's targets, locks.
pub const FILE: Target = Target {
    name: "file",
    check: file::check,
};

/// All targets.
pub const TARGETS: [Target; 8] = [
    REQUEST,
    RESTORE,
    POLICY,
    TEMPLATE,
    SCHEDULE,
    ORGANIZATION,
    TREE,
    FILE,
];

/// One input in so many is also given with a stretch of it repeated until it is [`LONGEST`]: work that
/// grows faster than the input shows there.
const GROWN: u64 = 256;

/// Gives bytes to a target, and now and then more of the same. Returns the longest time it took.
///
/// # Panics
/// When the target does, or takes longer than `limit` of the processor's time. What else the machine does makes
/// that longer, too: it counts only if it happens thrice.
pub fn fuzz(target: Target, bytes: &[u8], limit: Duration) -> Duration {
    let seed = growth::seed(bytes);
    let took = bounded(target, bytes, limit);
    match seed % GROWN {
        0 => took.max(bounded(target, &grown(bytes, seed / GROWN), limit)),
        _ => took,
    }
}

/// Gives bytes to a target, and measures the processor's time.
///
/// # Panics
/// As [`fuzz`].
fn bounded(target: Target, bytes: &[u8], limit: Duration) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..3 {
        let began = processor();
        (target.check)(bytes);
        least = least.min(processor().saturating_sub(began));
        if least <= limit {
            return least;
        }
    }
    panic!("{}: {} bytes take {least:?}", target.name, bytes.len());
}

/// The processor's time that this thread has had.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.try_into().unwrap_or_default()
}
