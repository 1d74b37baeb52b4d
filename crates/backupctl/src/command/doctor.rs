//! `backupctl doctor`: whether everything that backups need is there.

pub mod look;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::aws::connection::{Access, Connection};
use crate::doctor::diagnosis::{Check, diagnose};
use crate::doctor::{json, text};
use crate::input::read;
use crate::parameters::Parameters;
use crate::report::Format;
use crate::targets::Targets;
use look::Question;

/// Check what backups need: plans, policies, roles, vaults, keys, functions, last backup and copy.
///
/// Run it with credentials of the management account; it looks into the other accounts with a
/// role, and changes nothing. Its last lines say what it looked at and what it did not. Exits with 0
/// if all is well, with 1 if something is wrong or could not be looked at, and with 2 if it cannot be
/// carried out.
///
/// It does not look at: resources without a tag that a policy selects, each single resource's backups
/// (the newest backup in a vault counts for all), whether a backup can be restored, accounts outside
/// the targets, other vaults than the solution's, vault locks and access policies, the alarms, the
/// rules that report failed jobs, the schedule of the reconciliation of restores, and the pipeline.
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

    /// The Region of the home account's stacks; HomeRegion of aws-backup-failed-jobs.json beside
    /// the targets without it, or else the Region of the caller
    #[arg(long, value_name = "REGION")]
    home_region: Option<String>,

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
    if targets.management_account == PLACEHOLDER {
        bail!(
            "`{}` still holds the placeholder {PLACEHOLDER}: fill in your values, and run `make \
             targets-check`",
            path.display()
        );
    }
    let facts = super::wait_for(async {
        let connection = arguments.access.connect().await?;
        look::look(&connection, &arguments.question(&targets, &connection)).await
    })?;
    print(
        &diagnose(&facts, &targets, arguments.max_age),
        arguments.format,
    )
}

/// Prints what was looked at, and fails if somebody must do something.
pub(super) fn print(checks: &[Check], format: Format) -> anyhow::Result<ExitCode> {
    let printed = match format {
        Format::Text => text::text(checks),
        Format::Json => format!("{:#}\n", json::json(checks)),
    };
    std::io::stdout()
        .write_all(printed.as_bytes())
        .context("cannot write to standard output")?;
    let wrong = checks.iter().any(|check| check.state.counts());
    Ok(ExitCode::from(u8::from(wrong)))
}

/// What stands in the repository's targets until somebody types the management account's id.
const PLACEHOLDER: &str = "000000000000";

/// What the repository declares beside the targets.
const FAILED_JOBS_VALUES: &str = "aws-backup-failed-jobs.json";
const PIPELINE_VALUES: &str = "aws-backup-codepipeline.json";
const TAG_ON_RESTORE_VALUES: &str = "stackset-aws-backup-tagonrestore.json";

impl Arguments {
    fn question(&self, targets: &Targets, connection: &Connection) -> Question {
        let declared = |file: &str, name: &str| -> Option<String> {
            let text = std::fs::read_to_string(self.targets.with_file_name(file)).ok()?;
            let values = Parameters::parse(&text).ok()?;
            let value = values.get(name)?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let region = connection.sdk.region().map(ToString::to_string);
        Question {
            targets: targets.clone(),
            accounts: self.account.clone(),
            member_role: self.member_role.clone(),
            home_region: self
                .home_region
                .clone()
                .or_else(|| declared(FAILED_JOBS_VALUES, "HomeRegion"))
                .or(region)
                .unwrap_or_default(),
            tags_restores: declared(PIPELINE_VALUES, "DeployTagOnRestore").as_deref()
                != Some("false"),
            tags_sap_hana: declared(TAG_ON_RESTORE_VALUES, "TagSapHana").as_deref() == Some("true"),
        }
    }
}
