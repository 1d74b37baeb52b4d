//! `backupctl compare`: what changed from one snapshot to another.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;

use super::plan::{print, snapshot};
use crate::locks::{Lock, Locks};
use crate::plan::{Judging, compare};
use crate::report::Format;

/// Show what changed from one snapshot to another, and what it means to accounts.
///
/// Policy by policy and account by account, as `plan` shows what would change. Exits with 0 if no
/// account is worse off, with 1 if one lost its last backup plan or its merged policy became invalid,
/// and with 2 if a file cannot be used.
#[derive(Args)]
pub struct Arguments {
    /// The earlier file of `backupctl snapshot`; `-` is standard input
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The later one
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Accept that accounts lost their last backup plan
    #[arg(long)]
    allow_loss: bool,

    /// What a locked vault takes, by name, or by ARN if it is another account's, such as Vault=7-3660; can be given several times
    #[arg(long, value_name = "VAULT=MIN-MAX")]
    lock: Vec<Lock>,

    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints what changed.
///
/// # Errors
/// A file cannot be read, or is no organization.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (before, after) = (snapshot(&arguments.before)?, snapshot(&arguments.after)?);
    let by = Judging {
        allow_loss: arguments.allow_loss,
        locks: &Locks::default().first(&arguments.lock),
        now: SystemTime::now().into(),
    };
    let compared = compare(&before, &after, &by);
    print(compared, arguments.format)
}
