//! Every account: what completed last in it, by Region and type; those with something wrong come first.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use backup_policy::Instant;
use backup_status::late::Late;
use backup_status::ledger::Last;

use super::markup::{Html, and_more, cut, el, table, text, words};
use super::moments::{ago, time};
use super::{Failed, Kind, NAME, Report};
use crate::words::{grouped, number};

/// How many rows all accounts have together: 500 accounts with 10 types in each of 4 Regions have 20,000.
const ROWS: usize = 40_000;
/// How much of what is wrong an account repeats.
const WRONG: usize = 20;
/// How many accounts without anything wrong stand open below each other.
const OPEN: usize = 20;

/// What is known of each account, by its id.
pub(super) struct Accounts<'r> {
    pub(super) all: BTreeMap<&'r str, Known<'r>>,
    /// Accounts of the organization without any.
    without: Vec<&'r str>,
}

/// What is known of one.
#[derive(Default)]
pub(super) struct Known<'r> {
    pub(super) last: Vec<Last<'r>>,
    pub(super) late: Vec<&'r Late>,
    pub(super) failed: Vec<&'r Failed>,
}

impl<'r> Accounts<'r> {
    /// The accounts of a report.
    pub(super) fn of(report: &'r Report<'_>, failed: &'r [Failed]) -> Accounts<'r> {
        let mut all: BTreeMap<&str, Known<'_>> = BTreeMap::new();
        for last in report.ledger.last() {
            all.entry(&last.place.0).or_default().last.push(last);
        }
        for failed in failed {
            all.entry(&failed.place.0).or_default().failed.push(failed);
        }
        for late in report.judged.iter().flat_map(|it| &it.late) {
            all.entry(&late.place.0).or_default().late.push(late);
        }
        let names = report.names.keys().map(String::as_str);
        let without = names.filter(|it| !all.contains_key(it)).collect();
        Accounts { all, without }
    }

    /// How many have something that completed.
    pub(super) fn completed(&self) -> usize {
        self.all.values().filter(|it| !it.last.is_empty()).count()
    }

    /// An account's name and id, with a link to what is known of it.
    pub(super) fn link(&self, report: &Report<'_>, account: &str) -> Html {
        let name = named(report, account);
        match self.all.contains_key(account) {
            true => el("a", &[("href", &format!("#{}", anchor(account)))], [name]),
            false => name,
        }
    }

    /// Writes the sections.
    pub(super) fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (mut wrong, mut well): (Vec<_>, Vec<_>) = self
            .all
            .iter()
            .partition(|(_, known)| !known.late.is_empty() || !known.failed.is_empty());
        for part in [&mut wrong, &mut well] {
            part.sort_by_key(|(account, _)| {
                let name = report.names.get(**account).map(|it| it.to_lowercase());
                (name.unwrap_or_default(), **account)
            });
        }
        out.write_all(
            b"<section class=\"part accounts\" aria-labelledby=\"accounts\">\
              <h2 id=\"accounts\" tabindex=\"-1\">What completed last</h2>",
        )?;
        let mut left = ROWS;
        if self.all.is_empty() {
            out.write_all(
                words("p", "muted", "Nothing completed, and nothing failed.").as_bytes(),
            )?;
        }
        let titles = ["With something late or failed", "All well"];
        for (title, part) in titles.into_iter().zip([&wrong, &well]) {
            if part.is_empty() {
                continue;
            }
            let title = format!("{title}: {}", number(part.len(), "account"));
            let is_folded = part.len() > OPEN;
            let (begin, end) = match is_folded {
                true => ("<details class=\"many\"><summary>", "</details>"),
                false => ("", ""),
            };
            out.write_all(begin.as_bytes())?;
            out.write_all(el("h3", &[], [text(&title)]).as_bytes())?;
            if is_folded {
                out.write_all(b"</summary>")?;
            }
            out.write_all(b"<div class=\"list\">")?;
            for (account, known) in part {
                out.write_all(known.html(report, account, &mut left).as_bytes())?;
            }
            out.write_all(b"</div>")?;
            out.write_all(end.as_bytes())?;
        }
        out.write_all(self.without(report).as_bytes())?;
        out.write_all(b"</section>")
    }

    fn without(&self, report: &Report<'_>) -> Html {
        if self.without.is_empty() {
            return Html::default();
        }
        let title = format!(
            "No job ended since {}: {}",
            report.window.from.format("%Y-%m-%d"),
            number(self.without.len(), "account")
        );
        let names = self
            .without
            .iter()
            .map(|account| el("li", &[], [named(report, account)]));
        el(
            "details",
            &[("class", "many")],
            [
                el("summary", &[], [el("h3", &[], [text(&title)])]),
                words(
                    "p",
                    "muted small",
                    "Nothing may be selected there: that alone is no failure.",
                ),
                el("ul", &[("class", "names box")], names),
            ],
        )
    }
}

