//! `backupctl status`: what was backed up, copied and restored in the organization, and what is late.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use backup_policy::Instant;
use backup_reading::jobs::Which;
use backup_reading::organizations::{Organizations, Tags};
use backup_status::Seen;
use backup_status::late::{Judged, Window, late};
use backup_status::ledger::{Kind, Ledger};
use backup_status::merge::{Merge, merges};
use clap::{Args, ValueEnum};

use crate::aws::connection::{Access, Connection};
use crate::aws::progress::Progress;
use crate::input::read;
use crate::report::FormatOrPage as Format;
use crate::status::{Report, json, page, text};
use crate::targets::Targets;

/// Show what was backed up, copied and restored in the whole organization, what failed and what is late.
///
/// Late is a run of a plan's rule that should have left a backup or a copy by now, in an account and Region
/// where jobs completed before. Run it with credentials of the management account, or of an account that
/// AWS Backup and Organizations delegate to; it needs no role in the other accounts and changes nothing.
/// Exits with 0 if nothing of what `--fail-on` names was found and everything could be looked at, with 1 if not,
/// and with 2 if no job can be listed.
#[derive(Args)]
pub struct Arguments {
    /// The solution's target values, whose Regions are looked at
    #[arg(
        long,
        value_name = "FILE",
        default_value = "cloudformation/parameters/aws-backup-ssm-targets.json"
    )]
    targets: PathBuf,

    /// How many days of jobs are looked at; AWS Backup remembers 30
    #[arg(long, value_name = "DAYS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=30))]
    days: u32,

    /// What makes it exit with 1
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FailOn::Late, FailOn::Failed])]
    fail_on: Vec<FailOn>,

    /// Text for people, JSON for programs, or a page for the browser
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A run that left nothing
    Late,
    /// A job that failed and was not made good since
    Failed,
    /// Nothing that was found, and nothing that could not be looked at
    None,
}

/// Prints the status.
///
/// # Errors
/// The targets cannot be read, or no job can be listed.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.targets;
    let targets =
        Targets::parse(&read(path)?).with_context(|| format!("cannot use `{}`", path.display()))?;
    let now = Instant::from(SystemTime::now());
    let window = Window {
        from: now - chrono::TimeDelta::days(i64::from(arguments.days)),
        now,
    };
    let found = super::wait_for(async {
        let connection = arguments.access.connect().await?;
        look(&connection, &targets.regions, window).await
    })?;
    let report = Report {
        names: &found.names,
        regions: &targets.regions,
        ledger: &found.ledger,
        judged: found.judged,
        unasked: found.unasked,
        window,
    };
    let print = |out: &mut dyn Write| match arguments.format {
        Format::Text => out.write_all(text::text(&report).as_bytes()),
        Format::Json => writeln!(out, "{:#}", json::json(&report)),
        Format::Html => page::write(&report, out),
    };
    super::write(arguments.output.as_deref(), print)?;
    let on = |what: FailOn| arguments.fail_on.contains(&what);
    let is_late = report.judged.as_ref().is_ok_and(|it| !it.late.is_empty());
    let unseen = report.judged.is_err() || !report.unasked.is_empty();
    let wrong = (on(FailOn::Late) && is_late)
        || (on(FailOn::Failed) && !report.ledger.failed().is_empty())
        || (!on(FailOn::None) && unseen);
    Ok(ExitCode::from(u8::from(wrong)))
}

/// What AWS answered.
#[derive(Debug)]
pub struct Found {
    /// The accounts' names, by their ids.
    pub names: BTreeMap<String, String>,
    /// The jobs.
    pub ledger: Ledger,
    /// What is late, or why nobody knows.
    pub judged: Result<Judged, String>,
    /// What could not be listed, and why.
    pub unasked: Vec<String>,
}

/// Lists the jobs of these Regions, and judges them by the organization's policies.
///
/// # Errors
/// No job can be listed.
pub async fn look(
    connection: &Connection,
    regions: &[String],
    window: Window,
) -> anyhow::Result<Found> {
    let organizations = connection.organizations();
    let backup = connection.backup();
    let progress = Progress::begin();

    let (mut ledger, mut unasked) = (Ledger::default(), Vec::new());
    let mut judgeable = regions.to_vec();
    for region in regions {
        for kind in Kind::ALL {
            let since = Which::MadeSince(window.from);
            let listed = backup.jobs(region, kind, since, |job| {
                progress.add("jobs", 1);
                ledger.add(job);
            });
            if let Err(failure) = listed.await {
                let why = failure.of(&connection.caller.arn);
                unasked.push(format!("{} jobs in {region}: {why}", kind.name()));
                judgeable.retain(|it| it != region || kind == Kind::Restore);
            }
        }
    }
    if unasked.len() == regions.len() * Kind::ALL.len() {
        bail!("no job can be listed: {}", unasked.join("; "));
    }

    let (names, merged) = match organizations
        .landscape(Tags::LeaveOut, &progress.counter())
        .await
    {
        Ok((landscape, _)) => {
            let names = landscape
                .accounts
                .iter()
                .map(|account| (account.place.id.clone(), account.place.name.clone()));
            let names = names.collect();
            (names, merges(&landscape.organization(), window.now))
        }
        Err(failure) => (BTreeMap::new(), Seen::Unknown(failure.to_string())),
    };
    let judged = match merged {
        Seen::There(merges) => {
            Ok(judge(&organizations, &merges, &judgeable, &ledger, window).await)
        }
        Seen::Missing => Err("the policies cannot be merged".to_owned()),
        Seen::Unknown(why) => Err(why),
    };
    Ok(Found {
        names,
        ledger,
        judged,
        unasked,
    })
}

/// What is late. Of accounts in which something is, AWS is asked when their policy was changed: a run from before
/// is not this policy's.
async fn judge(
    organizations: &Organizations,
    merges: &BTreeMap<String, Arc<Merge>>,
    regions: &[String],
    ledger: &Ledger,
    window: Window,
) -> Judged {
    let first = late(merges, regions, ledger, window, &BTreeMap::new());
    let mut changed = BTreeMap::new();
    for found in &first.late {
        let account = &found.place.0;
        if !changed.contains_key(account) {
            let in_force = organizations.in_force(account).await;
            let updated = in_force.ok().flatten().and_then(|it| it.updated);
            changed.insert(account.clone(), updated);
        }
    }
    let changed = changed
        .into_iter()
        .filter_map(|(account, time)| Some((account, time?)))
        .collect();
    late(merges, regions, ledger, window, &changed)
}
