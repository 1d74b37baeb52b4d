//! `backupctl`: what happens to backup policies, before it happens.

use std::process::ExitCode;

use backupctl::command::{completions, effective, schedule, validate};
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
    Validate(validate::Arguments),
    Effective(effective::Arguments),
    Schedule(schedule::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Effective(arguments) => effective::run(&arguments),
        Command::Schedule(arguments) => schedule::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, &mut Arguments::command()),
    };
    outcome.unwrap_or_else(|error| {
        backupctl::report::error(&error);
        ExitCode::from(2)
    })
}
