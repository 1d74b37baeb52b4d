//! `backupctl`: what happens to backup policies, before it happens.

use std::process::ExitCode;

use backupctl::command;
use clap::{CommandFactory as _, Parser, Subcommand};

/// Backup policies of AWS Organizations: see what they will do before AWS does it.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Validate(command::validate::Arguments),
    Effective(command::effective::Arguments),
    Schedule(command::schedule::Arguments),
    #[cfg(feature = "aws")]
    Snapshot(command::snapshot::Arguments),
    #[cfg(feature = "aws")]
    Plan(Box<command::plan::Arguments>),
    #[cfg(feature = "aws")]
    Doctor(Box<command::doctor::Arguments>),
    Completions(command::completions::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Validate(arguments) => command::validate::run(&arguments),
        Command::Effective(arguments) => command::effective::run(&arguments),
        Command::Schedule(arguments) => command::schedule::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Snapshot(arguments) => command::snapshot::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Plan(arguments) => command::plan::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Doctor(arguments) => command::doctor::run(&arguments),
        Command::Completions(arguments) => {
            command::completions::run(&arguments, &mut Arguments::command())
        }
    };
    outcome.unwrap_or_else(|error| {
        backupctl::report::error(&error);
        ExitCode::from(2)
    })
}
