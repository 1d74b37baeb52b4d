//! What failed: by AWS's category, then by kind and by what AWS's messages have in common.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::super::accounts::Accounts;
use super::super::markup::{Html, and_more, cut, el, table, text, words};
use super::super::moments::{ago, time};
use super::super::{Failed, Kind, NAME, Report, title};
use super::{GROUPS, MESSAGE, ROWS, card, group, places};
use crate::words::number;

/// The card.
pub(super) fn card_of(
    report: &Report<'_>,
    failed: &[Failed],
    accounts: &Accounts<'_>,
    open: &mut usize,
) -> Html {
    let mut categories: BTreeMap<&str, Reasons<'_>> = BTreeMap::new();
    for failed in failed {
        let reasons = categories.entry(&failed.category).or_default();
        let reason = (failed.kind, shape(&failed.message));
        reasons.entry(reason).or_default().push(failed);
    }
    let mut categories: Vec<_> = categories.into_iter().collect();
    categories.sort_by_key(|(_, reasons)| {
        Reverse(reasons.values().flatten().map(resources).sum::<usize>())
    });
    let count: usize = categories.iter().map(|(_, reasons)| reasons.len()).sum();
    let mut left = GROUPS;
    let mut shown = Vec::new();
    for (category, reasons) in categories {
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, all)| Reverse(all.iter().map(resources).sum::<usize>()));
        reasons.truncate(left);
        if reasons.is_empty() {
            break;
        }
        left -= reasons.len();
        shown.push(el("h4", &[], [text(&cut(category, NAME))]));
        for ((kind, _), all) in reasons {
            shown.push(failed_group(report, kind, all, accounts, open));
        }
    }
    shown.push(and_more(count, GROUPS));
    card(
        "bad",
        &format!(
            "Failed: {}",
            number(failed.iter().map(|it| it.resources).sum(), "resource")
        ),
        [text(
            "The newest job of each did not complete, and none has since. The words are AWS’s.",
        )],
        shown,
    )
}

/// Failures by kind and by what their messages have in common.
type Reasons<'f> = BTreeMap<(Kind, String), Vec<&'f Failed>>;

fn resources(failed: &&Failed) -> usize {
    failed.resources
}

fn failed_group(
    report: &Report<'_>,
    kind: Kind,
    mut all: Vec<&Failed>,
    accounts: &Accounts<'_>,
    open: &mut usize,
) -> Html {
    let now = report.window.now;
    all.sort_by_key(|failed| Reverse(failed.newest));
    let newest = all.first().map_or(now, |it| it.newest);
    let message = all.first().map_or("", |it| it.message.as_str());
    let others = all.iter().filter(|it| it.message != message).count();
    let what = [
        words("span", "kind", title(kind)),
        text(" "),
        text(&types(all.iter().copied())),
    ];
    let how = format!(
        "{} in {}, newest {} ({})",
        number(all.iter().map(resources).sum(), "resource"),
        places(all.iter().map(|it| &it.place)),
        time(newest),
        ago(newest, now)
    );
    let mut said = vec![text(&cut(message, MESSAGE))];
    if others > 0 {
        let words_of = format!(
            " (and {} like it, with other names)",
            number(others, "message")
        );
        said.push(words("span", "muted", &words_of));
    }
    let of = types(all.iter().copied());
    let kinds: BTreeSet<&str> = all.iter().map(|it| it.resource_type.as_str()).collect();
    let is_mixed = kinds.len() > 1;
    let rows = all.iter().take(ROWS).map(|failed| {
        let mut cells = vec![
            accounts.link(report, &failed.place.0),
            text(&failed.place.1),
            text(&failed.resources.to_string()),
            text(&time(failed.newest)),
            el("code", &[], [text(&cut(&failed.example, NAME))]),
        ];
        if is_mixed {
            cells.push(text(&cut(&failed.resource_type, NAME)));
        }
        cells
    });
    let label = format!("Failed: {} of {of}", kind.name());
    let heads = [
        "Account",
        "Region",
        "Resources",
        "Newest",
        "One of them",
        "Type",
    ];
    let heads = match is_mixed {
        true => &heads[..],
        false => &heads[..5],
    };
    group(
        what,
        &how,
        Some(el("p", &[("class", "problem")], said)),
        table("sheet", &label, heads, rows),
        all.len(),
        open,
    )
}

/// The types of several failures, in one line.
fn types<'f>(failed: impl IntoIterator<Item = &'f Failed>) -> String {
    let types: BTreeSet<&str> = failed
        .into_iter()
        .map(|it| it.resource_type.as_str())
        .collect();
    let types: Vec<&str> = types.into_iter().collect();
    cut(&types.join(", "), NAME)
}

/// What a message has in common with others that AWS makes from the same words: without ARNs, ids and numbers.
/// A word is one of these if it has four digits, or is an ARN.
fn shape(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        match digits >= 4 || word.contains("arn:") {
            true => "…",
            false => word,
        }
    });
    words.collect::<Vec<&str>>().join(" ")
}
