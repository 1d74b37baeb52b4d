//! What is shown to people is one line, with an end.

use backup_policy::Instant;

/// Characters of the longest line: path, message and remedy together.
const LONGEST: usize = 10_000;

/// The moment at which everything is judged.
pub(crate) fn now() -> Instant {
    Instant::from_timestamp(1_767_225_600, 0).unwrap_or_default()
}

/// Asserts that a text is one line, with an end.
#[track_caller]
pub(crate) fn is_one_line(line: &str) {
    assert!(!line.contains(char::is_control), "{line:?}");
    assert!(
        line.len() <= 4 * LONGEST,
        "{} bytes: {line:.400?}",
        line.len()
    );
}
