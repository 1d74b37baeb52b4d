//! What fails, and how often.

use std::time::Duration;

use fastrand::Rng;

use crate::world::Way;

const WAYS: [Way; 15] = [
    Way::Throttle,
    Way::ServerError(500),
    Way::ServerError(503),
    Way::LostBefore,
    Way::LostAfter,
    Way::ErrorAfter,
    Way::Hang,
    Way::CutOff,
    Way::Expire,
    Way::CrashBefore,
    Way::CrashAfter,
    Way::PerArn("InternalServiceException"),
    Way::PerArn("ThrottlingException"),
    Way::PerArn("ConcurrentModificationException"),
    Way::PerArn("InvalidParameterException"),
];

/// A storm: shares of all calls that fail, in some ways.
pub fn storm(random: &mut Rng) -> Vec<(f64, Way)> {
    let ways = random.usize(1..5);
    let share = |random: &mut Rng, way: Way| match way {
        Way::Hang | Way::CrashBefore | Way::CrashAfter => 0.03,
        _ => *random.choice(&[0.02, 0.1, 0.3]).unwrap(),
    };
    let storm = (0..ways).map(|_| {
        let way = *random.choice(&WAYS).unwrap();
        (share(random, way) / ways as f64, way)
    });
    storm.collect()
}

/// When the next process dies, if it does: at any moment, above all early.
pub fn death(random: &mut Rng) -> Option<Duration> {
    let longest = 1_u64 << random.u32(4..17);
    (random.u8(0..6) == 0).then(|| Duration::from_millis(random.u64(0..longest)))
}

/// A way to fail, in words.
pub fn words(way: Way) -> &'static str {
    match way {
        Way::Throttle => "call throttled",
        Way::ServerError(_) => "5xx without a meaningful body",
        Way::Expire => "credentials expired",
        Way::LostBefore => "connection broken before the effect",
        Way::LostAfter => "connection broken after the effect",
        Way::ErrorAfter => "5xx after the effect",
        Way::Hang => "no answer",
        Way::CrashBefore => "process dead before the effect",
        Way::CrashAfter => "process dead after the effect",
        Way::Code(_) => "call refused",
        Way::PerArn(_) => "200 with a failure for the resource",
        Way::CutOff => "half an answer",
    }
}
