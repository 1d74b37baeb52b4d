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
mod tests;
