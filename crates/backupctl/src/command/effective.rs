//! `backupctl effective`: what every account gets once AWS has merged all policies.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use backup_policy::{BACKUP_POLICY, EffectivePolicies, Instant, Organization, OrganizationError};
use clap::Args;

use crate::basis;
use crate::effective::{State, groups, page, text};
use crate::input::read;
use crate::moment;
use crate::report::{self, FormatOrPage as Format, progress::Progress};
use crate::words::number;

/// Show what every account gets, without asking AWS.
///
/// Reads an organization from a file, merges its backup policies as AWS Organizations does, and
/// shows the plans of each account with the policies that contributed each value. Exits with 0 if
/// all is well, with 1 if a merge is invalid, and with 2 if the file cannot be used.
#[derive(Args)]
pub struct Arguments {
    /// The organization's tree and policies; `-` is standard input
    #[arg(long, value_name = "FILE")]
    organization: PathBuf,

    /// Only this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Text for people, JSON for programs, or a page for the browser
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Exit with 1 if an account gets no plan or something is in vain, too
    #[arg(long)]
    strict: bool,

    /// Judge schedules as of this moment instead of now, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<Instant>,
}

/// Computes what the accounts get, and shows it.
///
/// # Errors
/// The file cannot be read or is no organization, there is no such account, or the result cannot be
/// written.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let now = arguments.at.unwrap_or_else(|| SystemTime::now().into());
    let file = arguments.organization.display();
    let progress = Progress::of(format!("reading `{file}`"));
    let text = read(&arguments.organization)?;
    let organization = Organization::parse(text.strip_prefix('\u{feff}').unwrap_or(&text));
    drop(progress);
    let organization = match organization {
        Ok(organization) => organization,
        Err(errors) => return Ok(unusable(&arguments.organization, &errors)),
    };
    let progress = Progress::of("merging the policies of every account");
    let mut policies = match organization.effective_policies(now) {
        Ok(policies) => policies,
        Err(errors) => {
            drop(progress);
            return Ok(unusable(&arguments.organization, &errors));
        }
    };
    if let Some(id) = &arguments.account {
        only(&mut policies, id).with_context(|| format!("cannot use `{file}`"))?;
    }
    let kind = &organization.policy_type;
    if kind != BACKUP_POLICY && arguments.format != Format::Json {
        bail!(
            "`{file}` holds policies of the type {kind}, which have no plans: use `--format json`"
        );
    }
    let groups = groups(&policies);
    let found = groups.iter().any(|group| match group.state {
        State::Invalid => true,
        State::Nothing => arguments.strict && kind == BACKUP_POLICY,
        State::Plans => {
            let is_in_vain = arguments.strict && !group.effective.warnings.is_empty();
            is_in_vain || !group.effective.problems.is_empty()
        }
    }) || arguments.strict && !policies.without_effect.is_empty();
    drop(progress);
    let print = |out: &mut dyn Write| match arguments.format {
        Format::Text => text::write(&policies, &groups, now, out),
        Format::Json => json(&policies, out),
        Format::Html => page::write(&policies, &groups, now, out),
    };
    super::write(arguments.output.as_deref(), print)?;
    if arguments.format == Format::Json {
        report::note(&basis::of(&organization, now));
    }
    Ok(ExitCode::from(u8::from(found)))
}

fn json(policies: &EffectivePolicies<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, policies)?;
    writeln!(out)
}

/// Says everything that is wrong with the file, one line each.
fn unusable(file: &Path, errors: &[OrganizationError]) -> ExitCode {
    for error in errors {
        report::error(&anyhow!("cannot use `{}`: {error}", file.display()));
    }
    ExitCode::from(2)
}

/// Keeps one account, or says which there are.
fn only(policies: &mut EffectivePolicies<'_>, id: &str) -> anyhow::Result<()> {
    if policies.account(id).is_some() {
        policies.accounts.retain(|account| account.account.id == id);
        let on_its_way = policies.accounts.iter();
        let on_its_way = on_its_way.flat_map(|account| policies.without_effect_for(account));
        policies.without_effect = on_its_way.cloned().collect();
        return Ok(());
    }
    let named = policies
        .accounts
        .iter()
        .find(|account| account.account.name == id);
    match named {
        Some(account) => bail!(
            "`{id}` is the name of an account: give its id, `{}`",
            account.account.id
        ),
        None => bail!(
            "there is no account `{id}`: give the id of one of its {}",
            number(policies.accounts.len(), "account")
        ),
    }
}
