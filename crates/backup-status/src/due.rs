//! When backups and copies should have been made, by the schedules of the plans that reach an
//! account.

use backup_policy::{DEFAULT_SCHEDULE, Effective, Instant, Resources, Rule, Schedule, Selection};
use chrono::TimeDelta;

/// AWS Backup's own windows, for rules without any (CreateBackupPlan: eight hours, seven days).
const START_MINUTES: i64 = 8 * 60;
const COMPLETE_MINUTES: i64 = 7 * 24 * 60;

/// How long after a backup its copy may take. Our choice: AWS names no window for copies.
const COPY: TimeDelta = TimeDelta::hours(24);

/// AWS Backup remembers copy jobs for 30 days.
const REMEMBERED: TimeDelta = TimeDelta::days(29);

/// How far back a run is looked for, the nearest first: most schedules run daily.
const SPANS: [TimeDelta; 3] = [
    TimeDelta::days(3),
    TimeDelta::days(40),
    TimeDelta::days(400),
];

/// A rule of a plan, as far as it says when there should be a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Plan and rule: `daily/nightly`.
    pub rule: String,
    /// The vault's name.
    pub vault: String,
    /// The Regions of the plan.
    pub regions: Vec<String>,
    /// The schedule.
    pub schedule: String,
    /// The minutes after which a backup has been made or was cancelled.
    pub minutes: i64,
    /// The days for which backups are kept, if not for ever.
    pub kept_days: Option<i64>,
    /// The ARNs of the vaults that get copies.
    pub copies: Vec<String>,
    /// The tags that select resources, a key and its values each. `None` if resources are selected
    /// in another way, too, so that tags alone do not say whether there are any.
    pub tags: Option<Vec<(String, Vec<String>)>>,
}

/// The rules of an account's plans.
pub fn expected(effective: &Effective) -> Vec<Expected> {
    let plans = effective.plans();
    let rules = plans.iter().flat_map(|plan| {
        let regions: Vec<String> = texts(plan.regions());
        let tags = tags(&plan.selections());
        let plan_name = plan.name();
        plan.rules()
            .into_iter()
            .map(move |rule| {
                let minutes = |given: Option<&backup_policy::Sourced>, default: i64| {
                    given.and_then(|it| it.text.parse().ok()).unwrap_or(default)
                };
                Expected {
                    rule: format!("{plan_name}/{}", rule.name()),
                    vault: text(rule.vault()),
                    regions: regions.clone(),
                    schedule: schedule(&rule),
                    minutes: minutes(rule.start_minutes(), START_MINUTES)
                        + minutes(rule.complete_minutes(), COMPLETE_MINUTES),
                    kept_days: rule
                        .lifecycle()
                        .delete_after_days()
                        .and_then(|days| days.try_into().ok()),
                    copies: rule
                        .copies()
                        .iter()
                        .map(|it| it.target().to_owned())
                        .collect(),
                    tags: tags.clone(),
                }
            })
            .collect::<Vec<_>>()
    });
    rules.collect()
}

fn schedule(rule: &Rule<'_>) -> String {
    rule.schedule()
        .map_or(DEFAULT_SCHEDULE, |it| &*it.text)
        .to_owned()
}

fn text(sourced: Option<&backup_policy::Sourced>) -> String {
    sourced.map_or_else(String::new, |it| it.text.to_string())
}

fn texts(list: &[backup_policy::Sourced]) -> Vec<String> {
    list.iter().map(|it| it.text.to_string()).collect()
}

/// The tags that the selections name, if all of them do and nothing more.
fn tags(selections: &[Selection<'_>]) -> Option<Vec<(String, Vec<String>)>> {
    let tag = |selection: &Selection<'_>| match selection.resources {
        Resources::Tagged {
            key: Some(key),
            values,
        } if selection.conditions().is_empty() => Some((key.text.to_string(), texts(values))),
        _ => None,
    };
    selections.iter().map(tag).collect()
}

