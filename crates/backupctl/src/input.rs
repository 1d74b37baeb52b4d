//! Reading files.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

/// The text of a file; `-` is standard input.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> anyhow::Result<String> {
    let read = || -> anyhow::Result<String> {
        let bytes = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            bytes
        } else {
            std::fs::read(path)?
        };
        String::from_utf8(bytes).context("it is not UTF-8 text: save it as UTF-8")
    };
    read().with_context(|| format!("cannot read `{}`", path.display()))
}
