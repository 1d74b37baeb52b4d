//! What needs attention: what is late, what failed for which reason, what could not be looked at.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::accounts::Accounts;
use super::markup::{Html, and_more, cut, el, table, text, words};
use super::moments::{ago, time};
use super::{Failed, Kind, NAME, Report, title, types};
use crate::status::Place;
use crate::status::late::Late;
use crate::words::number;

/// How many rules that are late and how many reasons of failures are shown. A message from a template of AWS's
/// is one reason, whatever it names, so that these are the different ones.
const GROUPS: usize = 50;
/// How many accounts and Regions stand below each.
const ROWS: usize = 100;
/// How much of AWS's message is shown.
const MESSAGE: usize = 1000;
/// How many rows are open from the beginning, in all groups together: about a window's height.
const OPEN: usize = 12;

/// The section.
pub(super) fn attention(report: &Report<'_>, failed: &[Failed], accounts: &Accounts<'_>) -> Html {
    let mut fine = Vec::new();
    let mut cards = Vec::new();
    let mut open = OPEN;
    let seen = match report.unseen().is_empty() {
        true => "",
        false => ", as far as it could be looked at",
    };
    match &report.judged {
        Ok(judged) if judged.late.is_empty() => fine.push(format!("Nothing is late{seen}.")),
        Ok(judged) => cards.push(late_card(report, &judged.late, accounts, &mut open)),
        Err(_) => {}
    }
    match failed {
        [] => fine.push(format!(
            "Nothing failed that was not made good since{seen}."
        )),
        _ => cards.push(failed_card(report, failed, accounts, &mut open)),
    }
    let unseen = report.unseen();
    if !unseen.is_empty() {
        cards.push(unseen_card(&unseen));
    }
    let heading = match cards.is_empty() {
        true => "Nothing needs attention",
        false => "Needs attention",
    };
    let heading = el("h2", &[("id", "attention")], [text(heading)]);
    let fine = fine.iter().map(|line| words("p", "fine", line));
    let cards = el("div", &[("class", "stack")], cards.into_iter().chain(fine));
    el(
        "section",
        &[
            ("class", "part attention"),
            ("aria-labelledby", "attention"),
        ],
        [heading, cards],
    )
}

fn late_card(
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

fn failed_card(
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
    let is_mixed = all
        .iter()
        .any(|it| it.resource_type != all[0].resource_type);
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

fn unseen_card(lines: &[String]) -> Html {
    let items = lines
        .iter()
        .take(GROUPS)
        .map(|line| el("li", &[], [text(&cut(line, MESSAGE))]));
    card(
        "warn",
        "Not looked at",
        [text(
            "What could not be read counts neither as late nor as well.",
        )],
        [el("ul", &[], items), and_more(lines.len(), GROUPS)],
    )
}

fn card(
    tone: &str,
    title: &str,
    explained: impl IntoIterator<Item = Html>,
    content: impl IntoIterator<Item = Html>,
) -> Html {
    let mut all = vec![el("h3", &[], [text(title)]), el("p", &[], explained)];
    all.extend(content);
    el("div", &[("class", &format!("card {tone}"))], all)
}

/// What is one reason: its headline, how much it is, AWS's words, and the accounts and Regions.
fn group(
    what: impl IntoIterator<Item = Html>,
    how: &str,
    said: Option<Html>,
    rows: Html,
    count: usize,
    open: &mut usize,
) -> Html {
    let is_open = count <= *open;
    *open = open.saturating_sub(count);
    let headline = [
        el("span", &[("class", "what")], what),
        words("span", "how", how),
    ];
    let mut attributes = vec![("class", "group")];
    if is_open {
        attributes.push(("open", ""));
    }
    let body = el("div", &[("class", "body")], [rows, and_more(count, ROWS)]);
    let details = el("details", &attributes, [el("summary", &[], headline), body]);
    // The words are read without opening anything.
    match said {
        Some(said) => el("div", &[("class", "reason")], [said, details]),
        None => details,
    }
}

/// How many accounts and Regions.
fn places<'p>(places: impl Iterator<Item = &'p Place>) -> String {
    let places: BTreeSet<_> = places.collect();
    let accounts: BTreeSet<_> = places.iter().map(|(account, _)| account).collect();
    let regions: BTreeSet<_> = places.iter().map(|(_, region)| region).collect();
    format!(
        "{} and {}",
        number(accounts.len(), "account"),
        number(regions.len(), "Region")
    )
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