impl Expected {
    /// The last run whose backups must have been made by now and are still kept; none before
    /// `since`, when what makes backups came to be.
    pub fn due(&self, since: Option<Instant>, now: Instant) -> Option<Instant> {
        let run = self.last_run(since, now - TimeDelta::minutes(self.minutes))?;
        let is_gone = |days: i64| run + TimeDelta::days(days) <= now;
        (!self.kept_days.is_some_and(is_gone)).then_some(run)
    }

    /// The last run whose backups must have been copied by now, if AWS Backup remembers.
    pub fn copy_due(&self, since: Option<Instant>, now: Instant) -> Option<Instant> {
        let run = self.last_run(since, now - TimeDelta::minutes(self.minutes) - COPY)?;
        (run > now - REMEMBERED).then_some(run)
    }

    /// When the backups of a run have been made or were cancelled.
    pub fn end(&self, run: Instant) -> Instant {
        run + TimeDelta::minutes(self.minutes)
    }

    fn last_run(&self, since: Option<Instant>, until: Instant) -> Option<Instant> {
        let schedule = Schedule::parse(&self.schedule).ok()?;
        for span in SPANS {
            let mut last = until - span;
            let begin = since.map_or(last, |since| since.max(last));
            last = begin;
            let mut found = None;
            // One at a time: what comes after the end may be centuries away.
            while let [run] = schedule.runs_after(last, 1).as_slice()
                && *run <= until
            {
                found = Some(*run);
                last = *run;
            }
            if found.is_some() || since == Some(begin) {
                return found;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn rule(schedule: &str) -> Expected {
        Expected {
            rule: "daily/nightly".to_owned(),
            vault: "V".to_owned(),
            regions: vec!["eu-west-1".to_owned()],
            schedule: schedule.to_owned(),
            minutes: 60 + 1200,
            kept_days: Some(35),
            copies: Vec::new(),
            tags: None,
        }
    }

    #[test]
    fn a_backup_is_due_once_its_windows_are_over() {
        let daily = rule("cron(0 5 ? * * *)");
        // 05:00 and 21 hours: until 02:00 of the next day nothing is missing.
        for (now, due) in [
            ("2026-01-31T01:59:00Z", "2026-01-29T05:00:00Z"),
            ("2026-01-31T02:00:00Z", "2026-01-30T05:00:00Z"),
        ] {
            assert_eq!(daily.due(None, at(now)), Some(at(due)), "{now}");
        }
        // A copy has another day.
        let copied = daily.copy_due(None, at("2026-01-31T02:00:00Z"));
        assert_eq!(copied, Some(at("2026-01-29T05:00:00Z")));
    }

    #[test]
    fn rare_schedules_are_found_as_well() {
        let now = at("2026-01-31T12:00:00Z");
        for (schedule, due) in [
            ("cron(0 5 1 * ? *)", "2026-01-01T05:00:00Z"),
            ("cron(0 5 1 3 ? *)", "2025-03-01T05:00:00Z"),
        ] {
            let kept = Expected {
                kept_days: None,
                ..rule(schedule)
            };
            assert_eq!(kept.due(None, now), Some(at(due)), "{schedule}");
        }
        assert_eq!(rule("rate(1 day)").due(None, now), None);
    }

    #[test]
    fn what_is_gone_or_forgotten_is_not_asked_for() {
        let now = at("2026-01-31T12:00:00Z");
        let mut monthly = rule("cron(0 5 1 * ? *)");
        assert_eq!(monthly.copy_due(None, now), None, "30 days ago");
        monthly.kept_days = Some(7);
        assert_eq!(monthly.due(None, now), None, "deleted on the 8th");
    }

    #[test]
    fn nothing_is_due_of_the_time_before() {
        let now = at("2026-01-31T12:00:00Z");
        let daily = rule("cron(0 5 ? * * *)");
        assert_eq!(daily.due(Some(at("2026-01-31T00:00:00Z")), now), None);
        let since = Some(at("2026-01-30T04:00:00Z"));
        assert_eq!(daily.due(since, now), Some(at("2026-01-30T05:00:00Z")));
        let yearly = rule("cron(0 5 1 3 ? *)");
        assert_eq!(yearly.due(Some(at("2025-06-01T00:00:00Z")), now), None);
    }
}
