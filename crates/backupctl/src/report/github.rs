//! The findings as commands of a GitHub workflow, which shows them beside the lines of a change.

use std::io::Write as _;

use backup_policy::{Finding, Severity};

use super::{Outcome, text};

/// Prints all outcomes to standard output, a finding a line.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for outcome in outcomes {
        let file = property(&outcome.file);
        for finding in &outcome.checked.findings {
            writeln!(out, "{}", annotation(&file, finding))?;
        }
        let open = text::not_looked_at(&outcome.checked.open);
        if !open.is_empty() {
            let open = data(&open.join("; "));
            writeln!(out, "::notice file={file},title=backupctl::{open}")?;
        }
    }
    Ok(())
}

fn annotation(file: &str, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = finding.position.map_or_else(String::new, |at| {
        let end = at.column.saturating_add(at.length);
        format!(",line={},col={},endColumn={end}", at.line, at.column)
    });
    let title = property(finding.code.name());
    let message = data(&finding.to_string());
    format!("::{level} file={file}{place},title={title}::{message}")
}

/// What stands behind the second `::`, as GitHub reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What stands behind a `=`, as GitHub reads it back.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_policy::{Code, Position};

    #[test]
    fn nothing_that_somebody_wrote_becomes_a_command_of_its_own() {
        let finding = Finding {
            severity: Severity::Error,
            code: Code::KeyUnknown,
            path: "plans.100%".to_owned(),
            message: "a\r\n::stop-commands::x, y: z".to_owned(),
            help: Some("write it".to_owned()),
            position: Some(Position {
                line: 4,
                column: 7,
                length: 9,
            }),
        };
        assert_eq!(
            annotation(&property("a,b:c%\n.json"), &finding),
            "::error file=a%2Cb%3Ac%25%0A.json,line=4,col=7,endColumn=16,title=key-unknown::\
             `plans.100%25`: a%0D%0A::stop-commands::x, y: z [key-unknown]: write it"
        );
    }

    #[test]
    fn what_has_no_place_is_the_files() {
        let finding = Finding {
            severity: Severity::Warning,
            code: Code::ContentUnknown,
            path: String::new(),
            message: "not read".to_owned(),
            help: None,
            position: None,
        };
        assert_eq!(
            annotation("-", &finding),
            "::warning file=-,title=content-unknown::not read [content-unknown]"
        );
    }
}
