//! `backupctl snapshot`: a live organization as a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use aws_sdk_organizations::types::PolicyTypeStatus;
use backup_policy::Instant;
use backup_reading::organizations::Tags;
use backup_status::landscape::Landscape;
use clap::Args;

use crate::aws::connection::Access;
use crate::aws::progress::Progress;

/// Write a live organization to a file: tree, backup policies, attachments.
///
/// Reads the organization with the credentials of its management account, or of an account that
/// it delegates to, and changes nothing. Accounts that are closed or suspended are left out.
/// Exits with 2 if the organization cannot be read; the file is then as it was.
#[derive(Args)]
pub struct Arguments {
    /// The file to write, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    access: Access,
}

/// Reads the organization and writes the file.
///
/// # Errors
/// AWS refuses a call, or the file cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (landscape, status) = super::wait_for(async {
        let connection = arguments.access.connect().await?;
        let organizations = connection.organizations();
        let progress = Progress::begin();
        let read = organizations
            .landscape(Tags::LeaveOut, &progress.counter())
            .await;
        anyhow::Ok(read?)
    })?;
    let read_at = Instant::from(SystemTime::now());
    let mut organization = landscape.organization();
    organization.read_at = Some(read_at);
    let text = serde_json::to_string_pretty(&organization)? + "\n";
    match &arguments.output {
        Some(path) => write_whole(path, &text).with_context(|| {
            let path = path.display();
            format!("cannot write `{path}`: is the folder there, and yours to write?")
        })?,
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
    }
    let line = rests_on(
        &landscape,
        status == Some(PolicyTypeStatus::Enabled),
        read_at,
    );
    // That nobody can read what the file holds is no reason to take it back.
    let _ = writeln!(std::io::stderr(), "{line}");
    Ok(ExitCode::SUCCESS)
}

/// What a snapshot holds, what it leaves out, and as of when.
fn rests_on(landscape: &Landscape, enabled: bool, at: Instant) -> String {
    let mut line = format!(
        "{} organizational units, {} accounts and {} backup policies, as of {}",
        landscape.units.len(),
        landscape.accounts.len(),
        landscape.policies.len(),
        at.format("%Y-%m-%d %H:%M UTC")
    );
    if !landscape.closed.is_empty() {
        line += &format!(
            "; without {} accounts that are closed or suspended",
            landscape.closed.len()
        );
    }
    if !enabled {
        line += "; backup policies are not enabled on the root, so none is in force";
    }
    line
}

/// Writes a file so that nobody ever sees half of it: beside it first, then in its place.
fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.file_name().context("it names no file")?;
    let mut beside = name.to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(beside);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // What is left of the attempt; why it failed matters more than whether this does.
        let _ = std::fs::remove_file(&beside);
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_says_what_it_holds_and_what_it_leaves_out() {
        let at = "2026-01-31T12:00:00Z".parse().unwrap();
        let mut landscape = Landscape::default();
        assert_eq!(
            rests_on(&landscape, true, at),
            "0 organizational units, 0 accounts and 0 backup policies, as of 2026-01-31 12:00 UTC"
        );
        landscape.closed.push(backup_status::landscape::Child {
            place: backup_status::landscape::Place::default(),
            parent: String::new(),
        });
        assert!(rests_on(&landscape, false, at).ends_with(
            "; without 1 accounts that are closed or suspended; backup policies are not enabled on \
             the root, so none is in force"
        ));
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("backupctl-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("organization.json");
        write_whole(&path, "old").unwrap();
        write_whole(&path, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert!(write_whole(&folder, "a folder is in the way").is_err());
        assert!(write_whole(&folder.join("no/such/folder.json"), "x").is_err());
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
