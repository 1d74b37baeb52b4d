//! `backupctl completions`: what a shell needs to complete the command line.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

/// Print the completions for a shell.
///
/// For bash, for example: source <(backupctl completions bash)
#[derive(Args)]
pub struct Arguments {
    /// Which shell they are for
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of the whole command line.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(arguments: &Arguments, command: &mut Command) -> anyhow::Result<ExitCode> {
    // The generator would panic on a closed pipe, so it gets memory to write to.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "backupctl", &mut script);
    std::io::stdout()
        .write_all(&script)
        .context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}
