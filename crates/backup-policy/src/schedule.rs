//! Schedules: `cron(...)` as AWS reads it.
//!
//! Our own [`dialect`] reads the expression, because AWS's differs from the cron crate's in
//! what it allows (six fields of which the year may be missing, weekdays from 1 = Sunday,
//! `0/15`, years up to 2199, no seconds, no nicknames); the crate then computes the moments,
//! with months, leap years, `L`, `W` and `#`.

mod dialect;

use chrono::TimeDelta;

use crate::Instant;

/// AWS refuses a schedule whose next two runs are closer than this.
pub(crate) const SHORTEST: TimeDelta = TimeDelta::hours(1);

/// The same where `opt_in_to_archive_for_supported_resources` is true.
pub(crate) const SHORTEST_FOR_ARCHIVE: TimeDelta = TimeDelta::days(28);

/// How many runs ahead are looked at for two that are too close: two years of monthly runs.
const RUNS_AHEAD: usize = 24;

/// A schedule that can be read: when AWS Backup starts a rule, in UTC.
///
/// # Example
/// ```
/// use backup_policy::{Instant, Schedule};
/// let schedule = Schedule::parse("cron(0 5 ? * * *)")?;
/// let runs = schedule.runs_after(Instant::UNIX_EPOCH, 2);
/// assert_eq!(runs[1].to_rfc3339(), "1970-01-02T05:00:00+00:00");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct Schedule {
    cron: croner::Cron,
    /// Neither day field is `?`, or both are: AWS documents that one must be.
    pub(crate) day_fields_against_documentation: bool,
    /// How many fields there are: six, or five where the year is left out.
    pub fields: usize,
    in_any_year: String,
}

impl Schedule {
    /// Reads `cron(minutes hours day-of-month month day-of-week [year])`.
    ///
    /// # Errors
    /// Why the text is not a schedule, as the end of a sentence.
    /// [`validate_schedule`](crate::validate_schedule) also says what to do about it.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        let fields = text
            .strip_prefix("cron(")
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or("it is not of the form `cron(...)`")?;
        let read = dialect::read(fields)?;
        let cron =
            cron(&read.pattern).map_err(|_| "its fields do not make a schedule".to_owned())?;
        let day_fields_against_documentation = read.question_marks != 1;
        Ok(Schedule {
            cron,
            day_fields_against_documentation,
            fields: fields.split_ascii_whitespace().count(),
            in_any_year: read.in_any_year,
        })
    }

    /// Why it runs in no year at all, if that is so.
    pub(crate) fn never_runs(&self, now: Instant) -> Option<String> {
        let in_any_year = cron(&self.in_any_year).ok()?;
        if in_any_year.find_next_occurrence(&now, false).is_ok() {
            return None;
        }
        let fields: Vec<&str> = self.in_any_year.split(' ').collect();
        let number = |at: usize| -> Option<u8> { fields.get(at)?.parse().ok() };
        let month = number(4).and_then(|month| chrono::Month::try_from(month).ok());
        Some(match (number(3), month) {
            (Some(day), Some(month)) => format!("there is no {day} {}", month.name()),
            _ => "none of its months has such a day".to_owned(),
        })
    }

    /// The next runs after a moment, `count` at most: fewer when the schedule ends.
    pub fn runs_after(&self, now: Instant, count: usize) -> Vec<Instant> {
        let mut runs = Vec::new();
        let mut last = now;
        while runs.len() < count {
            let Ok(next) = self.cron.find_next_occurrence(&last, false) else {
                break;
            };
            runs.push(next);
            last = next;
        }
        runs
    }

    /// The time between the next two runs, which is what AWS looks at; none if there are
    /// fewer than two.
    pub(crate) fn next_gap(&self, now: Instant) -> Option<TimeDelta> {
        match self.runs_after(now, 2).as_slice() {
            [first, second] => Some(*second - *first),
            _ => None,
        }
    }

    /// The shortest time between two runs that follow each other, among the next ones.
    pub(crate) fn shortest_gap(&self, now: Instant) -> Option<TimeDelta> {
        let runs = self.runs_after(now, RUNS_AHEAD);
        runs.iter()
            .zip(runs.iter().skip(1))
            .map(|(earlier, later)| *later - *earlier)
            .min()
    }
}

