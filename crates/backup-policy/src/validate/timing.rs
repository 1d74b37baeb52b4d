//! Whether AWS takes a schedule, at the moment it would be asked.

use super::cursor::Cursor;
use super::report::Report;
use super::suggest;
use crate::code::Code;
use crate::schedule::{SHORTEST, Schedule};

/// Judges a `schedule_expression`.
pub(super) fn check(text: &str, at: &Cursor<'_>, report: &mut Report) {
    let schedule = match Schedule::parse(text) {
        Ok(schedule) => schedule,
        Err(reason) => {
            let message = format!("`{text}` is not a schedule: {reason}");
            let help = suggest::schedule(text).into();
            report.value(Code::ScheduleInvalid, at, message, help);
            return;
        }
    };
    if schedule.day_fields_against_documentation {
        let (message, help) = match schedule.fields {
            5 => (
                format!(
                    "`{text}` has five fields, as crontab writes them, where AWS documents six: the \
                     year at the end, and `?` in one of the two day fields"
                ),
                five_fields(text),
            ),
            _ => (
                format!("one of the two day fields of `{text}` must be `?`, and one only"),
                "write `?` for the days of the month or for the days of the week".into(),
            ),
        };
        report.value(Code::ScheduleDayFields, at, message, help);
    }
    let help = "leave at least an hour between two runs";
    match schedule.next_gap(report.now) {
        None if let Some(why) = schedule.never_runs(report.now) => {
            let message = format!("`{text}` never runs: {why}");
            let help = "write another day, or `L` for the last one of the month".into();
            report.value(Code::ScheduleEnds, at, message, help);
        }
        None => {
            let now = report.now.format("%Y-%m-%d");
            let message = format!("`{text}` runs less than twice after {now}");
            let help = "AWS wants a schedule that goes on: take out the year, or check the date";
            report.value(Code::ScheduleEnds, at, message, help.into());
        }
        Some(gap) if gap < SHORTEST => {
            let minutes = gap.num_minutes();
            let message = format!("the next two runs of `{text}` are {minutes} minutes apart");
            report.value(Code::ScheduleTooFrequent, at, message, help.into());
        }
        Some(_) => {
            let shortest = schedule
                .shortest_gap(report.now)
                .filter(|gap| *gap < SHORTEST);
            if let Some(gap) = shortest {
                let minutes = gap.num_minutes();
                let message = format!(
                    "`{text}` has runs that are {minutes} minutes apart: AWS looks at the next \
                     two only, so it accepts this now and refuses it at other times"
                );
                report.value(Code::ScheduleSometimesTooFrequent, at, message, help.into());
            }
        }
    }
}

/// The schedule of a crontab as AWS documents it.
fn five_fields(text: &str) -> String {
    let fields: Vec<&str> = text
        .trim_start_matches("cron(")
        .trim_end_matches(')')
        .split_ascii_whitespace()
        .collect();
    match fields.as_slice() {
        [minutes, hours, "*", months, weekdays] => match crontabs_days(weekdays) {
            Some(named) => format!(
                "write `cron({minutes} {hours} ? {months} {named} *)` if Monday is 1 for you, as for \
                 crontab: for AWS it is 2"
            ),
            None => format!("write `cron({minutes} {hours} ? {months} {weekdays} *)`"),
        },
        [minutes, hours, days, months, "*"] => {
            format!("write `cron({minutes} {hours} {days} {months} ? *)`")
        }
        _ => "write `?` for the days of the month or for those of the week, and `*` for the year"
            .into(),
    }
}

/// The names of the days of the week that crontab numbers from 1 for Monday, where there are numbers
/// of days and nothing else. (0, crontab's other Sunday, is none of AWS's: no such schedule gets here.)
fn crontabs_days(field: &str) -> Option<String> {
    let separators = |it: char| matches!(it, ',' | '-');
    let mut named = String::new();
    for item in field.split_inclusive(separators) {
        let number = item.trim_end_matches(separators);
        let name = match number {
            "7" => "SUN",
            "1" => "MON",
            "2" => "TUE",
            "3" => "WED",
            "4" => "THU",
            "5" => "FRI",
            "6" => "SAT",
            _ => return None,
        };
        named.push_str(name);
        named.extend(item.chars().last().filter(|last| separators(*last)));
    }
    Some(named)
}
