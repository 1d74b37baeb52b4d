//! `backupctl schedule`: when a schedule runs, as AWS reads it.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use backup_policy::{Finding, Instant, Schedule, Severity, validate_schedule};
use chrono::SecondsFormat;
use clap::Args;
use serde_json::{Value, json};

use crate::report::Format;
use crate::words;

/// Show when a schedule runs next, in UTC.
///
/// Reads an expression as AWS Backup does, and says what AWS would refuse. Exits with 0 if
/// AWS takes it and with 1 if not.
#[derive(Args)]
pub struct Arguments {
    /// The expression, in quotes, such as 'cron(0 5 ? * * *)'
    #[arg(value_name = "EXPR")]
    expression: String,

    /// How many runs to show
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,

    /// Begin after this moment instead of now, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Instant>,

    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the next runs, or why there are none.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let from = arguments.from.unwrap_or_else(|| SystemTime::now().into());
    let expression = arguments.expression.trim();
    let findings = validate_schedule(expression, from);
    // Why it cannot be read is among the findings.
    let runs = Schedule::parse(expression)
        .map(|schedule| schedule.runs_after(from, arguments.count.into()))
        .unwrap_or_default();
    let printed = match arguments.format {
        Format::Text => text(expression, &runs, &findings),
        Format::Json => json(expression, &runs, &findings),
    };
    std::io::stdout()
        .write_all(printed.as_bytes())
        .context("cannot write to standard output")?;
    let refused = |finding: &Finding| finding.severity == Severity::Error;
    Ok(ExitCode::from(u8::from(findings.iter().any(refused))))
}

fn text(expression: &str, runs: &[Instant], findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding {
        severity,
        code,
        message,
        help,
        ..
    } in findings
    {
        text += &format!("{severity}[{code}]: {message}\n");
        if let Some(help) = help {
            text += &format!("  = help: {help}\n");
        }
        text += "\n";
    }
    if let Some(words) = words::schedule(expression).filter(|_| !runs.is_empty()) {
        text += &format!("{words}\n");
    }
    for run in runs {
        text += &format!("{}\n", run.format("%a %Y-%m-%d %H:%M UTC"));
    }
    text
}

fn json(expression: &str, runs: &[Instant], findings: &[Finding]) -> String {
    let finding = |finding: &Finding| {
        json!({
            "severity": finding.severity.to_string(),
            "code": finding.code.name(),
            "message": finding.message,
            "help": finding.help,
        })
    };
    let run = |run: &Instant| run.to_rfc3339_opts(SecondsFormat::Secs, true);
    let value = json!({
        "expression": expression,
        "runs": runs.iter().map(run).collect::<Value>(),
        "findings": findings.iter().map(finding).collect::<Value>(),
    });
    format!("{value:#}\n")
}
