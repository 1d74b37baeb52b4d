//! When a call fails, and how.

use super::Call;

/// Fails the calls of one operation, from one call on, a number of times.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `DescribePolicy`, or `DescribePolicy p-1234` for the calls about one policy only.
    pub operation: String,
    /// Calls of the operation that pass before the fault.
    pub skip: usize,
    /// Calls that fail then; without a number, all of them.
    pub times: Option<usize>,
    pub way: Way,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// TooManyRequestsException, or what the other services say in its place.
    Throttle,
    /// ConcurrentModificationException.
    Conflict,
    /// PolicyChangesInProgressException.
    ChangesInProgress,
    /// AccessDeniedException.
    Refuse,
    /// The credentials have expired.
    Expire,
    /// ConstraintViolationException.
    Constrain,
    /// HTTP 500 or 503 without a meaningful body.
    ServerError(u16),
    /// The connection breaks before the request arrives.
    LostBefore,
    /// The connection breaks after the effect, before the answer.
    LostAfter,
    /// Nothing ever comes back, and nothing happened.
    Hang,
    /// Nothing ever comes back, and yet it happened.
    HangAfter,
    /// The function's own code panics while it waits.
    Panic,
    /// The function's process dies before the request arrives.
    CrashBefore,
    /// The function's process dies after the effect.
    CrashAfter,
}

impl Fault {
    /// Fails one call of an operation: the one after `skip` others.
    pub fn once(operation: &str, skip: usize, way: Way) -> Fault {
        Fault {
            operation: operation.to_owned(),
            skip,
            times: Some(1),
            way,
        }
    }

    /// Fails a call of an operation, and every later one, until the world is healed.
    pub fn from_then_on(operation: &str, skip: usize, way: Way) -> Fault {
        Fault {
            operation: operation.to_owned(),
            skip,
            times: None,
            way,
        }
    }
}

/// The way in which this call fails, if it does; faults count it either way.
pub(super) fn next(faults: &mut [Fault], call: &Call) -> Option<Way> {
    let mut way = None;
    let policy = call.policy.as_deref().unwrap_or_default();
    let about = format!("{} {policy}", call.operation);
    let met = |it: &&mut Fault| it.operation == call.operation || it.operation == about;
    for fault in faults.iter_mut().filter(met) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.times != Some(0) && way.is_none() {
            fault.times = fault.times.map(|times| times - 1);
            way = Some(fault.way);
        }
    }
    way
}
