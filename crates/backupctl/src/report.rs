//! What was found, for people and for programs.

pub mod github;
pub mod json;
mod lines;
pub mod progress;
pub mod sarif;
pub mod text;

use std::collections::BTreeSet;
use std::io::Write as _;

use backup_policy::Finding;
use clap::ValueEnum;

use crate::template::open::Open;

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
}

/// What a command with a page prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatOrPage {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
    /// A page in one file, for the browser
    Html,
}

/// The outcome for one file.
#[derive(Debug, Default)]
pub struct Checked {
    /// Everything that was found, in the order of the text.
    pub findings: Vec<Finding>,
    /// How many backup policies there were: 1, or those of a template.
    pub policies: usize,
    /// What of a template's policies is known only at deployment, below the resource's id.
    pub open: Vec<Open>,
    /// The names that a template takes values by; `None` if it is no template.
    pub takes: Option<BTreeSet<String>>,
}

/// One file with what was found in it.
pub struct Outcome {
    /// The file's name, as it was given.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What was found.
    pub checked: Checked,
}

/// Prints why the command itself failed, on one line.
pub fn error(error: &anyhow::Error) {
    // If even standard error is gone, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
}

/// Prints on standard error what is no part of the output, on one line.
pub fn note(text: &str) {
    // If even standard error is gone, the output is there all the same.
    let _ = writeln!(std::io::stderr(), "{text}");
}
