//! The findings as text: the line with the offending part underlined, code and remedy.

use std::io::{IsTerminal as _, Write as _};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use backup_policy::{Finding, Severity, one_line};

use super::Outcome;
use super::lines::Lines;
use crate::template::open::{Need, Open, needs};
use crate::words::number;

/// Prints all outcomes to standard output, in colour if it is a terminal.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    for outcome in outcomes {
        write!(out, "{}", render(outcome, &renderer))?;
    }
    Ok(())
}

fn render(outcome: &Outcome, renderer: &Renderer) -> String {
    let lines = Lines::of(outcome.text.trim_start_matches('\u{feff}'));
    let mut text = String::new();
    for finding in &outcome.checked.findings {
        text += &renderer.render(&[group(finding, &outcome.file, &lines)]);
        text += "\n\n";
    }
    text += &format!("{}: {}\n", outcome.file, summary(outcome));
    for line in not_looked_at(&outcome.checked.open) {
        text += &format!("  {line}\n");
    }
    text
}

/// How many characters a line on what was not looked at has at most.
const LONGEST: usize = 2_000;

/// What of a template's policies was not looked at, and what would have to be known.
pub(super) fn not_looked_at(open: &[Open]) -> Vec<String> {
    let (branches, values): (Vec<&Open>, Vec<&Open>) =
        open.iter().partition(|open| !open.conditions.is_empty());
    let listed = |needs: Vec<&Need>| {
        let names: Vec<String> = needs.iter().map(ToString::to_string).collect();
        match names.as_slice() {
            [] => "what is not known".to_owned(),
            names => names.join(", "),
        }
    };
    let mut lines: Vec<String> = branches
        .iter()
        .map(|branch| {
            let path = branch.path.join(".");
            let conditions = branch.conditions.join("`, `");
            let needs = listed(needs([*branch]));
            format!("not looked at: {path}, because the condition `{conditions}` needs {needs}")
        })
        .collect();
    if !values.is_empty() {
        let count = number(values.len(), "value");
        let needs = listed(needs(values));
        lines.push(format!("not looked at: {count}, for want of {needs}"));
    }
    if open
        .iter()
        .flat_map(|open| &open.needs)
        .any(|need| matches!(need, Need::Value(_)))
    {
        lines.push("give the values under these names with `--parameters`".to_owned());
    }
    let lines = lines.iter().map(|line| one_line(line, LONGEST));
    lines.collect()
}

fn group<'r>(finding: &'r Finding, file: &'r str, lines: &Lines<'r>) -> Group<'r> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code.name());
    let mut group = match finding.position {
        Some(at) => {
            let part = lines.part(at);
            let mark = AnnotationKind::Primary.span(part.marked);
            let snippet = Snippet::source(part.text).line_start(at.line);
            let snippet = snippet.annotation(mark);
            match part.skipped {
                0 => title.element(snippet.path(file)),
                // The column is not that of the part.
                _ => {
                    let place = Origin::path(file).line(at.line).char_column(at.column);
                    title.element(place).element(snippet)
                }
            }
        }
        None => title.element(Origin::path(file)),
    };
    if !finding.path.is_empty() {
        group = group.element(Level::NOTE.with_name("at").message(finding.path.as_str()));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

fn summary(outcome: &Outcome) -> String {
    let count = |severity: Severity, name: &str| {
        let findings = &outcome.checked.findings;
        match findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
        {
            0 => None,
            1 => Some(format!("1 {name}")),
            many => Some(format!("{many} {name}s")),
        }
    };
    let counts: Vec<String> = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match outcome.checked.policies {
        0 => "no backup policy".into(),
        _ if !counts.is_empty() => counts.join(", "),
        1 => "1 policy ok".into(),
        many => format!("{many} policies ok"),
    }
}
