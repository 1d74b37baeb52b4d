//! Reading files.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// What files there are to read: for a folder, all in and below it that may hold policies, in the
/// order of their names.
///
/// # Errors
/// A folder cannot be read, or holds no such file.
pub fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let before = all.len();
        collect(path, &mut all).with_context(|| format!("cannot read `{}`", path.display()))?;
        if all.len() == before {
            bail!(
                "`{}` holds no file that ends in `.json`, `.yaml`, `.yml`, `.template` or `.tf`",
                path.display()
            );
        }
    }
    Ok(all)
}

fn collect(folder: &Path, all: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder)?.collect();
    let mut entries = entries?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !is_hidden {
            collect(&path, all)?;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        let may_hold = ["json", "yaml", "yml", "template", "tf"];
        if !kind.is_dir() && ending.is_some_and(|ending| may_hold.contains(&ending)) {
            all.push(path);
        }
    }
    Ok(())
}

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