impl Known<'_> {
    fn html(&self, report: &Report<'_>, account: &str, left: &mut usize) -> Html {
        let (late, failed) = (
            self.late.len(),
            self.failed.iter().map(|it| it.resources).sum(),
        );
        let flag = |count: usize, what: &str| match count {
            0 => Html::default(),
            _ => words("span", "flag bad", &format!("{} {what}", grouped(count))),
        };
        let summary = [
            el(
                "span",
                &[("class", "who")],
                [
                    named(report, account),
                    text(" "),
                    flag(late, "late"),
                    text(" "),
                    flag(failed, "failed"),
                ],
            ),
            words("span", "how", &self.in_short(report)),
        ];
        let shown = self.last.len().min(*left);
        *left -= shown;
        let mut regions: BTreeMap<&str, Vec<&Last<'_>>> = BTreeMap::new();
        for last in self.last.iter().take(shown) {
            regions.entry(&last.place.1).or_default().push(last);
        }
        let tables = regions.into_iter().map(|(region, all)| {
            let rows = all.into_iter().map(|last| {
                let mut cells = vec![text(&cut(last.resource_type, NAME))];
                cells.extend(Kind::ALL.map(|kind| match last.ended.get(&kind) {
                    Some(at) => text(&time(*at)),
                    None => words("span", "muted", "none"),
                }));
                cells
            });
            let heads = [region, "Backup", "Copy", "Restore"];
            table("sheet last", &format!("{account} {region}"), &heads, rows)
        });
        let tables: Html = tables.collect();
        let body = el(
            "div",
            &[
                ("class", "body"),
                ("id", &anchor(account)),
                ("tabindex", "-1"),
            ],
            [self.wrong(report), tables, and_more(self.last.len(), shown)],
        );
        el(
            "details",
            &[("class", "account")],
            [el("summary", &[], summary), body],
        )
    }

    fn in_short(&self, report: &Report<'_>) -> String {
        let regions: BTreeSet<&str> = self.last.iter().map(|it| it.place.1.as_str()).collect();
        let types: BTreeSet<&str> = self.last.iter().map(|it| it.resource_type).collect();
        let kinds = Kind::ALL.map(|kind| {
            let newest = newest(&self.last, kind);
            let newest = newest.map_or("none".to_owned(), |it| ago(it, report.window.now));
            format!("{} {newest}", kind.name())
        });
        match regions.len() {
            0 => "nothing completed".to_owned(),
            _ => format!(
                "{}, {} · {}",
                number(regions.len(), "Region"),
                number(types.len(), "type"),
                kinds.join(" · ")
            ),
        }
    }

    /// What is late and failed, once more where one looks for the account.
    fn wrong(&self, report: &Report<'_>) -> Html {
        let late = self.late.iter().map(|late| {
            format!(
                "Late: {} by {} in {}, nothing since {} ({})",
                late.kind.name(),
                cut(&late.rule, NAME),
                late.place.1,
                time(late.newest),
                ago(late.newest, report.window.now)
            )
        });
        let failed = self.failed.iter().map(|failed| {
            format!(
                "Failed: {} of {} {} in {}, {}: {}",
                failed.kind.name(),
                failed.resources,
                cut(&failed.resource_type, NAME),
                failed.place.1,
                failed.category,
                cut(&failed.message, NAME)
            )
        });
        let all: Vec<String> = late.chain(failed).collect();
        if all.is_empty() {
            return Html::default();
        }
        let items = all.iter().take(WRONG);
        let items = items.map(|line| words("li", "problem", line));
        let list = el("ul", &[], items);
        [list, and_more(all.len(), WRONG)].into_iter().collect()
    }
}

/// When the newest of a kind ended.
pub(super) fn newest<'l>(
    last: impl IntoIterator<Item = &'l Last<'l>>,
    kind: Kind,
) -> Option<Instant> {
    let moments = last.into_iter().filter_map(|it| it.ended.get(&kind));
    moments.max().copied()
}

/// An account's name and id.
fn named(report: &Report<'_>, account: &str) -> Html {
    let id = words("code", "id", account);
    match report.names.get(account).map(String::as_str) {
        None | Some("") => id,
        Some(name) => [words("span", "name", &cut(name, NAME)), text(" "), id]
            .into_iter()
            .collect(),
    }
}

fn anchor(account: &str) -> String {
    format!("account-{account}")
}
