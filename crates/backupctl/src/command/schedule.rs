//! `backupctl schedule`: when a schedule runs, as AWS reads it.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use backup_policy::{Finding, Instant, Schedule, Severity, validate_schedule};
use chrono::SecondsFormat;
use clap::Args;
use serde_json::{Value, json};

use crate::moment::{self, Clock};
use crate::report::Format;
use crate::words;

/// Show when a schedule runs next, in UTC and by the clocks of a place.
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
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    from: Option<Instant>,

    /// Show the time of a place beside UTC, such as Europe/Berlin, and when its clocks change
    #[arg(long, value_name = "NAME")]
    timezone: Option<String>,

    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the next runs, or why there are none.
///
/// # Errors
/// There is no such time zone, or standard output cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let from = arguments.from.unwrap_or_else(|| SystemTime::now().into());
    let clock = arguments.timezone.as_deref().map(Clock::of).transpose()?;
    let expression = arguments.expression.trim();
    let findings = validate_schedule(expression, from);
    // Why it cannot be read is among the findings.
    let schedule = Schedule::parse(expression).ok();
    let runs = schedule
        .as_ref()
        .map(|schedule| schedule.runs_after(from, arguments.count.into()))
        .unwrap_or_default();
    let shown = Shown {
        expression,
        has_year: schedule.is_some_and(|schedule| schedule.fields == 6),
        from,
        runs: &runs,
        findings: &findings,
        clock: clock.as_ref(),
    };
    let printed = match arguments.format {
        Format::Text => shown.text()?,
        Format::Json => shown.json(arguments.timezone.as_deref())?,
    };
    std::io::stdout()
        .write_all(printed.as_bytes())
        .context("cannot write to standard output")?;
    let refused = |finding: &Finding| finding.severity == Severity::Error;
    Ok(ExitCode::from(u8::from(findings.iter().any(refused))))
}

/// What there is to show of a schedule.
struct Shown<'s> {
    expression: &'s str,
    has_year: bool,
    from: Instant,
    runs: &'s [Instant],
    findings: &'s [Finding],
    clock: Option<&'s Clock>,
}

impl Shown<'_> {
    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        for Finding {
            severity,
            code,
            message,
            help,
            ..
        } in self.findings
        {
            text += &format!("{severity}[{code}]: {message}\n");
            if let Some(help) = help {
                text += &format!("  = help: {help}\n");
            }
            text += "\n";
        }
        let words = words::schedule(self.expression).filter(|_| !self.runs.is_empty());
        if let Some(words) = words {
            text += &format!("{words}\n");
        }
        if !self.has_year && !self.runs.is_empty() && self.findings.is_empty() {
            text += "five fields: the sixth, the year, is left out, so it runs in every year\n";
        }
        let mut earlier = self.from;
        for run in self.runs {
            let utc = run.format("%a %Y-%m-%d %H:%M UTC");
            let Some(clock) = self.clock else {
                text += &format!("{utc}\n");
                continue;
            };
            if let Some(shift) = clock.shift_between(earlier, *run)? {
                text += &format!("-- {shift}\n");
            }
            let local = clock
                .show(*run)?
                .strftime("%a %Y-%m-%d %H:%M %Z")
                .to_string();
            text += &format!("{utc}  {local}\n");
            earlier = *run;
        }
        let next = self
            .clock
            .map(|clock| clock.next_shift(earlier))
            .transpose()?;
        match next.filter(|_| !self.runs.is_empty()) {
            Some(Some(shift)) => text += &format!("-- next, {shift}\n"),
            Some(None) => text += "-- the clocks change no more\n",
            None => {}
        }
        Ok(text)
    }

    fn json(&self, timezone: Option<&str>) -> anyhow::Result<String> {
        let finding = |finding: &Finding| {
            json!({
                "severity": finding.severity.to_string(),
                "code": finding.code.name(),
                "message": finding.message,
                "help": finding.help,
            })
        };
        let run = |run: &Instant| run.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut value = json!({
            "expression": self.expression,
            "runs": self.runs.iter().map(run).collect::<Value>(),
            "findings": self.findings.iter().map(finding).collect::<Value>(),
        });
        if let (Some(clock), Some(members)) = (self.clock, value.as_object_mut()) {
            let local = |run: &Instant| -> anyhow::Result<Value> {
                let local = clock.show(*run)?;
                Ok(local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string().into())
            };
            members.insert("timezone".to_owned(), timezone.into());
            let local: anyhow::Result<Value> = self.runs.iter().map(local).collect();
            members.insert("local".to_owned(), local?);
        }
        Ok(format!("{value:#}\n"))
    }
}
