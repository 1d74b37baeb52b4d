//! The findings as JSON: `[{"file", "findings": [...]}]`.

use std::io::Write as _;

use serde_json::{Value, json};

use super::Outcome;

/// Prints all outcomes to standard output, as one JSON value.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:#}", outcomes.iter().map(file).collect::<Value>())?;
    Ok(())
}

fn file(outcome: &Outcome) -> Value {
    let findings = outcome.checked.findings.iter().map(|finding| {
        json!({
            "severity": finding.severity.to_string(),
            "code": finding.code.name(),
            "path": finding.path,
            "message": finding.message,
            "help": finding.help,
            "line": finding.position.map(|at| at.line),
            "column": finding.position.map(|at| at.column),
        })
    });
    let not_checked = outcome.checked.open.iter().map(|open| {
        let needs: Vec<String> = open.needs.iter().map(ToString::to_string).collect();
        let needs = needs.iter().map(|need| need.trim_matches('`'));
        json!({
            "path": open.path.join("."),
            "needs": needs.collect::<Value>(),
            "conditions": open.conditions,
        })
    });
    json!({
        "file": outcome.file,
        "policies": outcome.checked.policies,
        "findings": findings.collect::<Value>(),
        "not_checked": not_checked.collect::<Value>(),
    })
}
