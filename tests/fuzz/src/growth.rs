//! Longer inputs made of shorter ones.

/// How long an input is made: as much as each of its readers must do in the time that an input has.
pub const LONGEST: usize = 64 * 1024;

/// The longest stretch that is repeated.
const STRETCH: u64 = 96;

/// A number that is the same for the same bytes (FNV-1a over eight at a time).
pub(crate) fn seed(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |hash, chunk| {
        let word = chunk
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        mix(hash, word)
    })
}

/// The bytes with one stretch of them repeated until there are [`LONGEST`]; `seed` chooses which.
pub fn grown(bytes: &[u8], seed: u64) -> Vec<u8> {
    let length = bytes.len() as u64;
    if length == 0 || bytes.len() >= LONGEST {
        return bytes.to_vec();
    }
    let mut next = seed;
    let mut choose = |below: u64| {
        next = next
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((next >> 33) % below).unwrap_or_default()
    };
    let start = choose(length);
    let stretch = 1 + choose(STRETCH.min(length - start as u64));
    let (before, rest) = bytes.split_at(start);
    let (repeated, after) = rest.split_at(stretch);
    let times = (LONGEST - before.len() - after.len()) / stretch;
    [before, &repeated.repeat(times), after].concat()
}
