//! One module for each command.

#[cfg(feature = "aws")]
pub mod compare;
pub mod completions;
#[cfg(feature = "aws")]
pub mod doctor;
pub mod effective;
#[cfg(feature = "aws")]
pub mod in_force;
#[cfg(feature = "aws")]
pub mod plan;
pub mod schedule;
#[cfg(feature = "aws")]
pub mod snapshot;
#[cfg(feature = "aws")]
pub mod status;
pub mod validate;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::input::read;
use crate::locks::{Lock, Locks};
use crate::parameters::Parameters;
use crate::targets::Targets;

/// The locks that are given, and with the targets those beside them; the targets' values become
/// parameters, and so does the partition of what was given. With the files of locks that are missing there.
fn locks(
    targets: Option<&Path>,
    given: &[Lock],
    parameters: &mut Parameters,
) -> anyhow::Result<(Locks, Vec<String>)> {
    let (locks, missing) = match targets {
        None => (Locks::default(), Vec::new()),
        Some(path) => {
            let using = || format!("cannot use `{}`", path.display());
            let targets = Targets::parse(&read(path)?).with_context(using)?;
            targets.complete(parameters);
            Locks::beside(path, &targets.central_vault.arn)?
        }
    };
    parameters.complete_partition();
    Ok((locks.first(given), missing))
}

/// Writes what a command prints into a file, or to standard output; piece by piece, because the whole of a large
/// organization may not fit into memory.
fn write(
    output: Option<&Path>,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let whole = |to: &mut dyn Write| {
        let mut out = BufWriter::new(to);
        print(&mut out)?;
        out.flush()
    };
    match output {
        Some(path) => File::create(path)
            .and_then(|mut file| whole(&mut file))
            .with_context(|| format!("cannot write `{}`", path.display())),
        None => whole(&mut io::stdout().lock()).context("cannot write to standard output"),
    }
}

/// Runs what asks AWS to its end.
#[cfg(feature = "aws")]
fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}
