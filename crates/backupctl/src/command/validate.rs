//! `backupctl validate`: what AWS would refuse, and what it would accept in vain.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use backup_policy::{Code, Instant, Severity};
use clap::{Args, ValueEnum};

use super::locks;
use crate::check::check;
use crate::input::{files, read};
use crate::locks::Lock;
use crate::moment;
use crate::parameters::Parameters;
use crate::report::{self, Outcome};

/// Check backup policies before AWS sees them.
///
/// Reads policies in JSON or YAML, and CloudFormation templates, whose Custom::BackupOrgPolicy
/// and AWS::Organizations::Policy resources are checked. Exits with 0 if there are no errors,
/// with 1 if there are, and with 2 if a file cannot be read.
#[derive(Args)]
pub struct Arguments {
    /// Policies, templates, what holds some, or folders of them; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Values for the templates' parameters, as for `aws cloudformation` or as names and values
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,

    /// What a locked vault takes, by name, or by ARN if it is another account's, such as Vault=7-3660; can be given several times
    #[arg(long, value_name = "VAULT=MIN-MAX")]
    lock: Vec<Lock>,

    /// The solution's aws-backup-ssm-targets.json: the SSM parameters that it becomes, and beside it
    /// the vaults' locks
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,

    /// Text for people, JSON for programs, or what code scanning and GitHub's workflows show
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Exit with 1 if there are warnings, too
    #[arg(long)]
    strict: bool,

    /// Judge schedules as of this moment instead of now, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// Checks the files and prints what was found.
///
/// # Errors
/// A file cannot be read, or a parameter's name is wrong; nothing is printed then.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let now = arguments.at.unwrap_or_else(|| SystemTime::now().into());
    let mut parameters = match &arguments.parameters {
        None => Parameters::default(),
        Some(path) => Parameters::parse(&read(path)?)
            .with_context(|| format!("cannot use `{}`", path.display()))?,
    };
    let given = parameters.clone();
    let (locks, _) = locks(
        arguments.targets.as_deref(),
        &arguments.lock,
        &mut parameters,
    )?;
    let mut outcomes = Vec::new();
    for path in &files(&arguments.files)? {
        let text = read(path)?;
        let file = path.display().to_string();
        let checked = check(&file, &text, &parameters, &locks, now);
        outcomes.push(Outcome {
            file,
            text,
            checked,
        });
    }
    if let Some(path) = &arguments.parameters {
        check_names(&given, &outcomes)
            .with_context(|| format!("cannot use `{}`", path.display()))?;
    }
    match arguments.format {
        Format::Text => report::text::print(&outcomes)?,
        Format::Json => report::json::print(&outcomes)?,
        Format::Sarif => report::sarif::print(&outcomes)?,
        Format::Github => report::github::print(&outcomes)?,
    }
    let findings = outcomes
        .iter()
        .flat_map(|outcome| &outcome.checked.findings);
    let counts = |severity: Severity| severity == Severity::Error || arguments.strict;
    let failed = findings.into_iter().any(|finding| counts(finding.severity));
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Refuses names that none of the templates takes: the default would be checked instead of the
/// value that was meant.
fn check_names(parameters: &Parameters, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let takes: Vec<(&str, &BTreeSet<String>)> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.file.as_str(), outcome.checked.takes.as_ref()?)))
        .collect();
    let unread = |outcome: &Outcome| {
        let mut findings = outcome.checked.findings.iter();
        findings.any(|finding| finding.code == Code::SyntaxInvalid)
    };
    let templates = match takes.as_slice() {
        // What cannot be read may be a template, and nobody knows what it takes.
        _ if outcomes.iter().any(unread) => return Ok(()),
        [] => return Ok(()),
        [(file, _)] => format!("`{file}`"),
        several => format!("any of the {} templates", several.len()),
    };
    let all = takes.iter().flat_map(|(_, names)| names.iter().cloned());
    let wrong = parameters.strangers(&templates, &all.collect());
    if !wrong.is_empty() {
        bail!("{}", wrong.join("; "));
    }
    Ok(())
}
