//! What needs attention: what is late, what failed for which reason, what could not be looked at.

mod failed;
mod late;

use std::collections::BTreeSet;

use backup_status::ledger::Place;

use super::accounts::Accounts;
use super::markup::{Html, and_more, cut, el, text, words};
use super::{Failed, Report};
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
        Ok(judged) => cards.push(late::card_of(report, &judged.late, accounts, &mut open)),
        Err(_) => {}
    }
    match failed {
        [] => fine.push(format!(
            "Nothing failed that was not made good since{seen}."
        )),
        _ => cards.push(failed::card_of(report, failed, accounts, &mut open)),
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
