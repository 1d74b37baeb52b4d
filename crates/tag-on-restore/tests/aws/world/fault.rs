//! When a call fails, and how.

/// Fails the calls of one operation, from one call on, a number of times.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `service:operation`.
    pub call: String,
    /// Calls that pass before.
    pub skip: usize,
    /// Calls that fail then; without a number, all of them.
    pub times: Option<usize>,
    pub way: Way,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The service's throttling error.
    Throttle,
    /// HTTP 500 or 503 without a meaningful body.
    ServerError(u16),
    /// The credentials have expired.
    Expire,
    /// The connection breaks before the request arrives.
    LostBefore,
    /// The connection breaks after the effect, before the answer.
    LostAfter,
    /// HTTP 500 after the effect.
    ErrorAfter,
    /// Nothing ever comes back, and nothing happened.
    Hang,
    /// The process dies before the request arrives.
    CrashBefore,
    /// The process dies after the effect.
    CrashAfter,
    /// HTTP 400 with this code.
    Code(&'static str),
    /// HTTP 200, and in it a failure with this code for the resource.
    PerArn(&'static str),
    /// HTTP 200 after the effect, with half of an answer.
    CutOff,
}

impl Fault {
    pub fn once(call: &str, way: Way) -> Fault {
        Fault::nth(call, 0, way)
    }

    /// Fails the call after `skip` others.
    pub fn nth(call: &str, skip: usize, way: Way) -> Fault {
        Fault {
            call: call.to_owned(),
            skip,
            times: Some(1),
            way,
        }
    }

    pub fn always(call: &str, way: Way) -> Fault {
        Fault {
            times: None,
            ..Fault::once(call, way)
        }
    }
}

/// The way in which this call fails, if it does; faults count it either way.
pub(super) fn next(faults: &mut [Fault], call: &str) -> Option<Way> {
    let mut way = None;
    for fault in faults.iter_mut().filter(|it| it.call == call) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.times != Some(0) && way.is_none() {
            fault.times = fault.times.map(|times| times - 1);
            way = Some(fault.way);
        }
    }
    way
}

/// Failures at random, the same for the same seed.
#[derive(Debug)]
pub(super) struct Storm {
    state: u64,
    /// The share of the calls that fail in each way.
    ways: Vec<(f64, Way)>,
}

impl Storm {
    pub fn new(seed: u64, ways: Vec<(f64, Way)>) -> Storm {
        Storm { state: seed, ways }
    }

    pub fn next(&mut self) -> Option<Way> {
        let mut dice = self.dice();
        let met = self.ways.iter().find(|(share, _)| {
            dice -= share;
            dice < 0.0
        });
        met.map(|(_, way)| *way)
    }

    /// SplitMix64, between 0 and 1.
    fn dice(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}
