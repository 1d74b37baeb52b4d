//! `backupctl`: what happens to backup policies, before it happens.

use std::io;
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
    Compare(command::compare::Arguments),
    #[cfg(feature = "aws")]
    Doctor(Box<command::doctor::Arguments>),
    #[cfg(feature = "aws")]
    InForce(Box<command::in_force::Arguments>),
    #[cfg(feature = "aws")]
    Status(Box<command::status::Arguments>),
    Completions(command::completions::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version too, which clap would not miss when they cannot be written.
        Err(said) => {
            let status = u8::try_from(said.exit_code()).unwrap_or(2);
            return match said.print() {
                Ok(()) => ExitCode::from(status),
                Err(error) => failed(error.into()),
            };
        }
    };
    let outcome = match arguments.command {
        Command::Validate(arguments) => command::validate::run(&arguments),
        Command::Effective(arguments) => command::effective::run(&arguments),
        Command::Schedule(arguments) => command::schedule::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Snapshot(arguments) => command::snapshot::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Plan(arguments) => command::plan::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Compare(arguments) => command::compare::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Doctor(arguments) => command::doctor::run(&arguments),
        #[cfg(feature = "aws")]
        Command::InForce(arguments) => command::in_force::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Status(arguments) => command::status::run(&arguments),
        Command::Completions(arguments) => {
            command::completions::run(&arguments, &mut Arguments::command())
        }
    };
    outcome.unwrap_or_else(failed)
}

/// Says why a command could not be carried out.
fn failed(error: anyhow::Error) -> ExitCode {
    if is_broken_pipe(&error) {
        return ExitCode::from(UNREAD);
    }
    // What is read is named where it is read.
    let error = match error.is::<io::Error>() && error.chain().len() == 1 {
        true => error.context("cannot write to standard output"),
        false => error,
    };
    backupctl::report::error(&error);
    ExitCode::from(2)
}

/// What a shell counts for a command that SIGPIPE ended, as others end where nobody reads on.
const UNREAD: u8 = 128 + 13;

/// Whether whoever read standard output has seen enough, as `head` has. A connection to AWS that
/// broke is the cause of another error, and no such thing.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
