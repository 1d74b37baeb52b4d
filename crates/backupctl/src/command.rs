//! One module for each command.

#[cfg(feature = "aws")]
pub mod compare;
pub mod completions;
#[cfg(feature = "aws")]
pub mod doctor;
pub mod effective;
#[cfg(feature = "aws")]
pub mod plan;
pub mod schedule;
#[cfg(feature = "aws")]
pub mod snapshot;
pub mod validate;

/// Runs what asks AWS to its end.
#[cfg(feature = "aws")]
fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    use anyhow::Context as _;

    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}
