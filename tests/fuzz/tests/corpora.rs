//! What the fuzzer found stays found: every input of every corpus, and what little changes make of it.
//! `FUZZ_CHANGES=100000 cargo test --workspace --test corpora` changes more.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use fuzz_targets::{LONGEST, TARGETS, Target, fuzz, grown};

/// How long an input may take here, where nothing is optimized and much else runs; the fuzzer's own limit
/// is three seconds of an optimized build.
const LIMIT: Duration = Duration::from_secs(20);

/// Changed inputs that each corpus is tried with.
const CHANGES: u64 = 400;

/// Files that a corpus has at most: it is replayed in every `make test`.
const FILES: usize = 60;

/// Bytes that mean something to one reader or another.
const SIGNS: &[u8] = b"\"{}[],:\\$!&*-#@ \n\t\0\xffau0";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn corpus(target: Target) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder().join(target.name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Gives an input to a target, and says which one it was if that fails. Why is printed above.
fn replay(target: Target, name: &str, bytes: &[u8]) -> Result<(), String> {
    let shown = String::from_utf8_lossy(bytes);
    let done = std::panic::catch_unwind(|| fuzz(target, bytes, LIMIT));
    done.map(drop)
        .map_err(|_| format!("{}: {name}: {shown:.2000?}", target.name))
}

/// Tries each target, and tells the first failure of each.
fn each(try_one: impl Fn(Target) -> Result<(), String>) {
    let failed: Vec<String> = TARGETS
        .into_iter()
        .filter_map(|target| try_one(target).err())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn every_input_of_every_corpus_is_read_and_so_is_more_of_the_same() {
    each(|target| {
        for (path, bytes) in corpus(target) {
            let name = path.display().to_string();
            replay(target, &name, &bytes)?;
            for seed in 0..2 {
                let more = grown(&bytes, seed);
                assert!(more.len() <= LONGEST.max(bytes.len()));
                replay(target, &format!("{name}, grown by {seed}"), &more)?;
            }
        }
        Ok(())
    });
}

#[test]
fn what_little_changes_make_of_a_corpus_is_read_too() {
    let changes = std::env::var("FUZZ_CHANGES").ok();
    let changes = changes.map_or(CHANGES, |number| number.parse().unwrap());
    each(|target| {
        let corpus = corpus(target);
        (0..changes)
            .try_for_each(|seed| replay(target, &format!("change {seed}"), &changed(&corpus, seed)))
    });
}

#[test]
fn a_corpus_is_small() {
    for target in TARGETS {
        let corpus = corpus(target);
        assert!(
            (10..=FILES).contains(&corpus.len()),
            "{}: {}",
            target.name,
            corpus.len()
        );
        for (path, bytes) in corpus {
            assert!(bytes.len() <= LONGEST, "{}", path.display());
        }
    }
}

/// One input of a corpus, with a few stretches taken out, doubled, or put in from another.
fn changed(corpus: &[(PathBuf, Vec<u8>)], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % end.max(1)
    };
    let mut bytes = corpus[below(corpus.len())].1.clone();
    for _ in 0..1 + below(4) {
        let start = below(bytes.len() + 1);
        let end = (start + 1 + below(12)).min(bytes.len()).max(start);
        let other = &corpus[below(corpus.len())].1;
        let from = below(other.len() + 1);
        let piece = other[from..(from + 1 + below(24)).min(other.len())].to_vec();
        match below(5) {
            0 => drop(bytes.drain(start..end)),
            1 => drop(bytes.splice(start..start, bytes[start..end].to_vec())),
            2 => drop(bytes.splice(start..end, piece)),
            3 => drop(bytes.splice(start..start, piece)),
            _ if start < bytes.len() => bytes[start] = SIGNS[below(SIGNS.len())],
            _ => {}
        }
    }
    bytes
}
