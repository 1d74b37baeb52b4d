//! The status as a page: one file without scripts, what needs attention first.
//!
//! Its size is bounded: a list says how many it leaves out, a text is cut. Every account in which something is
//! wrong is there, however many there are.

mod accounts;
mod attention;
mod markup;
mod moments;
mod regions;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use backup_status::ledger::{Failed, Kind};

use super::Report;
use crate::page;
use crate::words::{grouped, number};
use accounts::Accounts;
use markup::{Html, el, text, words};
use moments::time;

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = concat!(
    include_str!("../page/house.css"),
    include_str!("page/page.css")
);

/// How much is shown of a name, a type, a rule, a vault or an ARN. AWS's longest names have 50 characters,
/// its ARNs 150 and a little more.
const NAME: usize = 250;

/// Writes the page.
///
/// # Errors
/// It cannot be written.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failed = report.ledger.failed();
    let accounts = Accounts::of(report, &failed);
    page::fill(TEMPLATE, out, |part, out| {
        let html = match part {
            "policy" => text(&page::policy(STYLE, None)),
            "style" => return out.write_all(STYLE.as_bytes()),
            "basis" => text(&basis(report)),
            "figures" => figures(report, &failed, &accounts),
            "attention" => attention::attention(report, &failed, &accounts),
            "regions" => regions::regions(report, &accounts),
            "places" => return accounts.write(report, out),
            "unjudged" => unjudged(report),
            _ => Html::default(),
        };
        out.write_all(html.as_bytes())
    })
}

fn basis(report: &Report<'_>) -> String {
    format!(
        "{} in {}, made since {}, as of {} UTC",
        number(report.ledger.jobs(), "job"),
        report.regions.join(", "),
        time(report.window.from),
        time(report.window.now)
    )
}

fn figures(report: &Report<'_>, failed: &[Failed], accounts: &Accounts<'_>) -> Html {
    let late = report.judged.as_ref().ok().map(|it| it.late.len());
    let resources: usize = failed.iter().map(|it| it.resources).sum();
    let unseen = report.unseen().len();
    let tone = |count: usize, tone: &'static str| if count > 0 { tone } else { "" };
    let figures = [
        ("accounts", grouped(accounts.completed()), ""),
        ("Regions", report.regions.len().to_string(), ""),
        (
            "late",
            late.map_or("not known".to_owned(), grouped),
            late.map_or("warn", |it| tone(it, "bad")),
        ),
        ("failed", grouped(resources), tone(resources, "bad")),
        ("not looked at", unseen.to_string(), tone(unseen, "warn")),
    ];
    figures
        .into_iter()
        .map(|(name, value, tone)| {
            let pair = [el("dt", &[], [text(name)]), el("dd", &[], [text(&value)])];
            el("div", &[("class", tone)], pair)
        })
        .collect()
}

fn unjudged(report: &Report<'_>) -> Html {
    let lines = report.unjudged();
    let lines = lines
        .iter()
        .map(|line| words("p", "unjudged", &format!("Not judged: {line}.")));
    lines.collect()
}

/// A kind, as a sentence begins with it.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Backup => "Backup",
        Kind::Copy => "Copy",
        Kind::Restore => "Restore",
    }
}
