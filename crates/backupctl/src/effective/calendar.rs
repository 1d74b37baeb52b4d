//! When backups start in the coming weeks.

use std::collections::BTreeMap;

use backup_policy::{Instant, Schedule};
use chrono::{Datelike as _, NaiveDate, TimeDelta, Timelike as _};

/// A calendar shows at least this many days, so that something monthly is always in it.
const FEWEST_DAYS: u32 = 32;

/// Whole weeks, from Monday to Sunday, without the days before the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// The moment from which on runs are of interest.
    pub now: Instant,
    /// The first day, which is that of `now`.
    pub first: NaiveDate,
    /// How many days there are. The last is a Sunday.
    pub days: u32,
}

impl Calendar {
    /// The calendar of the weeks after a moment.
    pub fn of(now: Instant) -> Calendar {
        let first = now.date_naive();
        let past = first.weekday().num_days_from_monday();
        let weeks = (FEWEST_DAYS + past).div_ceil(7);
        Calendar {
            now,
            first,
            days: weeks * 7 - past,
        }
    }

    /// When a schedule runs, in minutes since the beginning of the first day. Empty for what
    /// cannot be read.
    ///
    /// No more than 24 runs a day are looked for: AWS takes none that are less than an hour apart.
    pub fn runs(&self, expression: &str) -> Vec<i64> {
        let Ok(schedule) = Schedule::parse(expression) else {
            return Vec::new();
        };
        let midnight = self.first.and_time(chrono::NaiveTime::MIN).and_utc();
        let end = midnight + TimeDelta::days(self.days.into());
        let most = self.days as usize * 24;
        let mut runs = Vec::new();
        let mut last = self.now;
        // One at a time: what comes after the end may be centuries away.
        while let [run] = schedule.runs_after(last, 1).as_slice()
            && *run < end
            && runs.len() < most
        {
            runs.push((*run - midnight).num_minutes());
            last = *run;
        }
        runs
    }

    /// The time of day from which on runs are of interest: `12:30`.
    pub fn time(&self) -> String {
        format!("{:02}:{:02}", self.now.hour(), self.now.minute())
    }
}

/// Every expression once, with when it runs.
#[derive(Debug)]
pub struct Schedules {
    calendar: Calendar,
    indexes: BTreeMap<String, usize>,
    /// The expressions and their runs, as [`Calendar::runs`] gives them.
    pub all: Vec<(String, Vec<i64>)>,
}

impl Schedules {
    /// None so far.
    pub fn new(calendar: Calendar) -> Schedules {
        Schedules {
            calendar,
            indexes: BTreeMap::new(),
            all: Vec::new(),
        }
    }

    /// The index of an expression in `all`, where it is from now on.
    pub fn index(&mut self, expression: &str) -> usize {
        if let Some(index) = self.indexes.get(expression) {
            return *index;
        }
        let index = self.all.len();
        self.all
            .push((expression.into(), self.calendar.runs(expression)));
        self.indexes.insert(expression.into(), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(now: &str) -> Calendar {
        Calendar::of(now.parse().unwrap())
    }

    #[test]
    fn it_ends_on_a_sunday_and_has_at_least_32_days() {
        // 1 June 2026 is a Monday.
        for (day, days) in [
            (1, 35),
            (2, 34),
            (3, 33),
            (4, 32),
            (5, 38),
            (6, 37),
            (7, 36),
        ] {
            let calendar = calendar(&format!("2026-06-{day:02}T12:00:00Z"));
            assert_eq!(calendar.days, days, "{day} June");
            let last = calendar.first + TimeDelta::days(i64::from(days) - 1);
            assert_eq!(last.weekday(), chrono::Weekday::Sun, "{day} June");
        }
    }

    #[test]
    fn runs_are_minutes_since_the_first_midnight() {
        let calendar = calendar("2026-06-01T12:00:00Z");
        let day = |run: &i64| (run / 1440, run % 1440);
        let daily: Vec<_> = calendar.runs("cron(0 5 ? * * *)").iter().map(day).collect();
        assert_eq!(daily.first(), Some(&(1, 300)), "today's is over");
        assert_eq!(daily.last(), Some(&(34, 300)));
        assert_eq!(daily.len(), 34);
        let monthly: Vec<_> = calendar
            .runs("cron(30 23 L * ? *)")
            .iter()
            .map(day)
            .collect();
        assert_eq!(monthly, [(29, 1410)]);
        let evening: Vec<_> = calendar
            .runs("cron(0 18 ? * MON *)")
            .iter()
            .map(day)
            .collect();
        assert_eq!(
            evening,
            [(0, 1080), (7, 1080), (14, 1080), (21, 1080), (28, 1080)]
        );
    }

    #[test]
    fn what_never_runs_or_cannot_be_read_has_no_runs() {
        let calendar = calendar("2026-06-01T12:00:00Z");
        for expression in [
            "",
            "rate(1 day)",
            "cron(0 5 1 1 ? 2020)",
            "cron(0 5 1 12 ? *)",
        ] {
            assert_eq!(calendar.runs(expression), [0; 0], "{expression}");
        }
    }

    #[test]
    fn a_schedule_that_runs_all_the_time_is_cut() {
        let calendar = calendar("2026-06-01T12:00:00Z");
        assert_eq!(calendar.runs("cron(* * * * ? *)").len(), 35 * 24);
    }

    #[test]
    fn an_expression_is_computed_once() {
        let mut schedules = Schedules::new(calendar("2026-06-01T12:00:00Z"));
        let daily = schedules.index("cron(0 5 ? * * *)");
        let weekly = schedules.index("cron(0 5 ? * SUN *)");
        assert_eq!(
            (daily, weekly, schedules.index("cron(0 5 ? * * *)")),
            (0, 1, 0)
        );
        assert_eq!(schedules.all.len(), 2);
    }
}
