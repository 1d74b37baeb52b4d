//! `backupctl doctor`: whether everything that backups need is there.

mod look;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::aws::connection::Access;
use crate::doctor::diagnosis::diagnose;
use crate::doctor::{json, text};
use crate::input::read;
use crate::report::Format;
use crate::targets::Targets;

/// Check everything that backups need: organization, roles, vaults, keys, backups, copies.
///
/// Run it with credentials of the management account; it looks into the other accounts with a
/// role, and changes nothing. Exits with 0 if all is well, with 1 if something is wrong or could
/// not be looked at, and with 2 if it cannot be carried out.
#[derive(Args)]
pub struct Arguments {
    /// The solution's target values
    #[arg(
        long,
        value_name = "FILE",
        default_value = "cloudformation/parameters/aws-backup-ssm-targets.json"
    )]
    targets: PathBuf,

    /// The role to look into the other accounts with
    #[arg(
        long,
        value_name = "NAME",
        default_value = "OrganizationAccountAccessRole"
    )]
    member_role: String,

    /// Only this account of the targets; can be given several times
    #[arg(long, value_name = "ID")]
    account: Vec<String>,

    /// Fail where the newest backup or copy is older than this
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    max_age: Option<u32>,

    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// Prints the diagnosis.
///
/// # Errors
/// The targets cannot be read, or these are not the management account's credentials.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.targets;
    let targets =
        Targets::parse(&read(path)?).with_context(|| format!("cannot use `{}`", path.display()))?;
    let facts = super::wait_for(look::look(arguments, &targets))?;
    let checks = diagnose(&facts, &targets, arguments.max_age);
    let printed = match arguments.format {
        Format::Text => text::text(&checks),
        Format::Json => format!("{:#}\n", json::json(&checks)),
    };
    std::io::stdout()
        .write_all(printed.as_bytes())
        .context("cannot write to standard output")?;
    let wrong = checks.iter().any(|check| check.state.counts());
    Ok(ExitCode::from(u8::from(wrong)))
}
