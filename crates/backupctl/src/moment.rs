//! Moments as people write them, and as the clocks of a place show them.

use anyhow::{Context as _, bail};
use backup_policy::{Instant, nearest};
use chrono::{NaiveDate, NaiveDateTime};
use jiff::tz::{TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

/// Reads a date, a date with a time, or a moment with its offset. Without an offset it is in UTC.
///
/// # Errors
/// The text is none of them.
///
/// # Example
/// ```
/// use backupctl::moment::parse;
/// assert_eq!(parse("2026-01-31").unwrap(), parse("2026-01-31T01:00:00+01:00").unwrap());
/// assert_eq!(parse("2026-01-31 05:30").unwrap().to_rfc3339(), "2026-01-31T05:30:00+00:00");
/// ```
pub fn parse(text: &str) -> Result<Instant, String> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Instant>() {
        return Ok(moment);
    }
    let plain = text.replacen('T', " ", 1);
    let times = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    let mut times = times
        .iter()
        .filter_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok());
    let date = || {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        date.and_hms_opt(0, 0, 0)
    };
    match times.next().or_else(date) {
        Some(moment) => Ok(moment.and_utc()),
        None => Err(
            "give a date, such as 2026-01-31, or a moment, such as 2026-01-31T12:00:00Z (without \
             `Z` or an offset it is in UTC)"
                .to_owned(),
        ),
    }
}

/// A place's clocks.
#[derive(Debug, Clone)]
pub struct Clock(TimeZone);

/// A change of a place's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// When, by the clock that is in force afterwards.
    pub date: String,
    /// By how much: forward if positive.
    pub by: SignedDuration,
}

impl Clock {
    /// The clocks of a time zone of IANA's database, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn of(name: &str) -> anyhow::Result<Clock> {
        if let Ok(zone) = TimeZone::get(name) {
            return Ok(Clock(zone));
        }
        let known: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect();
        let places = known.iter().map(|name| {
            let place = name.rsplit('/').next().unwrap_or(name);
            (place, name)
        });
        // Most people know the place, and not the continent.
        let by_place = places
            .clone()
            .find(|(place, _)| place.eq_ignore_ascii_case(name));
        let near = nearest(name, known.iter().map(String::as_str));
        match near.or(by_place.map(|(_, name)| name.as_str())) {
            Some(near) => bail!("there is no time zone `{name}`: did you mean `{near}`?"),
            None => bail!("there is no time zone `{name}`: give a name such as `Europe/Berlin`"),
        }
    }

    /// A moment as these clocks show it.
    ///
    /// # Errors
    /// The moment is beyond the year 9999.
    pub fn show(&self, moment: Instant) -> anyhow::Result<ZonedDateTime> {
        let moment = timestamp(moment)?;
        Ok(moment.to_zoned_datetime(self.0.clone()))
    }

    /// The last change of the clocks after one moment and not after another, if they then show
    /// something else than before.
    ///
    /// # Errors
    /// A moment is beyond the year 9999.
    pub fn shift_between(&self, one: Instant, other: Instant) -> anyhow::Result<Option<Shift>> {
        let (one, other) = (timestamp(one)?, timestamp(other)?);
        let by = self.seconds(other) - self.seconds(one);
        let mut changes = self.0.following(one);
        let last =
            std::iter::from_fn(|| changes.next().filter(|it| it.timestamp() <= other)).last();
        Ok(last
            .filter(|_| by != 0)
            .map(|change| self.shift(&change, by)))
    }

    /// The next change of the clocks.
    ///
    /// # Errors
    /// The moment is beyond the year 9999.
    pub fn next_shift(&self, after: Instant) -> anyhow::Result<Option<Shift>> {
        let after = timestamp(after)?;
        let now = self.seconds(after);
        let mut changes = self.0.following(after);
        // A change of the name alone is none of the clocks.
        let next = changes.find(|change| change.offset().seconds() != now);
        Ok(next.map(|change| self.shift(&change, change.offset().seconds() - now)))
    }

    fn seconds(&self, at: Timestamp) -> i32 {
        self.0.to_offset(at).seconds()
    }

    fn shift(&self, change: &TimeZoneTransition<'_>, by: i32) -> Shift {
        let at = change.timestamp().to_zoned_datetime(self.0.clone());
        Shift {
            date: at.strftime("%a %Y-%m-%d").to_string(),
            by: SignedDuration::from_secs(by.into()),
        }
    }
}

impl std::fmt::Display for Shift {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let minutes = self.by.as_secs().abs() / 60;
        let by = match (minutes / 60, minutes % 60) {
            (hours, 0) => format!("{hours} h"),
            (0, minutes) => format!("{minutes} min"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        };
        let (way, than) = match self.by.is_negative() {
            true => ("back", "earlier"),
            false => ("forward", "later"),
        };
        write!(
            formatter,
            "{}: the clocks go {way} by {by}, so it runs {by} {than} by them",
            self.date
        )
    }
}

fn timestamp(moment: Instant) -> anyhow::Result<Timestamp> {
    Timestamp::from_second(moment.timestamp()).context("no calendar has this moment")
}
