//! Check backup policies before AWS sees them.

use std::process::ExitCode;

use backupctl::command;
use clap::{Parser, Subcommand};

/// Backup policies of AWS Organizations: check them before AWS sees them.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Validate(command::validate::Arguments),
    #[cfg(feature = "aws")]
    Snapshot(command::snapshot::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Validate(arguments) => command::validate::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Snapshot(arguments) => command::snapshot::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        backupctl::report::error(&error);
        ExitCode::from(2)
    })
}