fn cron(pattern: &str) -> Result<croner::Cron, croner::errors::CronError> {
    croner::parser::CronParser::builder()
        .seconds(croner::parser::Seconds::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build()
        .parse(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    /// The next runs after noon on Wednesday, 1 January 2025.
    #[track_caller]
    fn check(expression: &str, expected: &[&str]) {
        let schedule = Schedule::parse(expression).unwrap();
        let runs: Vec<String> = schedule
            .runs_after(at("2025-01-01T12:00:00Z"), expected.len())
            .iter()
            .map(|run| run.format("%a %Y-%m-%d %H:%M").to_string())
            .collect();
        assert_eq!(runs, expected, "{expression}");
    }

    #[test]
    fn every_form_that_aws_documents() {
        check(
            "cron(0 5 ? * * *)",
            &["Thu 2025-01-02 05:00", "Fri 2025-01-03 05:00"],
        );
        check("cron(0 5 * * ? *)", &["Thu 2025-01-02 05:00"]);
        check(
            "cron(0 5 1 * ? *)",
            &["Sat 2025-02-01 05:00", "Sat 2025-03-01 05:00"],
        );
        check(
            "cron(00 16 ? * 2 *)",
            &["Mon 2025-01-06 16:00", "Mon 2025-01-13 16:00"],
        );
        check("cron(0 5 ? * SUN *)", &["Sun 2025-01-05 05:00"]);
        check(
            "cron(0 5 ? * mon-fri *)",
            &["Thu 2025-01-02 05:00", "Fri 2025-01-03 05:00"],
        );
        check(
            "cron(0 5 ? * SAT,SUN *)",
            &["Sat 2025-01-04 05:00", "Sun 2025-01-05 05:00"],
        );
        check(
            "cron(0 0/8 ? * * *)",
            &["Wed 2025-01-01 16:00", "Thu 2025-01-02 00:00"],
        );
        check(
            "cron(0/60 4/24 ? * * *)",
            &["Thu 2025-01-02 04:00", "Fri 2025-01-03 04:00"],
        );
        check(
            "cron(0 5 ? * FRI-MON *)",
            &["Fri 2025-01-03 05:00", "Sat 2025-01-04 05:00"],
        );
        check(
            "cron(0 20/1 ? * * *)",
            &["Wed 2025-01-01 20:00", "Wed 2025-01-01 21:00"],
        );
        check(
            "cron(0 8 1 */3 ? *)",
            &["Tue 2025-04-01 08:00", "Tue 2025-07-01 08:00"],
        );
        check(
            "cron(0 8 1 JAN,Jul ? *)",
            &["Tue 2025-07-01 08:00", "Thu 2026-01-01 08:00"],
        );
        check(
            "cron(0 5 L * ? *)",
            &["Fri 2025-01-31 05:00", "Fri 2025-02-28 05:00"],
        );
        check(
            "cron(0 5 15W 2-3 ? *)",
            &["Fri 2025-02-14 05:00", "Fri 2025-03-14 05:00"],
        );
        check(
            "cron(0 5 LW 5 ? *)",
            &["Fri 2025-05-30 05:00", "Fri 2026-05-29 05:00"],
        );
        check(
            "cron(0 5 ? * 2#1 *)",
            &["Mon 2025-01-06 05:00", "Mon 2025-02-03 05:00"],
        );
        check(
            "cron(0 5 ? * FRI#5 *)",
            &["Fri 2025-01-31 05:00", "Fri 2025-05-30 05:00"],
        );
        check(
            "cron(0 5 ? * 6L *)",
            &["Fri 2025-01-31 05:00", "Fri 2025-02-28 05:00"],
        );
        check(
            "cron(0 5 ? * L *)",
            &["Sat 2025-01-04 05:00", "Sat 2025-01-11 05:00"],
        );
        check(
            "cron(0 5 29 2 ? *)",
            &["Tue 2028-02-29 05:00", "Sun 2032-02-29 05:00"],
        );
        check(
            "cron(0 5 1 1 ? 2030-2031)",
            &["Tue 2030-01-01 05:00", "Wed 2031-01-01 05:00"],
        );
        check("cron(0 5 1 1 ?)", &["Thu 2026-01-01 05:00"]);
        // To the end of the field.
        check(
            "cron(0/59 20 ? * * *)",
            &[
                "Wed 2025-01-01 20:00",
                "Wed 2025-01-01 20:59",
                "Thu 2025-01-02 20:00",
            ],
        );
        check(
            "cron(0 5-9/4 ? * * *)",
            &["Thu 2025-01-02 05:00", "Thu 2025-01-02 09:00"],
        );
    }

    #[test]
    fn a_range_goes_round_the_end_of_its_field_with_a_step_as_without() {
        check(
            "cron(0 21-3/3 ? * * *)",
            &[
                "Wed 2025-01-01 21:00",
                "Thu 2025-01-02 00:00",
                "Thu 2025-01-02 03:00",
                "Thu 2025-01-02 21:00",
            ],
        );
        check(
            "cron(0 5 1 11-2/2 ? *)",
            &["Sat 2025-11-01 05:00", "Thu 2026-01-01 05:00"],
        );
        check(
            "cron(0 5 ? * FRI-MON/2 *)",
            &["Fri 2025-01-03 05:00", "Sun 2025-01-05 05:00"],
        );
    }

    #[test]
    fn the_nearest_weekday_stays_in_its_month() {
        // 1 February and 1 March 2025 are Saturdays.
        check(
            "cron(0 5 1W * ? *)",
            &["Mon 2025-02-03 05:00", "Mon 2025-03-03 05:00"],
        );
    }

    #[test]
    fn a_schedule_that_ends_has_no_more_runs() {
        let runs = |text: &str| {
            Schedule::parse(text)
                .unwrap()
                .runs_after(at("2025-01-01T12:00:00Z"), 3)
                .len()
        };
        assert_eq!(runs("cron(0 5 1 1 ? 2020)"), 0);
        assert_eq!(runs("cron(0 5 1 1 ? 2026)"), 1);
        assert_eq!(runs("cron(0 5 30 2 ? *)"), 0);
    }

    /// The cron crate would search until the year 5000, day by day: 0.1 s for each schedule that never runs.
    #[test]
    fn no_run_is_later_than_the_last_year_that_aws_takes() {
        for text in [
            "cron(0 5 1 1 ? *)",
            "cron(0 5 1 1 ?)",
            "cron(0 5 1 1 ? 2026/1)",
        ] {
            let schedule = Schedule::parse(text).unwrap();
            let runs = schedule.runs_after(at("2197-06-01T12:00:00Z"), 5);
            let years: Vec<String> = runs
                .iter()
                .map(|run| run.format("%Y").to_string())
                .collect();
            assert_eq!(years, ["2198", "2199"], "{text}");
            assert_eq!(schedule.never_runs(at("2197-06-01T12:00:00Z")), None);
        }
    }

    #[test]
    fn a_day_that_no_month_has_is_named() {
        for (text, why) in [
            ("cron(0 5 31 2 ? *)", Some("there is no 31 February")),
            ("cron(0 5 31 FEB ?)", Some("there is no 31 February")),
            ("cron(0 5 31 4 ? 2030)", Some("there is no 31 April")),
            (
                "cron(0 5 31 4,6 ? *)",
                Some("none of its months has such a day"),
            ),
            ("cron(0 5 29 2 ? *)", None),
            ("cron(0 5 29 2 ? 2027)", None),
            ("cron(0 5 1 1 ? 2020)", None),
        ] {
            let schedule = Schedule::parse(text).unwrap();
            let found = schedule.never_runs(at("2025-01-01T12:00:00Z"));
            assert_eq!(found.as_deref(), why, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_schedule_says_why() {
        for (text, reason) in [
            ("", "it is not of the form `cron(...)`"),
            ("rate(1 day)", "it is not of the form `cron(...)`"),
            ("cron(@daily)", "it has 1 fields instead of 6"),
            ("cron(0 0 5 ? * * *)", "it has 7 fields instead of 6"),
            (
                "cron(60 5 ? * * *)",
                "`60` in the minutes is not from 0 to 59",
            ),
            (
                "cron(0 24 ? * * *)",
                "`24` in the hours is not from 0 to 23",
            ),
            (
                "cron(0 5 0 * ? *)",
                "`0` in the days of the month is not from 1 to 31",
            ),
            (
                "cron(0 5 ? 13 * *)",
                "`13` in the months is not from 1 to 12",
            ),
            (
                "cron(0 5 ? * 0 *)",
                "`0` in the days of the week is not from 1 to 7",
            ),
            (
                "cron(0 5 ? * 2#6 *)",
                "`6` in the days of the week is not from 1 to 5",
            ),
            (
                "cron(0 5 ? * * 2200)",
                "`2200` in the years is not from 1970 to 2199",
            ),
            (
                "cron(0 5 ? * MOO *)",
                "`MOO` is not something the days of the week take",
            ),
            ("cron(? 5 ? * * *)", "`?` is not something the minutes take"),
            ("cron(0 5,,6 ? * * *)", "`` is not something the hours take"),
            (
                "cron(0 5/0 ? * * *)",
                "`0` in the hours is not from 1 to 24",
            ),
            (
                "cron(0 5 3W-4 * ? *)",
                "`3W-4` is not something the days of the month take",
            ),
            (
                "cron(0 5 ? * LW *)",
                "`LW` is not something the days of the week take",
            ),
            ("cron(L 5 ? * * *)", "`L` is not something the minutes take"),
            (
                "cron(0 5 ? * L,? *)",
                "`?` is not something the days of the week take",
            ),
        ] {
            assert_eq!(
                Schedule::parse(text).err().as_deref(),
                Some(reason),
                "{text}"
            );
        }
    }

    #[test]
    fn gaps() {
        let gap = |text: &str, now: &str| {
            let schedule = Schedule::parse(text).unwrap();
            let hours = |gap: Option<TimeDelta>| gap.map(|gap| gap.num_minutes());
            (
                hours(schedule.next_gap(at(now))),
                hours(schedule.shortest_gap(at(now))),
            )
        };
        assert_eq!(
            gap("cron(* * * * * *)", "2025-01-01T12:00:00Z"),
            (Some(1), Some(1))
        );
        assert_eq!(
            gap("cron(0 * ? * * *)", "2025-01-01T12:00:00Z"),
            (Some(60), Some(60))
        );
        let twice = "cron(0,30 5 ? * * *)";
        assert_eq!(gap(twice, "2025-01-01T04:00:00Z"), (Some(30), Some(30)));
        assert_eq!(
            gap(twice, "2025-01-01T05:10:00Z"),
            (Some(23 * 60 + 30), Some(30))
        );
        let monthly = "cron(0 5 1 * ? *)";
        assert_eq!(
            gap(monthly, "2025-01-31T05:00:00Z"),
            (Some(28 * 1440), Some(28 * 1440))
        );
        assert_eq!(
            gap("cron(0 5 1 1 ? 2026)", "2025-01-01T05:10:00Z"),
            (None, None)
        );
    }
}
