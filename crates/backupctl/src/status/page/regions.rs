//! The newest backup, copy and restore of each Region, and how much is wrong there.

use std::collections::BTreeSet;

use backup_policy::Instant;
use backup_status::ledger::Place;

use super::accounts::{Accounts, newest};
use super::markup::{Html, el, table, text, words};
use super::moments::{ago, time};
use super::{Kind, Report};
use crate::words::grouped;

/// What each Region has, in one line.
pub(super) fn regions(report: &Report<'_>, accounts: &Accounts<'_>) -> Html {
    let rows = report.regions.iter().map(|region| {
        let here = |place: &Place| place.1 == *region;
        let last = || {
            let each = accounts.all.values().flat_map(|it| &it.last);
            each.filter(|last| here(last.place))
        };
        let having: BTreeSet<&str> = last().map(|it| it.place.0.as_str()).collect();
        let late = accounts.all.values().flat_map(|it| &it.late);
        let late = late.filter(|it| here(&it.place)).count();
        let failed = accounts.all.values().flat_map(|it| &it.failed);
        let failed = failed.filter(|it| here(&it.place));
        let failed: usize = failed.map(|it| it.resources).sum();
        let mut cells = vec![text(region), text(&grouped(having.len()))];
        cells.extend(Kind::ALL.map(|kind| moment(report, newest(last(), kind))));
        cells.push(count(late));
        cells.push(count(failed));
        cells
    });
    let heads = [
        "Region", "Accounts", "Backup", "Copy", "Restore", "Late", "Failed",
    ];
    el(
        "section",
        &[("class", "part regions"), ("aria-labelledby", "regions")],
        [
            el("h2", &[("id", "regions")], [text("Newest by Region")]),
            el(
                "div",
                &[("class", "box")],
                [table("sheet", "Regions", &heads, rows)],
            ),
        ],
    )
}

fn moment(report: &Report<'_>, at: Option<Instant>) -> Html {
    match at {
        None => words("span", "muted", "none"),
        Some(at) => [
            text(&time(at)),
            text(" "),
            words("span", "muted", &ago(at, report.window.now)),
        ]
        .into_iter()
        .collect(),
    }
}

fn count(count: usize) -> Html {
    match count {
        0 => words("span", "muted", "none"),
        _ => words("span", "wrong", &grouped(count)),
    }
}
