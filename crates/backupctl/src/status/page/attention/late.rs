//! What is late: by kind and rule, with the accounts and Regions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use backup_status::late::Late;

use super::super::accounts::Accounts;
use super::super::markup::{Html, and_more, cut, el, table, text, words};
use super::super::moments::{ago, time};
use super::super::{Kind, NAME, Report, title};
use super::{GROUPS, ROWS, card, group, places};
use crate::words::number;

/// The card.
pub(super) fn card_of(
    report: &Report<'_>,
    late: &[Late],
    accounts: &Accounts<'_>,
    open: &mut usize,
) -> Html {
    let mut groups: BTreeMap<(Kind, &str), Vec<&Late>> = BTreeMap::new();
    for late in late {
        let group = groups.entry((late.kind, &late.rule)).or_default();
        group.push(late);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|((kind, _), all)| (*kind, Reverse(all.len())));
    let shown = groups
        .iter()
        .take(GROUPS)
        .map(|((kind, rule), all)| late_group(report, *kind, rule, all, accounts, open));
    let shown: Html = shown.collect();
    card(
        "bad",
        &format!("Late: {}", number(late.len(), "run")),
        [
            text(
                "A run whose time is over left nothing in an account and Region where it did before. ",
            ),
            el("code", &[], [text("backupctl doctor")]),
            text(" says what an account lacks."),
        ],
        [shown, and_more(groups.len(), GROUPS)],
    )
}

fn late_group(
    report: &Report<'_>,
    kind: Kind,
    rule: &str,
    all: &[&Late],
    accounts: &Accounts<'_>,
    open: &mut usize,
) -> Html {
    let now = report.window.now;
    let mut all = all.to_vec();
    all.sort_by_key(|late| late.newest);
    let longest = all.first().map_or(now, |late| late.newest);
    let what = [
        words("span", "kind", title(kind)),
        text(" "),
        el("code", &[], [text(&cut(rule, NAME))]),
    ];
    let how = format!(
        "nothing in {}, at the longest since {} ({})",
        places(all.iter().map(|it| &it.place)),
        time(longest),
        ago(longest, now)
    );
    let rows = all.iter().take(ROWS).map(|late| {
        let mut cells = vec![
            accounts.link(report, &late.place.0),
            text(&late.place.1),
            text(&time(late.run)),
            text(&format!(
                "{} ({})",
                time(late.newest),
                ago(late.newest, now)
            )),
        ];
        if kind == Kind::Copy {
            cells.push(el("code", &[], [text(&cut(&late.vault, NAME))]));
        }
        cells
    });
    let heads = [
        "Account",
        "Region",
        "Run that left nothing",
        "Newest before it",
        "To",
    ];
    let heads = match kind {
        Kind::Copy => &heads[..],
        _ => &heads[..4],
    };
    group(
        what,
        &how,
        None,
        table(
            "sheet",
            &format!("Late: {} by {}", kind.name(), cut(rule, NAME)),
            heads,
            rows,
        ),
        all.len(),
        open,
    )
}
