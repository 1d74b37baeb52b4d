//! Moments as the page writes them.

use backup_policy::Instant;

use crate::words::number;

/// A moment to the minute. The page says once that all are UTC.
pub(super) fn time(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// How long ago a moment was: in hours up to two days, then in days.
pub(super) fn ago(at: Instant, now: Instant) -> String {
    let hours = usize::try_from((now - at).num_hours()).unwrap_or(0);
    match hours {
        0 => "less than an hour ago".to_owned(),
        1..48 => format!("{} ago", number(hours, "hour")),
        _ => format!("{} ago", number(hours / 24, "day")),
    }
}
