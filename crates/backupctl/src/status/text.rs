//! The status for people: what is wrong first, then what was made last.

use backup_policy::Instant;
use backup_status::late::Late;
use backup_status::ledger::{Failed, Kind, Place};

use super::Report;
use crate::words::columns::columns;
use crate::words::number;

/// How many lines a part has at most; JSON has them all.
const MOST: usize = 100;
/// How much of AWS's message a line has.
const MESSAGE: usize = 200;

/// The whole report.
pub fn text(report: &Report<'_>) -> String {
    let mut out = String::new();
    if let Ok(judged) = &report.judged
        && !judged.late.is_empty()
    {
        let rows = judged.late.iter().map(|late| late_row(report, late));
        out += &part("LATE", rows.collect());
    }
    let failed = report.ledger.failed();
    if !failed.is_empty() {
        let rows = failed.iter().map(|failed| failed_row(report, failed));
        out += &part("FAILED, and not made good since", rows.collect());
    }
    let last: Vec<[String; 5]> = report
        .ledger
        .last()
        .map(|last| {
            let [backup, copy, restore] = Kind::ALL.map(|kind| {
                let ended = last.ended.get(&kind);
                format!(
                    "{} {}",
                    kind.name(),
                    ended.map_or("-".to_owned(), |it| time(*it))
                )
            });
            let place = named(report, last.place);
            [place, last.resource_type.to_owned(), backup, copy, restore]
        })
        .collect();
    if !last.is_empty() {
        out += &part("COMPLETED last", last);
    }
    out += &report.basis();
    out
}

fn part<const N: usize>(title: &str, mut rows: Vec<[String; N]>) -> String {
    let more = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    let mut out = format!("{title}\n{}", columns(&rows));
    if more > 0 {
        out += &format!("and {more} more: --format json has them all\n");
    }
    out.push('\n');
    out
}

fn late_row(report: &Report<'_>, late: &Late) -> [String; 4] {
    let to = match late.kind {
        Kind::Copy => format!(" to {}", late.vault),
        _ => String::new(),
    };
    [
        named(report, &late.place),
        late.kind.name().to_owned(),
        late.rule.clone(),
        format!(
            "nothing of the run of {}; the newest{to} began {} ({})",
            time(late.run),
            time(late.newest),
            number(days(late.newest, report.window.now), "day") + " ago"
        ),
    ]
}

fn failed_row(report: &Report<'_>, failed: &Failed) -> [String; 4] {
    let mut message: String = failed.message.chars().take(MESSAGE).collect();
    if message.len() < failed.message.len() {
        message += "...";
    }
    let message = message.replace(['\n', '\r'], " ");
    [
        named(report, &failed.place),
        format!("{} {}", failed.kind.name(), failed.resource_type),
        format!(
            "{}, newest {}",
            number(failed.resources, "resource"),
            time(failed.newest)
        ),
        format!("{}: {message} ({})", failed.category, failed.example),
    ]
}

fn named(report: &Report<'_>, (account, region): &Place) -> String {
    match report.names.get(account).map(String::as_str) {
        None | Some("") => format!("{account} {region}"),
        Some(name) => format!("{account} {name} {region}"),
    }
}

fn time(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn days(from: Instant, to: Instant) -> usize {
    usize::try_from((to - from).num_days()).unwrap_or(0)
}
